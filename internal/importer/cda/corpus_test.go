package cda_test

import (
	"fmt"
	"strings"
	"testing"

	"penates/internal/importer/cda"
	"penates/internal/importer/importertest"
	"penates/internal/schema"
)

// statements are how many statements the entries of each file of the corpus hold:
// more than entries where an organizer or a concern holds several.
var statements = map[string]int{
	"health/ccda/hl7/CCD.xml":                        15, // 9 vital signs in one organizer
	"health/ccda/hl7/Care_Plan.xml":                  7,
	"health/ccda/hl7/Discharge_Summary.xml":          20, // two allergies more in one list, 2 illnesses of relatives, 4 vital signs
	"health/ccda/msft/170.314B2_Amb_CCD.ccda":        22,
	"health/ccda/msft/C-CDA_R2-1_CCD.xml.ccda":       44,
	"health/cda_fr/BIO-CR-BIO_2024.01_TSH_1.xml":     4,
	"health/cda_fr/CNAM-HR_2021.01.xml":              25,
	"health/cda_fr/LDL-SES_2022.01.xml":              18,
	"health/cda_fr/VAC_2023.01.xml":                  4,
	"health/cda_fr/VSM_1.4_2022.01.xml":              11,
	"health/cda_fr/eP-MED-DM_2022.01_PosoStruct.xml": 7,
}

// bad are the rows of the corpus that are refused.
var bad = map[string]string{
	"health/ccda/msft/C-CDA_R2-1_CCD.xml.ccda": `1102 observation: time "200130311": not valid`, // nine digits
}

func TestCorpus(t *testing.T) {
	manifest, ok := importertest.Corpus(t, "MANIFEST.tsv")
	if !ok {
		return
	}
	files := 0
	for line := range strings.Lines(string(manifest)) {
		columns := strings.Split(line, "\t")
		if !strings.HasPrefix(columns[0], "health/ccda/") && !strings.HasPrefix(columns[0], "health/cda_fr/") {
			continue
		}
		files++
		content, _ := importertest.Corpus(t, columns[0])
		if got := cda.Format.Recognise(importertest.File(columns[0], content).Head); got < 90 {
			t.Errorf("%s: recognised at %d", columns[0], got)
		}
		var sections, entries int
		_, counts, _ := strings.Cut(columns[2], "\"; ")
		if _, err := fmt.Sscanf(counts, "%d sections, %d entries", &sections, &entries); err != nil {
			t.Fatalf("%s: %v in %q", columns[0], err, columns[2])
		}
		corpusFile(t, columns[0], content, entries)
	}
	if files != len(statements) {
		t.Errorf("%d files, want %d", files, len(statements))
	}
}

// Each entry gives a statement or a file, and all are told apart.
func corpusFile(t *testing.T, name string, content []byte, entries int) {
	t.Helper()
	c, err := importertest.Read(cda.Format, name, content)
	refused := ""
	for _, r := range c.Refusals {
		refused += fmt.Sprintf("%d %v", r.Line, r.Err)
	}
	if err != nil || refused != bad[name] || c.Repeated > 0 {
		t.Errorf("%s: %v, refused %q, %d repeated", name, err, refused, c.Repeated)
	}
	given, patients, papers := len(c.Files), 0, 0
	from := map[string]bool{}
	for i, d := range c.Documents {
		h, ok := c.Bodies[i].(schema.HealthRecord)
		switch {
		case !ok:
		case h.Resource == "Patient":
			patients++
		case h.Resource == "Composition":
			papers++
		default:
			given++
			from[d.Source.Locator] = true
		}
	}
	if given != statements[name] || patients != 1 || papers != 1 {
		t.Errorf("%s: %d statements and files, want %d; %d patients, %d documents", name, given, statements[name], patients, papers)
	}
	if len(from) > entries || len(from)+len(c.Files) < entries {
		t.Errorf("%s: from %d entries and %d files, want %d", name, len(from), len(c.Files), entries)
	}
}
