package enedis_test

import (
	"regexp"
	"strconv"
	"strings"
	"testing"

	"penates/internal/importer/enedis"
	"penates/internal/importer/importertest"
)

// The counts of the corpus' manifest, as patterns of its column "expected".
var expected = []struct {
	pattern *regexp.Regexp
	counts  string // what the first group counts
}{
	{regexp.MustCompile(`(\d+) with a numeric 2nd column`), "points"},
	{regexp.MustCompile(`(\d+) interval_reading`), "points"},
	{regexp.MustCompile(`(\d+) interval values`), "points"},
	{regexp.MustCompile(`XML .*'mesure': (\d+)`), "points"},
	{regexp.MustCompile(`usage_points:\[(\d+)\]`), "documents"},
	{regexp.MustCompile(`(\d+) docs`), "documents"},
	{regexp.MustCompile(`(\d+) daily index rows`), "points"},
}

// differences are files where more is found than the manifest counts, with the reason.
var differences = map[string]struct {
	more int
	why  string
}{
	"energy/enedis_csv/aeneria/Enedis_Conso_Jour.csv": {263, "264 indexes, and the energy of the 263 days between them"},
}

// none are files of Enedis that are no data of a meter or a customer.
var none = map[string]string{
	"energy/enedis_dataconnect/aeneria_TokentTest_0.json": "a token of access, kept as a plain file",
}

func TestCorpus(t *testing.T) {
	manifest, ok := importertest.Corpus(t, "MANIFEST.tsv")
	if !ok {
		return
	}
	files := 0
	for line := range strings.Lines(string(manifest)) {
		fields := strings.Split(line, "\t")
		name := fields[0]
		mine := strings.HasPrefix(name, "energy/enedis_") || strings.HasPrefix(name, "mesinfos/pilot/enedis_")
		content, _ := []byte(nil), ok
		if strings.HasPrefix(name, "energy/") || strings.HasPrefix(name, "mesinfos/") {
			content, _ = importertest.Corpus(t, name)
		}
		sure := content != nil && enedis.Format.Recognise(importertest.File(name, content).Head) > 50
		if _, not := none[name]; not || !mine {
			if sure {
				t.Errorf("%s: recognised", name)
			}
			continue
		}
		files++
		if !sure {
			t.Errorf("%s: not recognised", name)
		}
		c, err := importertest.Read(enedis.Format, name, content)
		if err != nil || len(c.Refusals) > 0 || c.Repeated > 0 {
			t.Errorf("%s: %v, refusals %v, %d repeated", name, err, c.Refusals, c.Repeated)
		}
		found := map[string]int{"points": c.PointCount(), "documents": len(c.Documents)}
		counted := false
		for _, e := range expected {
			m := e.pattern.FindStringSubmatch(fields[2])
			if m == nil || e.counts == "documents" && c.PointCount() > 0 {
				continue
			}
			counted = true
			want, _ := strconv.Atoi(m[1])
			if want += differences[name].more; found[e.counts] != want {
				t.Errorf("%s: %d %s, want %d", name, found[e.counts], e.counts, want)
			}
			t.Logf("%s: %s: %d %s", name, fields[2], found[e.counts], e.counts)
		}
		if !counted {
			t.Errorf("%s: nothing to count in %q", name, fields[2])
		}
	}
	if files == 0 {
		t.Error("the manifest has no file of Enedis")
	}
}

// sums are energies in Wh, worked out from the files without this package: the
// sum of the mean powers times the hours of their interval, which the distance
// of the rows shows; the last index less the first.
var sums = []struct {
	name, series string
	want         float64
}{
	{"mesinfos/pilot/enedis_loadcurve.json", "load-curve", 29_484.0 / 2},
	{"energy/enedis_csv/aeneria/Enedis_Conso_Heure.csv", "load-curve", 28_542.0 / 2},
	{"energy/enedis_csv/aeneria/Enedis_Conso_Jour.csv", "daily", 17_375_563 - 15_521_318},
	{"energy/enedis_sge/CommandeTransmissionHistoriqueMesures/C5-CDC/Enedis_SGE_HDM_A06NW0ZI.csv", "load-curve", 9_674_573},
}

func TestCorpusSums(t *testing.T) {
	for _, tt := range sums {
		content, ok := importertest.Corpus(t, tt.name)
		if !ok {
			return
		}
		c, err := importertest.Read(enedis.Format, tt.name, content)
		if err != nil {
			t.Fatal(err)
		}
		sum := 0.0
		for _, s := range c.Series {
			if s.Source.NativeID == tt.series {
				for _, p := range s.Points {
					sum += p.Value.Float()
				}
			}
		}
		if sum != tt.want {
			t.Errorf("%s: %v Wh, want %v", tt.name, sum, tt.want)
		}
	}
}
