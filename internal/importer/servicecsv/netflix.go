package servicecsv

import (
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"

	"penates"
	"penates/internal/importer"
	"penates/internal/importer/rows"
	"penates/internal/importer/social"
	"penates/internal/locale"
	"penates/internal/schema"
)

// The tables of Netflix, as the list of the categories of data that comes with
// an export describes them.
var (
	viewing = &table{columns: []string{"profilename", "starttime", "duration", "title"}, sure: 97, read: readViewing}
	// The list of the viewing activity page has only days, and its headings are in the
	// language of the page.
	shortViewings = short([2]string{"title", "date"}, [2]string{"titre", "date"}, [2]string{"titel", "datum"}, [2]string{"titulo", "fecha"}, [2]string{"titolo", "data"}, [2]string{"titulo", "data"}, [2]string{"tytul", "data"})
	billed        = &table{columns: []string{"transactiondate", "description", "currency", "grosssaleamt"}, sure: 97, read: readBilled}
	sent          = &table{columns: []string{"profilename", "sentutcts", "messagename"}, sure: 97, read: readSent}
	searched      = &table{columns: []string{"profilename", "querytyped", "utctimestamp"}, sure: 97, read: did("searched", "utctimestamp", "querytyped", "displayedname")}
	listed        = &table{columns: []string{"profilename", "titlename", "utctitleadddate"}, sure: 97, read: did("listed", "utctitleadddate", "titlename")}
	rated         = &table{columns: []string{"profilename", "titlename", "eventutcts"}, sure: 97, read: did("rated", "eventutcts", "titlename")}
)

func readViewing(r *row) (*penates.Document, schema.Body, error) {
	d, body, err := r.did("watched", "starttime", "title")
	if err != nil {
		return nil, nil, err
	}
	if seconds, ok := clock(r.get("duration")); ok {
		d.Time.End = penates.At(d.Time.Start.Time().Add(time.Duration(seconds) * time.Second))
	} else if s := r.get("duration"); s != "" {
		return nil, nil, fmt.Errorf("duration %.40q: %w", s, penates.Invalid)
	}
	return d, body, nil
}

// clock reads "1:59:59" as seconds.
func clock(s string) (seconds int, ok bool) {
	parts := strings.Split(s, ":")
	if len(parts) != 3 {
		return 0, false
	}
	for i, p := range parts {
		n, err := strconv.ParseUint(p, 10, 16)
		if err != nil || i > 0 && n > 59 {
			return 0, false
		}
		seconds = 60*seconds + int(n)
	}
	return seconds, true
}

// did returns what reads something a profile did.
func did(verb, time string, object ...string) func(*row) (*penates.Document, schema.Body, error) {
	return func(r *row) (*penates.Document, schema.Body, error) { return r.did(verb, time, object...) }
}

func (r *row) did(verb, time string, object ...string) (*penates.Document, schema.Body, error) {
	start, err := at(r.get(time))
	if err != nil {
		return nil, nil, err
	}
	what := social.Line(r.get(object...))
	if what == "" {
		return nil, nil, fmt.Errorf("no title: %w", penates.Invalid)
	}
	profile, device := locale.Line(r.get("profilename")), social.Line(r.get("devicetype", "device", "devicemodel"))
	d := &penates.Document{
		Source: penates.Source{NativeID: verb + "/" + r.names.Hash(verb, profile, start.String(), what, device)},
		Time:   penates.Span{Start: start},
		Text:   verb + ": " + what,
	}
	if profile != "" {
		d.Parties = []penates.Party{{Role: "owner", Literal: profile}}
	}
	return d, schema.Activity{Verb: verb, Object: what, Device: device}, nil
}

// short returns the tables of title and day.
func short(headings ...[2]string) (tables []*table) {
	for _, h := range headings {
		tables = append(tables, &table{columns: h[:], exact: true, sure: 70, day: h[1], read: readShortViewing})
	}
	return tables
}

// readBilled reads what was charged (BillingHistory.csv). What was refused, or only
// looked at, is no bill.
func readBilled(r *row) (*penates.Document, schema.Body, error) {
	if s := strings.ToUpper(r.get("pmtstatus", "finalinvoiceresult")); s != "" && s != "APPROVED" && s != "SETTLED" {
		return nil, nil, errSkip
	}
	day, err := locale.Day(r.get("transactiondate"), locale.YMD)
	if err != nil {
		return nil, nil, err
	}
	gross, err := locale.Amount(r.get("grosssaleamt"))
	if err != nil {
		return nil, nil, err
	}
	code := locale.Currency(r.get("currency"))
	if code == "" {
		return nil, nil, fmt.Errorf("currency %.20q: %w", r.get("currency"), penates.Invalid)
	}
	title := social.Line(r.get("description"))
	body := schema.Bill{
		Vendor: "Netflix", Title: title, NetTotal: decimal(r.get("itempriceamt")), VAT: decimal(r.get("taxamt")), IsRefund: strings.EqualFold(r.get("pmttxntype"), "REFUND"),
		PeriodStart: isoDay(r.get("serviceperiodstartdate")), PeriodEnd: isoDay(r.get("serviceperiodenddate")),
	}
	return &penates.Document{
		Source:  penates.Source{NativeID: "bill/" + r.names.Hash(day.Date(), title, string(gross), code, r.get("pmttxntype"))},
		Time:    penates.Span{Start: day},
		Money:   &penates.Money{Amount: gross, Currency: code},
		Parties: []penates.Party{{Role: "vendor", Literal: "Netflix"}},
		Text:    locale.Line("Netflix " + strings.ToLower(title)),
	}, body, nil
}

func isoDay(s string) string {
	day, err := locale.Day(s, locale.YMD)
	if err != nil {
		return ""
	}
	return day.Date()
}

func readShortViewing(r *row) (*penates.Document, schema.Body, error) {
	day, err := locale.Day(r.get("date", "datum", "fecha", "data"), r.order)
	if err != nil {
		return nil, nil, err
	}
	what := social.Line(r.get("title", "titre", "titel", "titulo", "titolo", "tytul"))
	if what == "" {
		return nil, nil, fmt.Errorf("no title: %w", penates.Invalid)
	}
	return &penates.Document{
		Source: penates.Source{NativeID: "day/" + r.names.Hash(day.String(), what)},
		Time:   penates.Span{Start: day},
		Text:   "watched: " + what,
	}, schema.Activity{Verb: "watched", Object: what}, nil
}

func readSent(r *row) (*penates.Document, schema.Body, error) {
	sent, err := at(r.get("sentutcts"))
	if err != nil {
		return nil, nil, err
	}
	name, title, profile := social.Line(r.get("messagename")), social.Line(r.get("titlename")), locale.Line(r.get("profilename"))
	channel := locale.Line(r.get("channel"))
	body := schema.Message{Subject: name, From: "Netflix", To: profile, Thread: "Netflix", Content: title, Folder: channel}
	return &penates.Document{
		Source:  penates.Source{NativeID: "sent/" + r.names.Hash(profile, sent.String(), name, title, channel)},
		Time:    penates.Span{Start: sent},
		Parties: []penates.Party{{Role: "from", Literal: "Netflix"}, {Role: "to", Literal: profile}},
		Text:    social.Line("Netflix: " + first(title, name)),
	}, body, nil
}

// dayOrder finds which of day and month comes first in a whole file, because
// each country has its own and most dates may be read either way.
func dayOrder(f *importer.File, delim byte, column int) (locale.Order, error) {
	order := locale.DMY
	if f.Country == "US" {
		order = locale.MDY
	}
	source, err := f.Open()
	if err != nil {
		return order, err
	}
	defer source.Close()
	text, _ := locale.UTF8(source, "")
	days := 0
	for in := rows.New(text, delim); ; {
		fields, _, err := in.Next()
		switch {
		case err == io.EOF:
			if days == 0 {
				return order, fmt.Errorf("no dates: %w", importer.ErrNotMine)
			}
			return order, nil
		case errors.Is(err, penates.Invalid), errors.Is(err, penates.TooLarge):
			continue
		case err != nil:
			return order, err
		case column >= len(fields):
			continue
		}
		_, dmy := locale.Day(fields[column], locale.DMY)
		_, mdy := locale.Day(fields[column], locale.MDY)
		switch {
		case dmy == nil && mdy != nil:
			return locale.DMY, nil
		case mdy == nil && dmy != nil:
			return locale.MDY, nil
		case dmy == nil:
			days++
		}
	}
}
