package all_test

import (
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"text/tabwriter"
	"time"

	"penates"
	"penates/internal/importer"
	"penates/internal/importer/all"
	"penates/internal/importer/importertest"
)

// A manifestLine is one file of the corpus and what an independent program counts in it.
type manifestLine struct{ file, format, expected string }

func manifest(t testing.TB, root string) (lines []manifestLine) {
	t.Helper()
	b, err := os.ReadFile(filepath.Join(root, "MANIFEST.tsv"))
	if err != nil {
		t.Fatal(err)
	}
	for i, line := range strings.Split(strings.TrimRight(string(b), "\n"), "\n") {
		if columns := strings.Split(line, "\t"); i > 0 && len(columns) > 2 {
			lines = append(lines, manifestLine{columns[0], columns[1], columns[2]})
		}
	}
	return lines
}

// A rule reads what the manifest expects of the files of some formats. Each number
// its pattern finds is how much the file must give of the types at the same place;
// types joined by + are counted together, "refused" are refusals.
type rule struct {
	formats string // regular expression
	pattern string
	types   []string
}

var rules = []rule{
	{"CAMT", `^(\d+) Ntry, \d+ TxDtls`, []string{"bank_operations"}},
	{"MT940", `^(\d+) :61: lines`, []string{"bank_operations"}},
	{"OFX", `investment tags; ofxparse: (\d+) tx in (\d+) acct`, []string{"bank_operations", "bank_accounts"}}, // its STMTTRN are not all
	{"OFX", `^(\d+) STMTTRN\D+(\d+) statement account blocks`, []string{"bank_operations", "bank_accounts"}},
	{"OFX", `^(\d+) STMTTRN \(`, []string{"bank_operations"}},
	{"QIF", `^(\d+) transactions`, []string{"bank_operations"}},
	{"bank CSV.*", `^(\d+) (?:transactions|dated rows)`, []string{"bank_operations"}},
	{"PSD2.*", `^(\d+) booked, 0 pending`, []string{"bank_operations"}},
	{"EML|Maildir|mbox", `^(\d+) messages?\b`, []string{"messages"}},
	{"vCard", `^(\d+) cards`, []string{"contacts"}},
	{"Google People.*", `^\[(\d+)\]$`, []string{"contacts"}},
	{"RSS.*", `^(\d+) items`, []string{"bookmarks"}},
	{"Evernote ENEX", `^(\d+) notes, (\d+) resources`, []string{"notes", "files"}},
	{"FHIR.*", `: (\d+) entries`, []string{"health"}},
	{"GPX|location", `^(\d+) trkpt, .*?(\d+) wpt`, []string{"positions", "places"}},
	{"location", `^GeoJSON: (\d+) features`, []string{"positions+places+records"}},
	{"location", `^(\d+) Trackpoint \((?:\d+) with Position\), (\d+) Activity`, []string{"positions", "health"}},
	{"location", `^(\d+) rows$`, []string{"positions+places"}},
	{"location", `^Records.json: \d+ locations, (\d+) with position`, []string{"positions"}},
	{"location", `^Semantic: \{'activitySegment': (\d+)\}`, []string{"activities"}},
	{"location", `^Semantic: \{'placeVisit': (\d+)\}`, []string{"places"}},
	{"location", `^\d+ OwnTracks lines, (\d+) of _type location`, []string{"positions"}},
	{"location", `^\d+ Placemark, (\d+) Point, \d+ coordinate tuples, 0 gx`, []string{"places"}},
	{"location", `^\d+ Placemark, 0 Point, 0 coordinate tuples, (\d+) gx`, []string{"positions"}},
	{"Green Button.*", `^(\d+) IntervalReading`, []string{"energy"}},
	{"Enedis.*", `(\d+) with a numeric 2nd column`, []string{"energy"}},
	{"Enedis.*", `^(\d+) interval_reading`, []string{"energy"}},
	{"Enedis.*", `^XML .*'mesure': (\d+)`, []string{"energy"}},
	{"Netscape bookmarks", `^(\d+) links`, []string{"bookmarks"}},
	{"browser history.*", `^(?:visits=|moz_historyvisits=|)(\d+)`, []string{"activities"}},
	{"WhatsApp.*", `^(\d+) line-start messages`, []string{"messages"}},
	{"Telegram.*", `^(\d+) messages`, []string{"messages+calls"}},
	{"TrackerControl.*|Uber.*", `(\d+) rows`, []string{"activities+orders"}},
	{"Google MyActivity.*", `^(\d+) My-Activity cells`, []string{"activities"}},
	{"MesInfos JSON", `^\d+ docs .*; (\d+) interval values`, []string{"energy"}},
	{"MesInfos JSON", `^(\d+) docs`, []string{"any"}},
	{"Cozy konnector.*|Crédit Agricole.*", `^\[(\d+)\]$`, []string{"bills+bank_operations+bank_accounts"}},
	{"FranceConnect.*", `^(\d+) rows`, []string{"identities"}},
	{"Amazon.*", `order lines: (\d+) to keep`, []string{"orders"}},
	{"pinboard.*", `^\[(\d+)\]$`, []string{"any"}},
	{"bank×bill.*", `(\d+) bills, (\d+) operations`, []string{"bills", "bank_operations"}},
	{"bank×bill.*", `^io.cozy.bills (\d+)$`, []string{"bills"}},
	{"bank×bill.*", `io.cozy.bank.operations (\d+)$`, []string{"bank_operations"}},
}

// one are formats of which every file gives so much, whatever it holds.
var one = map[string]string{
	"CII XML": "bills=1", "UBL XML": "bills=1", "Factur-X/ZUGFeRD PDF": "bills=1 files=1", "JPEG/HEIC": "files=1", "HEIC": "files=1",
}

// numbers are read of what the manifest writes as "name 3; name 2".
var (
	calendarPart = regexp.MustCompile(`(\d+) (VEVENT|VTODO|VJOURNAL|VFREEBUSY)`)
	cozyPart     = regexp.MustCompile(`(io\.cozy\.[a-z.]+) (\d+)`)
)

// want returns what the manifest says that a file must give, as "type=number …", and
// false when it does not say it in numbers.
func (m manifestLine) want() (string, bool) {
	if w, ok := one[m.format]; ok {
		return w, true
	}
	switch {
	case strings.HasPrefix(m.expected, "exiftool "):
		return "files=1", true
	case strings.HasPrefix(m.expected, "expected "):
		return "files=1", true // an oracle, which is kept as a file
	case m.format == "iCalendar":
		sums := map[string]int{}
		for _, p := range calendarPart.FindAllStringSubmatch(m.expected, -1) {
			n, _ := strconv.Atoi(p[1])
			sums[map[string]string{"VEVENT": "events", "VTODO": "todos", "VJOURNAL": "notes", "VFREEBUSY": "refused"}[p[2]]] += n
		}
		return counts(sums), len(sums) > 0
	case m.format == "Cozy ACH fixture" && cozyPart.MatchString(m.expected):
		sums := map[string]int{}
		for _, p := range cozyPart.FindAllStringSubmatch(m.expected, -1) {
			n, _ := strconv.Atoi(p[2])
			view := map[string]string{"io.cozy.files": "files", "io.cozy.bank.accounts": "bank_accounts", "io.cozy.bank.operations": "bank_operations", "io.cozy.bills": "bills", "io.cozy.contacts": "contacts"}[p[1]]
			if view == "" {
				view = "records"
			}
			sums[view] += n
		}
		return counts(sums), true
	}
	for _, r := range rules {
		if !regexp.MustCompile(`^(?:` + r.formats + `)$`).MatchString(m.format) {
			continue
		}
		found := regexp.MustCompile(r.pattern).FindStringSubmatch(m.expected)
		if found == nil {
			continue
		}
		sums := map[string]int{}
		for i, types := range r.types {
			n, _ := strconv.Atoi(found[i+1])
			sums[types] = n
		}
		return counts(sums), true
	}
	return "", false
}

func counts(sums map[string]int) string {
	var parts []string
	for _, name := range slices.Sorted(maps.Keys(sums)) {
		parts = append(parts, fmt.Sprintf("%s=%d", name, sums[name]))
	}
	return strings.Join(parts, " ")
}

// views are short names of the types.
var views = map[penates.Type]string{
	penates.BankAccounts: "bank_accounts", penates.BankOperations: "bank_operations", penates.Bills: "bills", penates.Orders: "orders",
	penates.Contracts: "contracts", penates.Energy: "energy", penates.Health: "health", penates.Positions: "positions", penates.Places: "places",
	penates.Messages: "messages", penates.Calls: "calls", penates.Contacts: "contacts", penates.Events: "events", penates.Todos: "todos",
	penates.Files: "files", penates.Activities: "activities", penates.Notes: "notes", penates.Bookmarks: "bookmarks", penates.Identities: "identities",
	penates.Claims: "claims", penates.Records: "records",
}

// gave returns what an import gave as the manifest line counts it.
func gave(r *importer.Report, want string) string {
	sums := map[string]int{}
	for typ, c := range r.Types {
		sums[views[typ]] += c.Added + c.Updated + c.Unchanged
	}
	if r.Refused > 0 {
		sums["refused"] = r.Refused
	}
	if want == "" {
		return counts(sums)
	}
	asked := map[string]int{}
	for part := range strings.FieldsSeq(want) {
		types, _, _ := strings.Cut(part, "=")
		asked[types] = 0
		for name, n := range sums {
			if name == "refused" && types != "refused" {
				asked["refused"] = n
			} else if types == "any" && name != "refused" || slices.Contains(strings.Split(types, "+"), name) {
				asked[types] += n
			}
		}
	}
	return counts(asked)
}

// A tally counts the files of one format.
type tally struct{ files, equal, stated, deviating int }

// TestCorpus imports every file of the corpus that PENATES_CORPUS names with all
// formats, and compares what it gives with what the manifest says: with its numbers,
// else with what this test states. Each deviation has a reason; one that is none any
// more fails too.
func TestCorpus(t *testing.T) {
	root := os.Getenv("PENATES_CORPUS")
	if root == "" {
		return // the tests of each format use files of the project's own
	}
	paris, err := time.LoadLocation("Europe/Paris")
	if err != nil {
		t.Fatal(err)
	}
	table := map[string]*tally{}
	met := map[string]bool{}
	for _, m := range manifest(t, root) {
		report := importFile(t, root, m.file, importer.Options{Zone: paris})
		want, said := m.want()
		got := gave(report, want)
		if table[m.format] == nil {
			table[m.format] = &tally{}
		}
		row := table[m.format]
		row.files++
		met[m.file] = true
		d, deviates := deviations[m.file]
		switch {
		case !said && !deviates:
			if whole := gave(report, ""); whole != stated[m.file] {
				t.Errorf("%s: the manifest says %q; gives %q, stated %q", m.file, m.expected, whole, stated[m.file])
			}
			row.stated++
		case !deviates && got != want:
			t.Errorf("%s: gives %q, the manifest says %q (%s)", m.file, got, want, m.expected)
		case deviates && said && got == want:
			t.Errorf("%s: no longer deviates", m.file)
		case deviates && gave(report, "") != d.gives:
			t.Errorf("%s: gives %q, stated %q", m.file, gave(report, ""), d.gives)
		case deviates && said:
			row.deviating++
		default:
			row.equal++
		}
	}
	for file := range deviations {
		if !met[file] {
			t.Errorf("%s is not in the manifest", file)
		}
	}
	for file := range stated {
		if _, twice := deviations[file]; !met[file] || twice {
			t.Errorf("%s is not in the manifest, or stated twice", file)
		}
	}
	summary(t, table)
}

// importFile imports one file of the corpus, where it lies in its folders.
func importFile(t *testing.T, root, file string, o importer.Options) *importer.Report {
	t.Helper()
	dir := t.TempDir()
	content, err := os.ReadFile(filepath.Join(root, filepath.FromSlash(file)))
	if err != nil {
		t.Fatal(err)
	}
	at := filepath.Join(dir, filepath.FromSlash(file))
	if err := os.MkdirAll(filepath.Dir(at), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(at, content, 0o600); err != nil {
		t.Fatal(err)
	}
	top, _, _ := strings.Cut(file, "/")
	report, err := importer.Run(t.Context(), importertest.NewStore(), all.Formats, []string{filepath.Join(dir, top)}, o)
	if err != nil {
		t.Fatalf("%s: %v", file, err)
	}
	return report
}

func summary(t *testing.T, table map[string]*tally) {
	t.Helper()
	var b strings.Builder
	w := tabwriter.NewWriter(&b, 0, 0, 2, ' ', tabwriter.AlignRight)
	sum := tally{}
	fmt.Fprint(w, "files\tequal\tstated\tdeviating\t\n")
	for _, format := range slices.Sorted(maps.Keys(table)) {
		r := table[format]
		fmt.Fprintf(w, "%d\t%d\t%d\t%d\t  %s\n", r.files, r.equal, r.stated, r.deviating, format)
		sum = tally{sum.files + r.files, sum.equal + r.equal, sum.stated + r.stated, sum.deviating + r.deviating}
	}
	fmt.Fprintf(w, "%d\t%d\t%d\t%d\t  all\n", sum.files, sum.equal, sum.stated, sum.deviating)
	w.Flush()
	t.Log("\n" + b.String())
}
