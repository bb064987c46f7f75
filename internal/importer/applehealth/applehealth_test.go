package applehealth_test

import (
	"bytes"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"penates"
	"penates/internal/importer"
	"penates/internal/importer/applehealth"
	"penates/internal/importer/importertest"
	"penates/internal/schema"
)

// The document type is broken the way some releases break it.
const head = `<?xml version="1.0" encoding="UTF-8"?>
<!DOCTYPE HealthData [
<!-- HealthKit Export Version: 13 -->
<!ELEMENT HealthData (ExportDate,Me,(Record|Workout)*)>
<!ATTLIST HealthData
  locale CDATA #REQUIRED
<!ATTLIST Me >
]>
<HealthData locale="fr_FR">
 <ExportDate value="2024-03-01 08:00:00 +0100"/>
 <Me HKCharacteristicTypeIdentifierDateOfBirth="1980-04-05" HKCharacteristicTypeIdentifierBiologicalSex="HKBiologicalSexFemale" HKCharacteristicTypeIdentifierBloodType="HKBloodTypeNotSet"/>
`

const body = ` <Record type="HKQuantityTypeIdentifierBodyMass" sourceName="Balance&#10;de Zoé" unit="kg" creationDate="2024-02-01 07:00:09 +0100" startDate="2024-02-01 07:00:00 +0100" endDate="2024-02-01 07:00:00 +0100" value="62.4"/>
 <Record type="HKQuantityTypeIdentifierOxygenSaturation" sourceName="Montre" unit="%" startDate="2024-02-01 07:01:00 +0100" endDate="2024-02-01 07:01:15 +0100" value="0.975">
  <MetadataEntry key="HKMetadataKeyBarometricPressure" value="101 kPa"/>
 </Record>
 <Record type="HKCategoryTypeIdentifierSleepAnalysis" sourceName="Montre" startDate="2024-02-01 23:30:00 +0100" endDate="2024-02-02 06:30:00 +0100" value="HKCategoryValueSleepAnalysisAsleepCore"/>
 <Record type="HKQuantityTypeIdentifierHeartRate" sourceName="Montre" unit="count/min" startDate="yesterday" endDate="today" value="60"/>
 <Record type="HKQuantityTypeIdentifierHeartRate" sourceName="Montre" unit="count/min" startDate="2024-02-01 07:02:00 +0100" endDate="2024-02-01 07:02:00 +0100" value="sixty"/>
 <Correlation type="HKCorrelationTypeIdentifierBloodPressure" sourceName="Tensiomètre" startDate="2024-02-03 08:00:00 +0100" endDate="2024-02-03 08:00:00 +0100">
  <Record type="HKQuantityTypeIdentifierBloodPressureSystolic" unit="mmHg" startDate="2024-02-03 08:00:00 +0100" value="121"/>
  <Record type="HKQuantityTypeIdentifierBloodPressureDiastolic" unit="mmHg" startDate="2024-02-03 08:00:00 +0100" value="79"/>
 </Correlation>
 <Workout workoutActivityType="HKWorkoutActivityTypeRunning" duration="30.5" durationUnit="min" sourceName="Montre" startDate="2024-02-04 10:00:00 +0100" endDate="2024-02-04 10:30:30 +0100">
  <WorkoutStatistics type="HKQuantityTypeIdentifierDistanceWalkingRunning" startDate="2024-02-04 10:00:00 +0100" sum="5.25" unit="km"/>
  <WorkoutStatistics type="HKQuantityTypeIdentifierHeartRate" average="151.25" minimum="90" maximum="170" unit="count/min"/>
  <WorkoutRoute sourceName="Montre" startDate="2024-02-04 10:00:00 +0100" endDate="2024-02-04 10:30:30 +0100">
   <Location date="2024-02-04 10:00:00 +0100" latitude="48.8584" longitude="2.2945" altitude="35.5" horizontalAccuracy="-1"/>
   <Location date="2024-02-04 10:00:00 +0100" latitude="48.8584" longitude="2.2946"/>
   <Location date="2024-02-04 10:00:01 +0100" latitude="148.8584" longitude="2.2946"/>
   <Location date="2024-02-04 10:00:02 +0100" latitude="48.8585" longitude="2.2947" horizontalAccuracy="4"/>
  </WorkoutRoute>
 </Workout>
 <ActivitySummary dateComponents="2024-02-04" activeEnergyBurned="512.5" activeEnergyBurnedGoal="400" activeEnergyBurnedUnit="Cal" appleStandHours="11"/>
 <ClinicalRecord type="LabResult" resourceFilePath="/clinical-records/LabResult-1.json"/>
`

const export = head + body + "</HealthData>\n"

func TestExport(t *testing.T) {
	c, err := importertest.Read(applehealth.Format, "export.xml", []byte(export))
	if err != nil || c.Repeated > 0 {
		t.Fatal(err, c.Repeated)
	}
	var got []string
	for i, d := range c.Documents {
		h := c.Bodies[i].(schema.HealthRecord)
		line := fmt.Sprintf("%s %s|%s|%s|%s|%s|%s|%s", d.Time.Start, d.Time.End, d.Source.Locator, h.Resource, h.System, h.Performer, h.Result, d.Text)
		if d.Quantity != nil {
			line += fmt.Sprintf("|%s %s", d.Quantity.Value, d.Quantity.Unit)
		}
		got = append(got, line)
		if d.Sensitivity != penates.Sensitive {
			t.Errorf("%s is %q", d.Text, d.Sensitivity)
		}
	}
	want := []string{
		" |line=11|Patient||||Apple Health",
		"2024-02-01T07:00:00+01:00 |line=12|Observation|loinc|29463-7|Balance de Zoé||Body weight: 62.4 kg|62.4 kg",
		"2024-02-01T07:01:00+01:00 2024-02-01T07:01:15+01:00|line=13-15|Observation|loinc|59408-5|Montre||Oxygen saturation: 97.5 %|97.5 %",
		"2024-02-01T23:30:00+01:00 2024-02-02T06:30:00+01:00|line=16|Observation|healthkit|HKCategoryTypeIdentifierSleepAnalysis|Montre|Asleep core|Sleep analysis: Asleep core",
		"2024-02-03T08:00:00+01:00 |line=19-22|Observation|loinc|85354-9|Tensiomètre||Blood pressure: Systolic blood pressure: 121 mmHg, Diastolic blood pressure: 79 mmHg",
		"2024-02-04T10:00:00+01:00 2024-02-04T10:30:30+01:00|line=23-32|Workout||Montre||Running: 30.5 min, 5.25 km|5.25 km",
		"2024-02-04 |line=33|ActivitySummary||||Activity summary: 512.5 kcal|512.5 kcal",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	checkParts(t, c)
	if len(c.Refusals) != 3 || c.Refusals[0].Line != 17 || c.Refusals[1].Line != 18 ||
		!strings.Contains(c.Refusals[1].Err.Error(), "sixty") || !strings.Contains(c.Refusals[2].Err.Error(), "148.8584") {
		t.Errorf("refused %v", c.Refusals)
	}
}

func checkParts(t *testing.T, c *importertest.Collector) {
	t.Helper()
	me := []schema.HealthValue{{Code: "Date of birth", Value: "1980-04-05"}, {Code: "Biological sex", Value: "Female"}}
	if diff := cmp.Diff(me, c.Bodies[0].(schema.HealthRecord).Values); diff != "" {
		t.Error(diff)
	}
	pressure := []schema.HealthValue{
		{Code: "Systolic blood pressure", System: "loinc|8480-6", Value: "121", Unit: "mm[Hg]"},
		{Code: "Diastolic blood pressure", System: "loinc|8462-4", Value: "79", Unit: "mm[Hg]"},
	}
	if diff := cmp.Diff(pressure, c.Bodies[4].(schema.HealthRecord).Values); diff != "" {
		t.Error(diff)
	}
	run := c.Bodies[5].(schema.HealthRecord).Values
	if len(run) != 5 || run[2] != (schema.HealthValue{Code: "Heart rate, average", System: "loinc|8867-4", Value: "151.25", Unit: "/min"}) {
		t.Errorf("%+v", run)
	}
	if len(c.Series) != 1 || len(c.Series[0].Points) != 2 {
		t.Fatalf("tracks %+v", c.Series)
	}
	s := c.Series[0]
	first := penates.Place{Lat: 48.8584, Lon: 2.2945, Alt: 35.5}
	if s.Type != penates.Positions || s.Kind != "Running" || *s.Points[0].Place != first || s.Points[1].Place.Accuracy != 4 ||
		s.Points[1].Start.String() != "2024-02-04T10:00:02+01:00" || *c.Documents[5].Place != first {
		t.Errorf("%+v", s)
	}
}

// A later export, with more in it, has the same documents.
func TestAgain(t *testing.T) {
	first, err := importertest.Read(applehealth.Format, "export.xml", []byte(export))
	if err != nil {
		t.Fatal(err)
	}
	more := ` <Record type="HKQuantityTypeIdentifierBodyMass" sourceName="x" unit="lb" startDate="2023-02-01 07:00:00 +0100" value="140"/>` + "\n"
	later, err := importertest.Read(applehealth.Format, "Export.xml", []byte(head+more+body+body+"</HealthData>"))
	if err != nil || len(later.Documents) != 14 || later.Repeated != 6 {
		t.Fatalf("%d documents, %d repeated, %v", len(later.Documents), later.Repeated, err)
	}
	known := map[penates.DocumentID]bool{}
	for _, d := range later.Documents {
		known[d.ID] = true
	}
	for _, d := range first.Documents {
		if !known[d.ID] {
			t.Errorf("%s has another id", d.Text)
		}
	}
}

// Words and units that the main example does not have.
func TestRecords(t *testing.T) {
	for attributes, want := range map[string]string{
		`type="HKQuantityTypeIdentifierVO2Max" unit="mL/min·kg" value="41"`:                                             "VO2 max: 41 mL/min·kg",
		`type="HKQuantityTypeIdentifierHeartRateVariabilitySDNN" unit="ms" value="41.12345"`:                            "Heart rate variability SDNN: 41.123 ms",
		`type="HKQuantityTypeIdentifierBloodGlucose" unit="mmol&lt;180.1558800000541&gt;/L" value="5.1"`:                "Blood glucose: 5.1 mmol/L",
		`type="HKQuantityTypeIdentifierStepCount" unit="count" value="1.2e3"`:                                           "Steps: 1200",
		`type="HKCategoryTypeIdentifierAppleStandHour" value="HKCategoryValueAppleStandHourStood"`:                      "Apple stand hour: Stood",
		`type="HKQuantityTypeIdentifierBodyTemperature" unit="degC" value="37.1"`:                                       "Body temperature: 37.1 °C",
		`type="HKCategoryTypeIdentifierMindfulSession"`:                                                                 "Mindful session",
		`type="HKQuantityTypeIdentifierDietaryWater" unit="fl_oz_us" value="8" startDate="2024-02-01 7:00:00 PM +0100"`: "Dietary water: 8 fl oz",
	} {
		if !strings.Contains(attributes, "startDate") {
			attributes += ` startDate="2024-02-01 07:00:00 +0100"`
		}
		c, err := importertest.Read(applehealth.Format, "x", []byte("<HealthData><Record "+attributes+"/></HealthData>"))
		if err != nil || len(c.Documents) != 1 || c.Documents[0].Text != want {
			t.Errorf("%s: %+v, %v, refused %v", attributes, c.Documents, err, c.Refusals)
		}
	}
}

func TestDamage(t *testing.T) {
	for name, c := range map[string]struct {
		content   string
		documents int
		want      error
	}{
		"cut":          {export[:strings.Index(export, "<Correlation")+20], 4, penates.Invalid},
		"control":      {"<HealthData>" + strings.ReplaceAll(strings.Split(body, "\n")[0], "Balance", "\x0bB") + "</HealthData>", 1, nil},
		"none":         {"<html></html>", 0, importer.ErrNotMine},
		"empty":        {"", 0, importer.ErrNotMine},
		"deep":         {"<HealthData><Record>" + strings.Repeat("<a>", 50), 0, penates.TooLarge},
		"no root end":  {"<HealthData><Me a='b'/>", 1, penates.Invalid},
		"large":        {"<HealthData><Record a='" + strings.Repeat("x", 40<<20), 0, penates.TooLarge},
		"other record": {"<HealthData><Audiogram startDate='2024-02-01 07:00:00 +0100'><SensitivityPoint frequencyValue='500' leftEarValue='20'/></Audiogram></HealthData>", 1, nil},
	} {
		got, err := importertest.Read(applehealth.Format, "export.xml", []byte(c.content))
		if !errors.Is(err, c.want) || len(got.Documents) != c.documents {
			t.Errorf("%s: %d documents, %v", name, len(got.Documents), err)
		}
	}
}

func TestRecognise(t *testing.T) {
	for content, want := range map[string]bool{
		export:                        true,
		"<HealthData locale='x'/>":    true,
		"\uFEFF" + head[:80]:          true,
		"<HealthDataset/>":            false,
		"<ClinicalDocument/>":         false,
		"I read <HealthDat somewhere": false,
	} {
		if got := applehealth.Format.Recognise(importertest.File("x", []byte(content)).Head) > 50; got != want {
			t.Errorf("%.40q: %t", content, got)
		}
	}
}

func TestCorpus(t *testing.T) {
	content, ok := importertest.Corpus(t, "health/apple/export.xml")
	if !ok {
		return
	}
	c, err := importertest.Read(applehealth.Format, "export.xml", content)
	if err != nil || len(c.Refusals) > 0 || c.Repeated > 0 {
		t.Fatalf("%v, refused %v", err, c.Refusals)
	}
	got := map[string]int{}
	for i, d := range c.Documents {
		got[c.Bodies[i].(schema.HealthRecord).Resource]++
		t.Logf("%s | %s | %v | %s", d.Time.Start, d.Text, d.Quantity, d.Body)
	}
	// The manifest counts 2 records, 1 workout and 2 summaries; the owner of the
	// telephone is one document more. The two places of the route have one time.
	if diff := cmp.Diff(map[string]int{"Observation": 2, "Workout": 1, "ActivitySummary": 2, "Patient": 1}, got); diff != "" {
		t.Error(diff)
	}
	if c.PointCount() != 1 {
		t.Errorf("%d points", c.PointCount())
	}
}

func FuzzRead(f *testing.F) {
	f.Add([]byte(export))
	f.Add([]byte(`<HealthData><Record type="HK" unit="%" value="1e-30" startDate="2024-02-01 07:00:00 +0100"/>`))
	f.Add([]byte(`<HealthData><Workout startDate="2024-02-01 07:00:00 +0100" totalDistance="-1" durationUnit="·/·"><WorkoutRoute><Location date="2024-02-01 07:00:00 +0100" latitude="NaN" longitude="0"/></WorkoutRoute></Workout></HealthData>`))
	f.Fuzz(func(t *testing.T, content []byte) {
		c, _ := importertest.Read(applehealth.Format, "x", content)
		for _, s := range c.Series {
			for _, p := range s.Points {
				if p.Start.IsZero() || p.Place == nil || !(p.Place.Lat >= -90 && p.Place.Lat <= 90) {
					t.Errorf("%+v", p)
				}
			}
		}
	})
}

func BenchmarkRead(b *testing.B) {
	var large bytes.Buffer
	large.WriteString(head)
	const records = 20_000
	for i := range records {
		fmt.Fprintf(&large, ` <Record type="HKQuantityTypeIdentifierHeartRate" sourceName="Montre de Zoé" sourceVersion="10.1" device="&lt;&lt;HKDevice: 0x1&gt;, name:Apple Watch&gt;" unit="count/min" creationDate="2024-02-01 07:00:09 +0100" startDate="2024-02-01 07:00:00 +0100" endDate="2024-02-01 07:00:00 +0100" value="%d"/>`+"\n", i)
	}
	large.WriteString("</HealthData>")
	b.SetBytes(int64(large.Len()))
	for b.Loop() {
		if c, err := importertest.Read(applehealth.Format, "export.xml", large.Bytes()); err != nil || len(c.Documents) != records+1 {
			b.Fatal(len(c.Documents), err)
		}
	}
}
