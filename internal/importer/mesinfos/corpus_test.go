package mesinfos_test

import (
	"regexp"
	"strconv"
	"strings"
	"testing"

	"penates/internal/importer/importertest"
	"penates/internal/importer/mesinfos"
)

var counted = regexp.MustCompile(`^(\d+) docs`)

// differences are files of the pilot that give more or fewer documents and points
// than the manifest counts records. Of the others each record is one document.
var differences = map[string]struct {
	documents, points int
	why               string
}{
	"consommation_electrique.json":           {9, 33, "21 statements are points, 12 indexes lie within them, 9 statements with a cost are kept whole too"},
	"consommation_gazpar_mensuelle.json":     {0, 6, "energy, volume and index of 2 statements"},
	"consommation_linky_demiheure.json":      {0, 11, "half hours are points"},
	"contrat_maif.json":                      {2, 0, "one record holds two contracts"},
	"operations_bancaires.json":              {11, 0, "ten operations and their account"},
	"enedis_customer_identity.json":          {-1, 0, "read by package enedis"},
	"enedis_customer_usagepointaddress.json": {-1, 0, "read by package enedis"},
	"enedis_energy.json":                     {-1, 0, "read by package enedis"},
	"enedis_loadcurve.json":                  {-1, 0, "read by package enedis"},
}

func TestCorpus(t *testing.T) {
	manifest, ok := importertest.Corpus(t, "MANIFEST.tsv")
	if !ok {
		return
	}
	files := 0
	for line := range strings.Lines(string(manifest)) {
		fields := strings.Split(line, "\t")
		name, pilot := strings.CutPrefix(fields[0], "mesinfos/pilot/")
		dictionary := strings.HasPrefix(fields[0], "mesinfos/dictionary/")
		if !pilot && !dictionary && !strings.HasPrefix(fields[0], "energy/") && !strings.HasPrefix(fields[0], "cozy/") {
			continue
		}
		content, _ := importertest.Corpus(t, fields[0])
		sure := mesinfos.Format.Recognise(importertest.File(fields[0], content).Head) > 50
		want := differences[name]
		if mine := pilot && want.documents >= 0; sure != mine {
			t.Errorf("%s: recognised %t, want %t", fields[0], sure, mine)
		}
		if !sure {
			continue
		}
		files++
		c, err := importertest.Read(mesinfos.Format, fields[0], content)
		if err != nil || len(c.Refusals) > 0 || c.Repeated > 0 {
			t.Errorf("%s: %v, refusals %v, %d repeated", name, err, c.Refusals, c.Repeated)
		}
		documents, points := want.documents, want.points
		m := counted.FindStringSubmatch(fields[2])
		if m == nil {
			t.Errorf("%s: nothing to count in %q", name, fields[2])
			continue
		}
		if want.why == "" {
			documents, _ = strconv.Atoi(m[1])
		}
		if len(c.Documents) != documents || c.PointCount() != points {
			t.Errorf("%s: %d documents and %d points, want %d and %d", name, len(c.Documents), c.PointCount(), documents, points)
		}
		t.Logf("%s: %s records: %d documents, %d points; %s", name, m[1], len(c.Documents), c.PointCount(), want.why)
	}
	if files == 0 {
		t.Error("the manifest has no file of MesInfos")
	}
}
