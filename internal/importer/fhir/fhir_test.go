package fhir_test

import (
	"bytes"
	"encoding/base64"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"penates"
	"penates/internal/importer/fhir"
	"penates/internal/importer/importertest"
	"penates/internal/schema"
)

// bundle has a performer that is named only further down.
const bundle = `{"resourceType":"Bundle","type":"collection","entry":[
 {"fullUrl":"urn:uuid:p1","resource":{"resourceType":"Patient","id":"p1","name":[{"use":"official","family":"Martin","given":["Zoé"]}]}},
 {"fullUrl":"urn:uuid:o1","resource":{"resourceType":"Observation","id":"o1","status":"final",
   "code":{"coding":[{"system":"http://loinc.org","code":"29463-7","display":"Body Weight"}],"text":"Poids"},
   "subject":{"reference":"urn:uuid:p1"},"performer":[{"reference":"urn:uuid:d1"}],
   "effectiveDateTime":"2024-02-03T10:11:12+01:00","valueQuantity":{"value":6.25e1,"unit":"kg","code":"kg"}}},
 {"resource":{"resourceType":"Observation","id":"o2","status":"final","code":{"text":"Tension"},"subject":{"reference":"Patient/p1"},
   "effectivePeriod":{"start":"2024-02"},
   "component":[{"code":{"text":"Systolique"},"valueQuantity":{"value":121,"unit":"mmHg","code":"mm[Hg]"}},
                {"code":{"text":"Diastolique"},"valueQuantity":{"value":79,"unit":"mmHg","code":"mm[Hg]"}}]}},
 {"resource":{"resourceType":"Condition","id":"c1","clinicalStatus":{"coding":[{"code":"active"}]},"code":{"text":"Asthme"},
   "subject":{"reference":"Patient/p1"},"onsetDateTime":"2011"}},
 {"resource":{"resourceType":"MedicationRequest","id":"m1","status":"active","contained":[{"resourceType":"Medication","id":"x","code":{"text":"Salbutamol"}}],
   "medicationReference":{"reference":"#x"},"subject":{"reference":"Patient/p1"},"authoredOn":"2024-02-04",
   "dosageInstruction":[{"text":"2 bouffées si besoin"}]}},
 {"resource":{"resourceType":"ExplanationOfBenefit","id":"e1","status":"active","patient":{"reference":"Patient/p1"},
   "insurer":{"display":"CPAM de Paris"},"billablePeriod":{"start":"2024-02-03","end":"2024-02-03"},"created":"2024-02-09",
   "item":[{"productOrService":{"text":"Consultation"}}],
   "total":[{"category":{"coding":[{"code":"submitted"}]},"amount":{"value":26.5,"currency":"EUR"}}],
   "payment":{"date":"2024-02-10","amount":{"value":16.55,"currency":"EUR"}}}},
 {"request":{"method":"DELETE","url":"Observation/9"}},
 {"resource":{"id":"nothing"}},
 {"resource":{"resourceType":"Observation","id":"o3","effectiveDateTime":"2024-13-41"}},
 {"fullUrl":"urn:uuid:d1","resource":{"resourceType":"Practitioner","id":"d1","name":[{"prefix":["Dr"],"family":"Durand"}]}}
]}`

func read(t *testing.T, content string) *importertest.Collector {
	t.Helper()
	c, err := importertest.Read(fhir.Format, "x.json", []byte(content))
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func TestBundle(t *testing.T) {
	c := read(t, bundle)
	var got []string
	for i, d := range c.Documents {
		line := fmt.Sprintf("%s|%s|%s|%s|%s", d.Source.Connection, d.Source.NativeID, d.Time.Start, d.Time.Uncertainty, d.Text)
		if d.Money != nil {
			line += fmt.Sprintf("|%s %s", d.Money.Amount, d.Money.Currency)
		}
		if d.Quantity != nil {
			line += fmt.Sprintf("|%s %s", d.Quantity.Value, d.Quantity.Unit)
		}
		if h, ok := c.Bodies[i].(schema.HealthRecord); ok {
			line += fmt.Sprintf("|%s|%s|%s|%s", h.System, h.Performer, h.Status, h.Note)
		}
		if d.Sensitivity != penates.Sensitive {
			t.Errorf("%s is %q", d.Source.NativeID, d.Sensitivity)
		}
		got = append(got, line)
	}
	want := []string{
		"p1|Patient/p1|||Zoé Martin||||",
		"p1|Observation/o1|2024-02-03T10:11:12+01:00||Poids: 62.5 kg|62.5 kg|loinc|29463-7|Dr Durand|final|",
		"p1|Observation/o2|2024-02-01|P1M|Tension: Systolique: 121 mmHg, Diastolique: 79 mmHg|||final|",
		"p1|Condition/c1|2011-01-01|P1Y|Asthme|||active|",
		"p1|MedicationRequest/m1|2024-02-04||Salbutamol|||active|2 bouffées si besoin",
		"p1|ExplanationOfBenefit/e1|2024-02-03||Consultation|16.55 EUR||CPAM de Paris|active|",
		"p1|bill:ExplanationOfBenefit/e1|2024-02-10||CPAM de Paris Consultation|16.55 EUR",
		"|Practitioner/d1|||Dr Durand||||",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	bill := c.Bodies[6].(schema.Bill)
	if bill.Vendor != "CPAM de Paris" || !bill.IsRefund || bill.OriginalAmount != "26.5" || bill.OriginalDate != "2024-02-03" {
		t.Errorf("%+v", bill)
	}
	tension := c.Bodies[2].(schema.HealthRecord)
	if len(tension.Values) != 2 || tension.Values[1] != (schema.HealthValue{Code: "Diastolique", Value: "79", Unit: "mm[Hg]"}) {
		t.Errorf("%+v", tension.Values)
	}
	if weight := c.Bodies[1].(schema.HealthRecord); !strings.Contains(weight.Native, `"value":6.25e1`) {
		t.Errorf("the resource is not as it came: %s", weight.Native)
	}
	if len(c.Refusals) != 2 || c.Refusals[0].Line != 22 || !strings.Contains(c.Refusals[0].Err.Error(), "resourceType") ||
		c.Refusals[1].Line != 23 || !strings.Contains(c.Refusals[1].Err.Error(), "2024-13-41") {
		t.Errorf("refused %v", c.Refusals)
	}
}

// The same resources one a line, in any order, are the same documents.
func TestLines(t *testing.T) {
	lines := `{"id":"o1","resourceType":"Observation","subject":{"reference":"Patient/p1"},"code":{"text":"Poids"},"valueInteger":62}
{"resourceType":"List","id":"l","entry":[{"item":{"reference":"x"}}],"title":"Liste"}
{"resourceType":"Patient","id":"p1"}
`
	c := read(t, lines)
	if len(c.Documents) != 3 || len(c.Refusals) != 0 {
		t.Fatalf("%d documents, refused %v", len(c.Documents), c.Refusals)
	}
	if want := read(t, bundle).Documents[1].ID; c.Documents[0].ID != want {
		t.Errorf("%s instead of %s", c.Documents[0].ID, want)
	}
	for i, locator := range []string{"line=1", "line=2", "line=3"} {
		if d := c.Documents[i]; d.Source.Locator != locator {
			t.Errorf("%s at %s", d.Text, d.Source.Locator)
		}
	}
}

func TestHistory(t *testing.T) {
	c := read(t, `{"resourceType":"Bundle","type":"history","entry":[
{"resource":{"resourceType":"Observation","id":"o","valueString":"late"}},
{"resource":{"resourceType":"Observation","id":"o","valueString":"early"}}]}`)
	if len(c.Documents) != 1 || c.Documents[0].Text != "late" {
		t.Errorf("%d documents, %+v", len(c.Documents), c.Documents)
	}
}

func TestNested(t *testing.T) {
	inner := `{"resourceType":"Bundle","entry":[{"resource":{"resourceType":"Patient","id":"p","name":[{"text":"Zoé"}]}}]}`
	c := read(t, `{"resourceType":"Bundle","entry":[{"resource":`+inner+`}]}`)
	if len(c.Documents) != 1 || c.Documents[0].Text != "Zoé" {
		t.Errorf("%+v", c.Documents)
	}
	for range 10 {
		inner = `{"resourceType":"Bundle","entry":[{"resource":` + inner + `}]}`
	}
	c = read(t, inner)
	if len(c.Documents) != 0 || len(c.Refusals) != 1 || !errors.Is(c.Refusals[0].Err, penates.TooLarge) {
		t.Errorf("%d documents, refused %v", len(c.Documents), c.Refusals)
	}
}

func TestPapers(t *testing.T) {
	data := base64.StdEncoding.EncodeToString([]byte("%PDF-1.4 report"))
	c := read(t, `{"resourceType":"DocumentReference","id":"d","description":"Report","date":"2024-02-03T00:00:00Z",
"content":[{"attachment":{"contentType":"application/pdf","title":"r.pdf","data":"`+data+`"}}]}`)
	if len(c.Files) != 1 || len(c.Links) != 1 || c.Links[0].Rel != penates.Documents {
		t.Fatalf("%d files, links %v", len(c.Files), c.Links)
	}
	for id, content := range c.Files {
		if string(content) != "%PDF-1.4 report" || c.Links[0].From != id || c.Links[0].To != c.Documents[0].ID {
			t.Errorf("%s: %q, %v", id, content, c.Links[0])
		}
	}
	if body := c.Bodies[0].(schema.HealthRecord); strings.Contains(body.Native, data) || !strings.Contains(body.Native, "r.pdf") {
		t.Error(body.Native)
	}
}

func TestRecognise(t *testing.T) {
	for content, want := range map[string]bool{
		bundle: true,
		"\uFEFF {\"id\":\"x\",\"resourceType\":\"Patient\"}":                     true,
		`{"entry":[{"resource":{"resourceType":"Patient"}}],"resourceType":"B"}`: true,
		`{"type":"x","a":{"resourceType":"Patient"}}`:                            false,
		`{"resourceType":"no name"}`:                                             false,
		`[{"resourceType":"Patient"}]`:                                           true,
		``:                                                                       false,
	} {
		if got := fhir.Format.Recognise(importertest.File("x", []byte(content)).Head) > 50; got != want {
			t.Errorf("%.40q: %t", content, got)
		}
	}
}

// A file that ends early gives what came before.
func TestCut(t *testing.T) {
	at := strings.Index(bundle, `{"resource":{"resourceType":"Condition"`)
	c, err := importertest.Read(fhir.Format, "x.json", []byte(bundle[:at+30]))
	if !errors.Is(err, penates.Invalid) || len(c.Documents) != 3 {
		t.Errorf("%d documents, %v", len(c.Documents), err)
	}
}

func FuzzRead(f *testing.F) {
	f.Add([]byte(bundle))
	f.Add([]byte(`{"resourceType":"Bundle","type":"history","entry":[{"resource":{"resourceType":"Bundle","entry":[{}]}}]}`))
	f.Add([]byte(`{"resourceType":"Composition","section":[{"title":"a","text":{"div":"<p>b"},"section":[{"title":"c"}]}]}`))
	f.Add([]byte(`{"resourceType":"Observation","valueRange":{"low":{"value":1}},"effectiveTiming":{"event":["2020-01-01"]}}
{"resourceType":"Observation","valueQuantity":{"value":1e400,"comparator":"<"},"component":[{"valueRatio":{}}]}`))
	f.Add([]byte(`{"resourceType":"Binary","contentType":"text/plain","data":"YQ=="}`))
	f.Fuzz(func(t *testing.T, content []byte) {
		c, _ := importertest.Read(fhir.Format, "x.json", content)
		for _, d := range c.Documents {
			if d.Source.NativeID == "" {
				t.Errorf("%+v", d)
			}
		}
	})
}

func BenchmarkRead(b *testing.B) {
	first, last := strings.Index(bundle, ` {"resource":{"resourceType":"Observation","id":"o2"`), strings.Index(bundle, ` {"resource":{"resourceType":"Condition"`)
	var large bytes.Buffer
	large.WriteString(`{"resourceType":"Bundle","type":"collection","entry":[`)
	for i := range 5000 {
		large.WriteString(strings.ReplaceAll(bundle[first:last], `"o2"`, fmt.Sprintf(`"o%d"`, i)))
	}
	large.WriteString(`{}]}`)
	b.SetBytes(int64(large.Len()))
	for b.Loop() {
		if c, err := importertest.Read(fhir.Format, "x.json", large.Bytes()); err != nil || len(c.Documents) != 5000 {
			b.Fatal(len(c.Documents), err)
		}
	}
}

// bundleXML says what bundle says of four of its resources, in the other syntax.
const bundleXML = `<?xml version="1.0" encoding="UTF-8"?>
<!-- exported -->
<Bundle xmlns="http://hl7.org/fhir"><type value="collection"/>
<entry><fullUrl value="urn:uuid:p1"/><resource><Patient><id value="p1"/><text><status value="generated"/><div xmlns="http://www.w3.org/1999/xhtml"><p>Zoé</p></div></text>
 <name><use value="official"/><family value="Martin"/><given value="Zoé"/></name></Patient></resource></entry>
<entry><fullUrl value="urn:uuid:o1"/><resource><Observation><id value="o1"/><status value="final"/>
 <code><coding><system value="http://loinc.org"/><code value="29463-7"/><display value="Body Weight"/></coding><text value="Poids"/></code>
 <subject><reference value="urn:uuid:p1"/></subject><effectiveDateTime value="2024-02-03T10:11:12+01:00"/>
 <performer><reference value="urn:uuid:d1"/></performer><valueQuantity><value value="62.5"/><unit value="kg"/><code value="kg"/></valueQuantity></Observation></resource></entry>
<entry><resource><Observation><id value="o2"/><status value="final"/><code><text value="Tension"/></code><subject><reference value="Patient/p1"/></subject>
 <effectivePeriod><start value="2024-02"/></effectivePeriod>
 <component><code><text value="Systolique"/></code><valueQuantity><value value="121"/><unit value="mmHg"/><code value="mm[Hg]"/></valueQuantity></component>
 <component><code><text value="Diastolique"/></code><valueQuantity><value value="79"/><unit value="mmHg"/><code value="mm[Hg]"/></valueQuantity></component></Observation></resource></entry>
<entry><resource><MedicationRequest><id value="m1"/><contained><Medication><id value="x"/><code><text value="Salbutamol"/></code></Medication></contained>
 <status value="active"/><medicationReference><reference value="#x"/></medicationReference><subject><reference value="Patient/p1"/></subject><authoredOn value="2024-02-04"/>
 <dosageInstruction><text value="2 bouffées si besoin"/></dosageInstruction></MedicationRequest></resource></entry>
<entry><fullUrl value="urn:uuid:d1"/><resource><Practitioner><id value="d1"/><name><family value="Durand"/><prefix value="Dr"/></name></Practitioner></resource></entry>
</Bundle>`

// What a resource says is the same in both syntaxes, and so is its id.
func TestXML(t *testing.T) {
	if sure := fhir.XML.Recognise(importertest.File("x.xml", []byte(bundleXML)).Head); sure != 95 {
		t.Errorf("recognised with %d", sure)
	}
	c, err := importertest.Read(fhir.XML, "x.xml", []byte(bundleXML))
	if err != nil || len(c.Documents) != 5 || len(c.Refusals) > 0 {
		t.Fatalf("%d documents, %v, %v", len(c.Documents), c.Refusals, err)
	}
	json := read(t, bundle)
	same := map[string]string{}
	say := func(d *penates.Document, b schema.Body) string {
		h := b.(schema.HealthRecord)
		h.Native = ""
		return fmt.Sprintf("%s %v %s %+v %v", d.Text, d.Time, d.Source.Connection, h, d.Parties)
	}
	for i, d := range json.Documents {
		if _, ok := json.Bodies[i].(schema.HealthRecord); ok {
			same[d.Source.NativeID] = say(d, json.Bodies[i])
		}
	}
	for i, d := range c.Documents {
		if d.Source.NativeID == "Practitioner/d1" {
			continue // its connection is in no JSON here
		}
		if got, want := say(d, c.Bodies[i]), same[d.Source.NativeID]; got != want {
			t.Errorf("%s:\n%s\nwant\n%s", d.Source.NativeID, got, want)
		}
		if d.Source.Locator == "" || d.Source.Locator == "line=0" {
			t.Errorf("%s is at %q", d.Source.NativeID, d.Source.Locator)
		}
	}
}

func TestXMLBroken(t *testing.T) {
	for _, head := range []string{"<html xmlns=\"http://www.w3.org/1999/xhtml\">", "<Bundle>", "<bundle xmlns=\"http://hl7.org/fhir\">", "<ClinicalDocument xmlns=\"urn:hl7-org:v3\">", "<", "{}"} {
		if sure := fhir.XML.Recognise(importertest.File("x", []byte(head)).Head); sure != 0 {
			t.Errorf("%s: recognised with %d", head, sure)
		}
	}
	half := bundleXML[:strings.Index(bundleXML, "<entry><resource><MedicationRequest>")+60]
	c, err := importertest.Read(fhir.XML, "x", []byte(half))
	if !errors.Is(err, penates.Damaged) || len(c.Documents) != 3 {
		t.Errorf("%d documents before the end, %v", len(c.Documents), err)
	}
	deep := `<Patient xmlns="http://hl7.org/fhir">` + strings.Repeat("<a>", 200) + strings.Repeat("</a>", 200) + "</Patient>"
	if _, err := importertest.Read(fhir.XML, "x", []byte(deep)); !errors.Is(err, penates.TooLarge) {
		t.Error(err)
	}
}

// A list of resources without a bundle, and the dates of release 2.
func TestListAndOldDates(t *testing.T) {
	text := `[{"resourceType":"Patient","id":"p"},{"resourceType":"MedicationOrder","id":"m","dateWritten":"2016-03-14","medicationCodeableConcept":{"text":"Aspirine"}}]`
	if sure := fhir.Format.Recognise(importertest.File("x.json", []byte(text)).Head); sure != 95 {
		t.Errorf("recognised with %d", sure)
	}
	c := read(t, text)
	if len(c.Documents) != 2 || c.Documents[1].Time.Start.Date() != "2016-03-14" || c.Documents[1].Text != "Aspirine" {
		t.Errorf("%+v", c.Documents)
	}
}

func FuzzXML(f *testing.F) {
	f.Add([]byte(bundleXML))
	f.Add([]byte(`<Composition xmlns="http://hl7.org/fhir"><section><title value="a"/><text><div><p>b</p></div></text><section><title value="c"/></section></section></Composition>`))
	f.Add([]byte(`<Bundle xmlns="http://hl7.org/fhir"><entry><resource><Bundle><entry><resource><Binary><contentType value="text/plain"/><data value="YQ=="/></Binary></resource></entry></Bundle></resource></entry></Bundle>`))
	f.Fuzz(func(t *testing.T, content []byte) {
		fhir.XML.Recognise(importertest.File("x", content).Head)
		c, _ := importertest.Read(fhir.XML, "x.xml", content)
		for _, d := range c.Documents {
			if d.Source.NativeID == "" {
				t.Errorf("%+v", d)
			}
		}
	})
}
