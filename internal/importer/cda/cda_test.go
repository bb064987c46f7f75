package cda_test

import (
	"bytes"
	"encoding/base64"
	"errors"
	"fmt"
	"strings"
	"testing"
	"unicode/utf16"

	"github.com/google/go-cmp/cmp"

	"penates"
	"penates/internal/importer/cda"
	"penates/internal/importer/importertest"
	"penates/internal/schema"
)

// summary is a French medical summary of a fictional patient.
var summary = `<?xml version="1.0" encoding="UTF-8"?>
<ClinicalDocument xmlns="urn:hl7-org:v3" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance">
<id root="1.2.250.1.999.1" extension="D-1"/><setId root="1.2.250.1.999.1" extension="S-1"/>
<code code="SYNTH" codeSystem="1.2.250.1.213.1.1.4.12" displayName="Synthèse"/><title>Synthèse médicale</title>
<effectiveTime value="20240312101500+0100"/>
<recordTarget><patientRole><id extension="279035121518989" root="1.2.250.1.213.1.4.8"/>
 <patient><name><family qualifier="BR">MARTIN</family><family qualifier="CL">LEROY</family><given>Zoé</given></name>
 <administrativeGenderCode code="F" displayName="Féminin"/><birthTime value="19790328"/></patient></patientRole></recordTarget>
<author><assignedAuthor><assignedPerson><name><prefix>DR</prefix><given>Paul</given><family>BEAU</family></name></assignedPerson></assignedAuthor></author>
<custodian><assignedCustodian><representedCustodianOrganization><name>Cabinet des Lilas</name></representedCustodianOrganization></assignedCustodian></custodian>
<component><structuredBody>
<component><section><code code="11450-4" codeSystem="2.16.840.1.113883.6.1"/><title>Problèmes</title><text>Asthme depuis <content ID="p1">l'enfance</content></text>
 <entry><act classCode="ACT" moodCode="EVN"><id root="1.2.3" extension="act"/><statusCode code="active"/><effectiveTime><low value="198605"/></effectiveTime>
  <entryRelationship typeCode="SUBJ"><observation classCode="OBS" moodCode="EVN"><code code="55607006" codeSystem="2.16.840.1.113883.6.96" displayName="Problème"/>
   <text><reference value="#p1"/></text><value xsi:type="CD" code="J45.9" codeSystem="2.16.840.1.113883.6.3" displayName="Asthme"/></observation></entryRelationship></act></entry>
 <entry><observation classCode="OBS" moodCode="EVN"><code code="ASSERTION" codeSystem="2.16.840.1.113883.5.4"/><effectiveTime value="20200101"/>
  <value xsi:type="CD" code="419199007" codeSystem="2.16.840.1.113883.6.96" displayName="Allergie"/>
  <participant typeCode="CSM"><participantRole><playingEntity><code code="A" displayName="Arachide"/></playingEntity></participantRole></participant></observation></entry>
</section></component>
<component><section><title>Mesures</title>
 <entry><organizer classCode="BATTERY" moodCode="EVN"><code displayName="Signes vitaux"/><effectiveTime value="20240312"/>
  <component><observation classCode="OBS" moodCode="EVN"><code code="29463-7" codeSystem="2.16.840.1.113883.6.1" displayName="Poids"/><value xsi:type="PQ" value="61.5" unit="kg"/></observation></component>
  <component><observation classCode="OBS" moodCode="EVN"><code code="2345-7" codeSystem="2.16.840.1.113883.6.1" displayName="Glucose"/><value xsi:type="IVL_PQ"><low value="0.9" unit="g/L"/><high value="1.1" unit="g/L"/></value>
   <interpretationCode code="N" displayName="Normal"/></observation></component></organizer></entry>
 <entry><observation classCode="OBS" moodCode="EVN"><code displayName="Sans date lisible"/><effectiveTime value="2024131"/></observation></entry>
</section></component>
<component><section><title>Traitements</title>
 <entry><substanceAdministration classCode="SBADM" moodCode="EVN"><effectiveTime xsi:type="IVL_TS"><low value="20240101"/><high value="20240110"/></effectiveTime>
  <effectiveTime xsi:type="PIVL_TS" operator="A"><period value="8" unit="h"/></effectiveTime><doseQuantity value="2" unit="{comprimé}"/>
  <consumable><manufacturedProduct><manufacturedMaterial><code code="61234567" codeSystem="1.2.250.1.213.2.3.1" displayName="CALMIVIT 75 mg"/></manufacturedMaterial></manufacturedProduct></consumable></substanceAdministration></entry>
 <entry><substanceAdministration classCode="SBADM" moodCode="EVN" negationInd="true"><code code="IMMUNIZ" codeSystem="2.16.840.1.113883.5.4"/><effectiveTime value="2021"/>
  <consumable><manufacturedProduct><manufacturedMaterial><name>Vaccin X</name><lotNumberText>L7</lotNumberText></manufacturedMaterial></manufacturedProduct></consumable></substanceAdministration></entry>
 <entry><act classCode="ACT" moodCode="EVN"><code displayName="Remboursement"/><effectiveTime value="20240201"/>
  <entryRelationship typeCode="COMP"><observation classCode="OBS" moodCode="EVN"><code displayName="Montant remboursé"/><value xsi:type="MO" value="16.50" currency="EUR"/></observation></entryRelationship></act></entry>
 <entry><observationMedia classCode="OBS" moodCode="EVN"><value mediaType="text/plain" representation="B64">Ym9uam91cg==</value></observationMedia></entry>
</section></component>
</structuredBody></component></ClinicalDocument>`

func read(t *testing.T, content []byte) *importertest.Collector {
	t.Helper()
	c, err := importertest.Read(cda.Format, "a.xml", content)
	if err != nil || c.Repeated > 0 {
		t.Fatal(err, c.Repeated)
	}
	return c
}

// told is what a person sees of each document.
func told(c *importertest.Collector) (lines []string) {
	for i, d := range c.Documents {
		if h, ok := c.Bodies[i].(schema.HealthRecord); ok {
			lines = append(lines, fmt.Sprintf("%s %s %s", h.Resource, d.Time.Start, d.Text))
		} else {
			lines = append(lines, "file "+string(c.Files[d.ID]))
		}
	}
	return lines
}

var summaryTold = []string{
	"Condition 1986-05-01 Asthme: Problème",
	"AllergyIntolerance 2020-01-01 Arachide: Allergie",
	"Observation 2024-03-12 Poids: 61.5 kg",
	"Observation 2024-03-12 Glucose: 0.9 – 1.1 g/L",
	"MedicationStatement 2024-01-01 CALMIVIT 75 mg",
	"Immunization 2021-01-01 none: Vaccin X",
	"Observation 2024-02-01 Montant remboursé: 16.50 EUR",
	"file bonjour",
	"Composition 2024-03-12T10:15:00+01:00 Synthèse médicale",
	"Patient  Zoé LEROY",
}

func TestSummary(t *testing.T) {
	c := read(t, []byte(summary))
	want := summaryTold
	if diff := cmp.Diff(want, told(c)); diff != "" {
		t.Error(diff)
	}
	if len(c.Refusals) != 1 || c.Refusals[0].Line == 0 || !errors.Is(c.Refusals[0].Err, penates.Invalid) {
		t.Errorf("refused %v", c.Refusals)
	}
	if len(c.Links) != 1 || c.Links[0].Rel != penates.Documents {
		t.Errorf("links %v", c.Links)
	}
	asthma, weight, drug := c.Bodies[0].(schema.HealthRecord), c.Documents[2], c.Bodies[4].(schema.HealthRecord)
	if asthma.Note != "l'enfance" || asthma.System != "icd10|J45.9" || asthma.Performer != "DR Paul BEAU" || c.Documents[0].Time.Uncertainty != "P1M" {
		t.Errorf("%+v %+v", asthma, c.Documents[0].Time)
	}
	if *weight.Quantity != (penates.Quantity{Value: "61.5", Unit: "kg"}) || weight.Sensitivity != penates.Sensitive || strings.Contains(weight.Source.Connection, "279035") {
		t.Errorf("%+v", weight)
	}
	if diff := cmp.Diff([]schema.HealthValue{{Code: "Dose", Value: "2", Unit: "{comprimé}"}, {Code: "Every", Value: "8", Unit: "h"}}, drug.Values); diff != "" {
		t.Error(diff)
	}
	if m := c.Documents[6].Money; m == nil || m.Amount != "16.50" || m.Currency != "EUR" {
		t.Errorf("%+v", m)
	}
}

// The same document in other encodings and with a prefix says the same.
func TestEncodings(t *testing.T) {
	want := told(read(t, []byte(summary)))
	prefixed := strings.NewReplacer("</", "</hl7:", "<?xml", "<?xml", "<", "<hl7:").Replace(strings.TrimPrefix(summary, `<?xml version="1.0" encoding="UTF-8"?>`))
	wide := utf16.Encode([]rune("\uFEFF" + strings.Replace(summary, "UTF-8", "UTF-16", 1)))
	var utf16le bytes.Buffer
	for _, u := range wide {
		utf16le.Write([]byte{byte(u), byte(u >> 8)})
	}
	for name, content := range map[string][]byte{
		"BOM": []byte("\uFEFF" + summary), "CRLF": []byte(strings.ReplaceAll(summary, "\n", "\r\n")), "prefix": []byte(prefixed), "UTF-16": utf16le.Bytes(),
		"Latin 1": latin1(strings.Replace(summary, "UTF-8", "ISO-8859-1", 1)),
	} {
		if got := cda.Format.Recognise(importertest.File("x", content).Head); got < 90 {
			t.Errorf("%s: recognised at %d", name, got)
		}
		if diff := cmp.Diff(want, told(read(t, content))); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
	}
}

func latin1(s string) (b []byte) {
	for _, r := range s {
		if r > 0xff {
			r = '?'
		}
		b = append(b, byte(r))
	}
	return b
}

// A body that is no XML is a file.
func TestUnstructured(t *testing.T) {
	pdf := base64.StdEncoding.EncodeToString([]byte("%PDF-1.4 letter"))
	c := read(t, []byte(`<ClinicalDocument><title>Courrier</title><component><nonXMLBody><text mediaType="application/pdf" representation="B64">`+pdf+`</text></nonXMLBody></component></ClinicalDocument>`))
	if diff := cmp.Diff([]string{"file %PDF-1.4 letter", "Composition  Courrier"}, told(c)); diff != "" {
		t.Error(diff)
	}
}

// A file that ends early gives what came before, and says so.
func TestCut(t *testing.T) {
	c, err := importertest.Read(cda.Format, "x.xml", []byte(summary[:strings.Index(summary, "<component><section><title>Mesures")+80]))
	if !errors.Is(err, penates.Invalid) || len(c.Documents) != 4 {
		t.Errorf("%d documents, %v", len(c.Documents), err)
	}
}

func TestRecognise(t *testing.T) {
	for content, want := range map[string]bool{
		summary: true,
		`<x:ClinicalDocument xmlns:x="urn:hl7-org:v3">`:       false,
		`<ClinicalDocument><title>Health Data Export</title>`: false,
		`<ClinicalDocuments>`:                                 false,
		``:                                                    false,
	} {
		if strings.HasPrefix(content, "<x:") {
			want = true
		}
		if got := cda.Format.Recognise(importertest.File("x", []byte(content)).Head) > 50; got != want {
			t.Errorf("%.40q: %t", content, got)
		}
	}
}

// Statements deep in each other take no longer than their bytes.
func TestNested(t *testing.T) {
	const depth = 40
	open := `<act><code displayName="a"/><entryRelationship typeCode="COMP"><observation><code displayName="b"/><entryRelationship typeCode="COMP">`
	c := read(t, []byte(`<ClinicalDocument><component><section><entry>`+strings.Repeat(open, depth)+strings.Repeat(`</entryRelationship></observation></entryRelationship></act>`, depth)+`</entry></section></component></ClinicalDocument>`))
	if len(c.Documents) != 2 {
		t.Errorf("%d documents", len(c.Documents))
	}
}

func FuzzRead(f *testing.F) {
	f.Add([]byte(summary))
	f.Add([]byte(`<ClinicalDocument><component><nonXMLBody><text representation="B64">YQ==</text></nonXMLBody></component></ClinicalDocument>`))
	f.Add([]byte(`<ClinicalDocument><component><section><entry><organizer><component><observation><value type="IVL_TS"><low value="2020"/></value></observation></component></organizer>`))
	f.Fuzz(func(t *testing.T, content []byte) {
		c, _ := importertest.Read(cda.Format, "x.xml", content)
		for _, d := range c.Documents {
			if d.Source.NativeID == "" {
				t.Errorf("%+v", d)
			}
		}
	})
}

func BenchmarkRead(b *testing.B) {
	entry := `<entry><observation classCode="OBS" moodCode="EVN"><code code="29463-7" codeSystem="2.16.840.1.113883.6.1" displayName="Poids"/><effectiveTime value="20240312"/><value type="PQ" value="61.5" unit="kg"/></observation></entry>`
	content := []byte(`<ClinicalDocument><component><section>` + strings.Repeat(entry, 5000) + `</section></component></ClinicalDocument>`)
	b.SetBytes(int64(len(content)))
	for b.Loop() {
		if c, err := importertest.Read(cda.Format, "x.xml", content); err != nil || len(c.Documents) != 5001 {
			b.Fatal(len(c.Documents), err)
		}
	}
}
