package fit_test

import (
	"bytes"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/muktihari/fit/encoder"
	"github.com/muktihari/fit/kit/datetime"
	"github.com/muktihari/fit/kit/semicircles"
	"github.com/muktihari/fit/profile/mesgdef"
	"github.com/muktihari/fit/profile/typedef"
	"github.com/muktihari/fit/proto"

	"penates"
	"penates/internal/importer/fit"
	"penates/internal/importer/importertest"
	"penates/internal/schema"
)

var start = time.Date(2024, 5, 12, 9, 0, 0, 0, time.UTC)

func encode(t testing.TB, messages ...proto.Message) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := encoder.New(&b).Encode(&proto.FIT{Messages: messages}); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func fileID(kind typedef.File) proto.Message {
	return mesgdef.NewFileId(nil).SetType(kind).SetManufacturer(typedef.ManufacturerGarmin).SetSerialNumber(4711).SetTimeCreated(start).ToMesg(nil)
}

func record(seconds int, lat, lon float64) proto.Message {
	return mesgdef.NewRecord(nil).SetTimestamp(start.Add(time.Duration(seconds) * time.Second)).
		SetPositionLat(semicircles.ToSemicircles(lat)).SetPositionLong(semicircles.ToSemicircles(lon)).
		SetAltitudeScaled(120.4).SetDistanceScaled(float64(seconds) * 3).SetHeartRate(140).ToMesg(nil)
}

func activity() []proto.Message {
	messages := []proto.Message{fileID(typedef.FileActivity), record(0, 48.85, 2.29), record(0, 48.86, 2.29), record(1, 48.8501, 2.2901)}
	messages = append(messages,
		mesgdef.NewRecord(nil).SetTimestamp(start.Add(2*time.Second)).SetHeartRate(141).ToMesg(nil),
		mesgdef.NewLap(nil).SetTimestamp(start.Add(time.Hour)).SetTotalDistanceScaled(10_000).ToMesg(nil),
		mesgdef.NewSession(nil).SetTimestamp(start.Add(time.Hour)).SetStartTime(start).SetSport(typedef.SportRunning).SetSubSport(typedef.SubSportTrail).
			SetTotalElapsedTimeScaled(3600.5).SetTotalDistanceScaled(10_123.4).SetAvgHeartRate(150).SetTotalCalories(612).
			SetStartPositionLat(semicircles.ToSemicircles(48.85)).SetStartPositionLong(semicircles.ToSemicircles(2.29)).ToMesg(nil),
		mesgdef.NewActivity(nil).SetTimestamp(start.Add(time.Hour)).SetLocalTimestamp(start.Add(3*time.Hour)).ToMesg(nil))
	return messages
}

func read(t *testing.T, content []byte) *importertest.Collector {
	t.Helper()
	c, err := importertest.Read(fit.Format, "a.fit", content)
	if err != nil || c.Repeated > 0 {
		t.Fatal(err, c.Repeated)
	}
	return c
}

func TestActivity(t *testing.T) {
	content := encode(t, activity()...)
	if fit.Format.Recognise(importertest.File("x", content).Head) != 100 || fit.Format.Recognise(importertest.File("x", []byte("\x0e0000000.FI")).Head) != 0 {
		t.Error("recognised wrongly")
	}
	c := read(t, content)
	if len(c.Documents) != 1 || len(c.Series) != 1 || len(c.Refusals) != 0 {
		t.Fatalf("%d documents, %d series, %v", len(c.Documents), len(c.Series), c.Refusals)
	}
	d, h := c.Documents[0], c.Bodies[0].(schema.HealthRecord)
	if d.Text != "Running: 1h0m1s, 10.123 km" || d.Time.Start.String() != "2024-05-12T11:00:00+02:00" || d.Time.End.String() != "2024-05-12T12:00:00.5+02:00" ||
		*d.Quantity != (penates.Quantity{Value: "10123.4", Unit: "m", Kind: "distance"}) || d.Source.Connection != "4711" || d.Place == nil {
		t.Errorf("%+v %+v", d, d.Quantity)
	}
	if h.Resource != "Workout" || h.Code != "Running" || h.Category != "Trail" || h.Performer != "Garmin" {
		t.Errorf("%+v", h)
	}
	want := []schema.HealthValue{
		{Code: "Total elapsed time", Value: "3600.5", Unit: "s"}, {Code: "Total distance", Value: "10123.4", Unit: "m"},
		{Code: "Total calories", Value: "612", Unit: "kcal"}, {Code: "Avg heart rate", Value: "150", Unit: "/min"}, {Code: "Lap 1", Value: "10000 m"},
	}
	if diff := cmp.Diff(want, h.Values); diff != "" {
		t.Error(diff)
	}
	s := c.Series[0]
	if s.Kind != "Running" || s.Source.Connection != "4711" || len(s.Points) != 2 || fmt.Sprintf("%.4f %.4f %.1f", s.Points[1].Place.Lat, s.Points[1].Place.Lon, s.Points[1].Place.Alt) != "48.8501 2.2901 120.4" {
		t.Errorf("%+v", s)
	}
}

// A device that was switched off leaves records without a session.
func TestUnfinished(t *testing.T) {
	c := read(t, encode(t, fileID(typedef.FileActivity), record(0, 48.85, 2.29), record(90, 48.86, 2.29)))
	if len(c.Documents) != 1 || c.Documents[0].Text != "Workout: 1m30s, 0.27 km" || c.PointCount() != 2 {
		t.Errorf("%+v", c.Documents)
	}
	if c = read(t, encode(t, fileID(typedef.FileCourse), record(0, 48.85, 2.29))); len(c.Documents)+len(c.Series) != 0 {
		t.Errorf("a course gives %+v %+v", c.Documents, c.Series)
	}
}

func TestBody(t *testing.T) {
	c := read(t, encode(t, fileID(typedef.FileMonitoringB),
		mesgdef.NewUserProfile(nil).SetFriendlyName("Zoé").SetWeightScaled(62).ToMesg(nil),
		mesgdef.NewWeightScale(nil).SetTimestamp(start).SetWeightScaled(62.4).SetPercentFatScaled(25.5).SetUserProfileIndex(0).ToMesg(nil),
		mesgdef.NewWeightScale(nil).SetTimestamp(start).SetWeightScaled(80).SetUserProfileIndex(1).ToMesg(nil),
		mesgdef.NewBloodPressure(nil).SetTimestamp(start).SetSystolicPressure(121).SetDiastolicPressure(79).ToMesg(nil),
		mesgdef.NewMonitoringInfo(nil).SetTimestamp(start).ToMesg(nil),
		mesgdef.NewMonitoring(nil).SetTimestamp16(uint16(datetime.ToUint32(start)+60)).SetHeartRate(58).ToMesg(nil),
		mesgdef.NewMonitoring(nil).SetTimestamp16(uint16(datetime.ToUint32(start)+120)).SetActivityType(typedef.ActivityTypeWalking).SetCyclesScaled(50).ToMesg(nil),
		mesgdef.NewSpo2Data(nil).SetTimestamp(datetime.ToTime(1000)).SetReadingSpo2(97).ToMesg(nil),
	))
	var got []string
	for i, d := range c.Documents {
		h := c.Bodies[i].(schema.HealthRecord)
		line := fmt.Sprintf("%s|%s|%s", d.Time.Start, d.Text, h.System)
		if d.Quantity != nil {
			line += fmt.Sprintf("|%s %s", d.Quantity.Value, d.Quantity.Unit)
		}
		got = append(got, line)
	}
	want := []string{
		"|Zoé|",
		"2024-05-12T09:00:00Z|Body weight: 62.4 kg|loinc|29463-7|62.4 kg",
		"2024-05-12T09:00:00Z|Body weight: 80 kg|loinc|29463-7|80 kg",
		"2024-05-12T09:00:00Z|Blood pressure: Systolic blood pressure 121, Diastolic blood pressure 79|loinc|85354-9",
		"2024-05-12T09:01:00Z|Heart rate: 58 bpm|loinc|8867-4|58 /min",
		"2024-05-12T09:02:00Z|Steps: 100 steps|loinc|55423-8|100 {step}",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if len(c.Refusals) != 1 || !strings.Contains(c.Refusals[0].Err.Error(), "spo2_data without a date") {
		t.Errorf("refused %v", c.Refusals)
	}
}

func TestSeveralAndDamaged(t *testing.T) {
	content := encode(t, activity()...)
	weight := encode(t, fileID(typedef.FileWeight), mesgdef.NewWeightScale(nil).SetTimestamp(start).SetWeightScaled(62.4).ToMesg(nil))
	if c := read(t, append(bytes.Clone(weight), content...)); len(c.Documents) != 2 || c.PointCount() != 2 {
		t.Errorf("%d documents, %d points", len(c.Documents), c.PointCount())
	}
	c, err := importertest.Read(fit.Format, "a.fit", content[:len(content)-60])
	if !errors.Is(err, penates.Invalid) || c.PointCount() != 2 || len(c.Documents) != 1 {
		t.Errorf("%d documents, %d points, %v", len(c.Documents), c.PointCount(), err)
	}
	content[len(content)-1] ^= 0xFF // the checksum
	if c := read(t, content); len(c.Documents) != 1 || c.PointCount() != 2 {
		t.Errorf("%d documents, %d points", len(c.Documents), c.PointCount())
	}
}

// What the files of the corpus have besides is said in the manifest: devices,
// events, laps (which are values of their session) and messages without a name.
func TestCorpus(t *testing.T) {
	for name, want := range map[string]struct {
		documents, points, refused int
		why                        string
	}{
		"muktihari/Activity.fit":                    {1, 3601, 0, "each record has a position"},
		"muktihari/DeveloperData.fit":               {0, 0, 3, "three records without a date"},
		"muktihari/activity_multisport.fit":         {2, 0, 0, "two sessions indoors, without positions"},
		"tormoder/fitsdk/Activity.fit":              {1, 14, 0, ""},
		"tormoder/fitsdk/MonitoringFile.fit":        {337, 0, 0, "each monitoring message"},
		"tormoder/fitsdk/WeightScaleMultiUser.fit":  {4, 0, 0, "two people and their weights"},
		"tormoder/fitsdk/WeightScaleSingleUser.fit": {3, 0, 0, "one person and two weights"},
		"tormoder/me/activity-small-fenix2-run.fit": {1, 2809, 0, ""},
		"tormoder/misc/2013-02-06-12-11-14.fit":     {1, 576, 0, "7 of 590 records have no position, and 7 the time of the one before"},
		"tormoder/misc/2015-10-13-08-43-15.fit":     {1, 221, 0, ""},
	} {
		content, ok := importertest.Corpus(t, "location/fit/"+name)
		if !ok {
			return
		}
		c, err := importertest.Read(fit.Format, name, content)
		if err != nil || len(c.Documents) != want.documents || c.PointCount() != want.points || c.Repeated > 0 || len(c.Refusals) != want.refused {
			t.Errorf("%s: %d documents, %d points, %d repeated, refused %v, %v; want %+v", name, len(c.Documents), c.PointCount(), c.Repeated, c.Refusals, err, want)
		}
		for i, d := range c.Documents {
			if i < 5 {
				t.Logf("%s: %s %s | %s | %s", name, d.Source.NativeID, d.Time.Start, d.Text, d.Body)
			}
		}
	}
}

func FuzzRead(f *testing.F) {
	f.Add(encode(f, activity()...))
	f.Add(encode(f, fileID(typedef.FileMonitoringB), mesgdef.NewMonitoring(nil).SetTimestamp(start).SetHeartRate(58).ToMesg(nil),
		mesgdef.NewStressLevel(nil).SetStressLevelTime(start).SetStressLevelValue(20).ToMesg(nil)))
	f.Add(encode(f, fileID(typedef.FileWeight), mesgdef.NewUserProfile(nil).SetFriendlyName("x").ToMesg(nil)))
	f.Fuzz(func(t *testing.T, content []byte) {
		c, _ := importertest.Read(fit.Format, "x.fit", content)
		for _, s := range c.Series {
			for _, p := range s.Points {
				if p.Place.Lat < -90 || p.Place.Lat > 90 || p.Start.IsZero() {
					t.Errorf("%+v", p)
				}
			}
		}
	})
}

func BenchmarkRead(b *testing.B) {
	messages := []proto.Message{fileID(typedef.FileActivity)}
	const records = 20_000
	for i := range records {
		messages = append(messages, record(i, 48+float64(i)/1e5, 2))
	}
	content := encode(b, messages...)
	b.SetBytes(int64(len(content)))
	for b.Loop() {
		if c, err := importertest.Read(fit.Format, "x.fit", content); err != nil || c.PointCount() != records {
			b.Fatal(c.PointCount(), err)
		}
	}
}
