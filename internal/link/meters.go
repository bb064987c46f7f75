package link

import (
	"context"
	"strings"

	"penates"
	"penates/internal/company"
	"penates/internal/figure"
	"penates/internal/query"
	"penates/internal/vault"
)

// Why a series, or a bill, is said to belong to a contract or a bill.
const (
	measuresMeter    = "measures/meter"
	measuresContract = "measures/contract"
	measuresInvoice  = "measures/invoice"
	billedContract   = "billed_under/contract"
	billedMeter      = "billed_under/meter"
	billedCustomer   = "billed_under/customer"
)

// measures finds the contract a meter's series belongs to, the bill a statement
// was billed with, and the contract a bill belongs to: by the numbers they give.
var measures = Rule{
	Name:  "measures",
	Reads: []penates.Type{penates.Energy, penates.Contracts, penates.Bills},
	Makes: []string{measuresMeter, measuresContract, measuresInvoice, billedContract, billedMeter, billedCustomer},
	Find: func(ctx context.Context, s *vault.Session) ([]penates.Link, error) {
		papers, err := loadPapers(ctx, s)
		if err != nil {
			return nil, err
		}
		return Belongings(papers), nil
	},
}

// A Paper is a contract, a bill, or a stretch of an energy series, by the
// numbers it gives.
type Paper struct {
	ID     penates.DocumentID
	Type   penates.Type
	Day    figure.Day // of a contract, its first
	End    figure.Day // of a contract, its last, else figure.Unknown
	Vendor string
	Refs   []penates.Ref // prm, pce, contract, customer, invoice
}

// Belongings returns the links of series to contracts and bills, and of bills to
// contracts. Of several contracts of one vendor with the same number the one that
// was valid on the day is taken. Confidence is lower when none was.
func Belongings(papers []Paper) []penates.Link {
	contracts, bills := byNumber{}, byNumber{}
	for i := range papers {
		switch p := &papers[i]; p.Type {
		case penates.Contracts:
			contracts.add(p)
		case penates.Bills:
			bills.add(p)
		}
	}
	var links []penates.Link
	for i := range papers {
		switch p := &papers[i]; p.Type {
		case penates.Energy:
			links = append(links, contracts.links(p, penates.Measures, classMeter, 1, measuresMeter)...)
			if len(links) == 0 || links[len(links)-1].From != p.ID {
				links = append(links, contracts.links(p, penates.Measures, classContract, 0.95, measuresContract)...)
			}
			links = append(links, bills.links(p, penates.Measures, classInvoice, 0.95, measuresInvoice)...)
		case penates.Bills:
			links = append(links, contracts.billed(p)...)
		}
	}
	return sorted(links)
}

// A class is a kind of number, whatever scheme a source gives it under.
type class int

const (
	classNone class = iota
	classMeter
	classContract
	classCustomer
	classInvoice
)

func classOf(scheme string) class {
	switch scheme {
	case penates.RefPRM, penates.RefPCE:
		return classMeter
	case penates.RefContract:
		return classContract
	case penates.RefCustomer:
		return classCustomer
	case penates.RefInvoice:
		return classInvoice
	}
	return classNone
}

type numberKey struct {
	class  class
	number string
}

// byNumber finds papers by a number they give.
type byNumber map[numberKey][]*Paper

func (x byNumber) add(p *Paper) {
	for _, r := range p.Refs {
		k := numberKey{classOf(r.Scheme), company.Number(r.Value)}
		if of := x[k]; k.class != classNone && k.number != "" && (len(of) == 0 || of[len(of)-1] != p) {
			x[k] = append(of, p)
		}
	}
}

// links returns the links of p to the papers that give one of its numbers of a
// class, one to each vendor.
func (x byNumber) links(p *Paper, rel penates.Rel, c class, confidence float64, rule string) (links []penates.Link) {
	best := map[string]*Paper{}
	var order []string
	for _, r := range p.Refs {
		if classOf(r.Scheme) != c {
			continue
		}
		for _, other := range x[numberKey{c, company.Number(r.Value)}] {
			name := strings.Join(company.Words(other.Vendor), " ")
			if best[name] == nil {
				order = append(order, name)
			}
			if best[name] == nil || other.fits(p.Day, best[name]) {
				best[name] = other
			}
		}
	}
	for _, name := range order {
		other, sure := best[name], confidence
		if other.Type == penates.Contracts && !other.valid(p.Day) {
			sure -= 0.2
		}
		links = append(links, penates.Link{From: p.ID, Rel: rel, To: other.ID, Confidence: sure, Rule: rule})
	}
	return links
}

// valid reports whether a contract was in force on day, as far as is known.
func (p *Paper) valid(day figure.Day) bool {
	return day == figure.Unknown || (p.Day == figure.Unknown || p.Day <= day) && (p.End == figure.Unknown || day <= p.End)
}

// fits reports whether p fits day better than other: valid rather than not, then
// begun later, so that a contract goes before the one it replaced.
func (p *Paper) fits(day figure.Day, other *Paper) bool {
	if a, b := p.valid(day), other.valid(day); a != b {
		return a
	}
	if p.Day != other.Day {
		return p.Day > other.Day
	}
	return p.ID < other.ID
}

// billed returns the link of a bill to its contract: by contract number, else by
// meter, else by customer number when only one contract has it.
func (x byNumber) billed(bill *Paper) []penates.Link {
	own := byNumber{}
	for k, papers := range x.numbersOf(bill) {
		for _, p := range papers {
			if sameVendor(p.Vendor, bill.Vendor) {
				own[k] = append(own[k], p)
			}
		}
	}
	for _, try := range [...]struct {
		class      class
		confidence float64
		rule       string
	}{{classContract, 0.95, billedContract}, {classMeter, 0.9, billedMeter}, {classCustomer, 0.7, billedCustomer}} {
		links := own.links(bill, penates.BilledUnder, try.class, try.confidence, try.rule)
		if try.class == classCustomer && (len(links) != 1 || own.count(classCustomer) != 1) {
			continue
		}
		if len(links) > 0 {
			return links[:1]
		}
	}
	return nil
}

func (x byNumber) numbersOf(p *Paper) byNumber {
	found := byNumber{}
	for _, r := range p.Refs {
		k := numberKey{classOf(r.Scheme), company.Number(r.Value)}
		if papers := x[k]; len(papers) > 0 {
			found[k] = papers
		}
	}
	return found
}

func (x byNumber) count(c class) (n int) {
	for k, papers := range x {
		if k.class == c {
			n += len(papers)
		}
	}
	return n
}

// sameVendor reports whether two names may be one vendor's; an unknown name may
// be anybody's.
func sameVendor(a, b string) bool {
	x, y := company.ParseName(a), company.ParseName(b)
	return a == "" || b == "" || x.In(company.Words(b)) || y.In(company.Words(a)) || x.Known() != nil && x.Known() == y.Known()
}

func loadPapers(ctx context.Context, s *vault.Session) ([]Paper, error) {
	papers, at, err := loadPaperDocuments(ctx, s)
	if err != nil || len(papers) == 0 {
		return nil, err
	}
	add := func(id, scheme, value string) {
		if i, ok := at[penates.DocumentID(id)]; ok && value != "" {
			papers[i].Refs = append(papers[i].Refs, penates.Ref{Scheme: scheme, Value: value})
		}
	}
	for _, load := range []struct {
		query.Select
		schemes []string // of the columns; nil when the first column is the scheme
	}{
		{query.Select{Key: "document", Columns: "scheme, value", From: "refs", Where: "scheme IN ('prm', 'pce', 'contract', 'customer', 'invoice')"}, nil},
		{query.Select{Key: "id", Columns: "number, meter", From: "contracts"}, []string{penates.RefContract, penates.RefPRM}},
		{query.Select{Key: "id", Columns: "number, contract", From: "bills"}, []string{penates.RefInvoice, penates.RefContract}},
	} {
		err := query.Each(ctx, s, load.Select, func(row []any) error {
			if load.schemes == nil {
				add(figure.Text(row[0]), figure.Text(row[1]), figure.Text(row[2]))
			}
			for i, scheme := range load.schemes {
				add(figure.Text(row[0]), scheme, figure.Text(row[i+1]))
			}
			return nil
		})
		if err != nil {
			return nil, err
		}
	}
	return papers, nil
}

// loadPaperDocuments returns the papers without their numbers, and where each is.
// A stretch of a series knows its meter by its connection.
func loadPaperDocuments(ctx context.Context, s *vault.Session) (papers []Paper, at map[penates.DocumentID]int, err error) {
	at = map[penates.DocumentID]int{}
	for _, of := range [...]struct {
		kind penates.Type
		query.Select
	}{
		{penates.Contracts, query.Select{Key: "id", Columns: `day, "end", vendor, ''`, From: "contracts"}},
		{penates.Bills, query.Select{Key: "id", Columns: "day, NULL, vendor, ''", From: "bills", Where: "duplicate_of IS NULL"}},
		{penates.Energy, query.Select{Key: "id", Columns: "day, NULL, '', connection", From: "documents", Where: "type = 'io.cozy.timeseries.energy'"}},
	} {
		if sources, err := s.Sources(ctx, of.kind); err != nil {
			return nil, nil, err
		} else if len(sources) == 0 { // it takes no look at all documents to know
			continue
		}
		err := query.Each(ctx, s, of.Select, func(row []any) error {
			p := Paper{ID: penates.DocumentID(figure.Text(row[0])), Type: of.kind, Day: figure.ParseDay(figure.Text(row[1])),
				End: figure.ParseDay(figure.Text(row[2])), Vendor: figure.Text(row[3])}
			if meter := figure.Text(row[4]); meter != "" {
				p.Refs = append(p.Refs, penates.Ref{Scheme: penates.RefPRM, Value: meter})
			}
			at[p.ID] = len(papers)
			papers = append(papers, p)
			return nil
		})
		if err != nil {
			return nil, nil, err
		}
	}
	return papers, at, nil
}
