package servicecsv_test

import (
	"archive/zip"
	"bytes"
	"errors"
	"io"
	"reflect"
	"strings"
	"testing"

	"penates"
	"penates/internal/importer"
	"penates/internal/importer/importertest"
	"penates/internal/importer/servicecsv"
	"penates/internal/schema"
)

const (
	watchedCSV = "Profile Name,Start Time,Duration,Attributes,Title,Supplemental Video Type,Device Type,Bookmark,Latest Bookmark,Country\n" +
		"Zoë,2024-02-03 20:10:00,1:30:05,,\"Show, The: \"\"One\"\"\",,TV,1:30:05,1:30:05,FR (France)\n" +
		"Zoë,2024-02-03 22:10:00,0:00:05,,Film,,Phone,0:00:05,Not latest view,FR (France)\n" +
		"Zoë,2024-02-03 22:10:00,0:00:05,,Film,,Phone,0:00:05,Not latest view,FR (France)\n"
	ordersCSV = "\"Website\",\"Order ID\",\"Order Date\",\"Currency\",\"Unit Price\",\"Total Owed\",\"ASIN\",\"Quantity\",\"Order Status\",\"Product Name\"\n" +
		"\"Amazon.fr\",\"402-1\",\"2024-05-06T07:08:09Z\",\"EUR\",\"10.00\",\"1,012.00\",\"B01\",\"2\",\"Closed\",\"Lamp\nand bulb\"\n" +
		"\"Amazon.fr\",\"402-1\",\"2024-05-06T07:08:09Z\",\"EUR\",\"3.00\",\"3.60\",\"B02\",\"1\",\"Closed\",\"Screw\"\n" +
		"\"Amazon.fr\",\"402-2\",\"2024-05-07T07:08:09Z\",\"EUR\",\"3.00\",\"0\",\"B02\",\"1\",\"Cancelled\",\"Screw\"\n"
	tripsCSV = "City,Product Type,Trip or Order Status,Request Time,Begin Trip Time,Begin Trip Lat,Begin Trip Lng,Begin Trip Address,Dropoff Time,Dropoff Lat,Dropoff Lng,Dropoff Address,Distance (miles),Fare Amount,Fare Currency\n" +
		"3,uberX,COMPLETED,2020-04-05 05:52:02 +0000 UTC,2020-04-05 06:06:05 +0000 UTC,48.8,2.2,\"1 Rue A, Paris\",2020-04-05 06:38:41 +0000 UTC,48.9,2.3,\"2 Rue B, Paris\",6.17,32.8,EUR\n" +
		"3,uberX,CANCELED,2020-04-06 05:52:02 +0000 UTC,1970-01-01 00:00:00 +0000 UTC,,,,1970-01-01 00:00:00 +0000 UTC,,,,0,0,EUR\n"
	trackersCSV = "uid,\"daddr\",\"time\",\"uncertain\",\"Tracker\",\"Category\",\"Package\",\"App\"\n" +
		"0,\"ads.example\",\"1683547956797\",\"0\",\"Example\",\"Advertising\",\"org.app\",\"Game\"\n"
)

func read(t *testing.T, format importer.Format, content string) *importertest.Collector {
	t.Helper()
	if sure := format.Recognise(importertest.File("x", []byte(content)).Head); sure < 60 {
		t.Errorf("%s: recognised at %d", format.Name, sure)
	}
	c, err := importertest.Read(format, "x", []byte(content))
	if err != nil || c.Repeated > 0 {
		t.Fatalf("%d repeated, %v", c.Repeated, err)
	}
	return c
}

func TestNetflix(t *testing.T) {
	c := read(t, servicecsv.Netflix, watchedCSV)
	if len(c.Documents) != 3 || len(c.Refusals) > 0 {
		t.Fatalf("%d documents, %v", len(c.Documents), c.Refusals)
	}
	d := c.Documents[0]
	if d.Text != `watched: Show, The: "One"` || d.Time.End.String() != "2024-02-03T21:40:05Z" || d.Party("owner").Literal != "Zoë" || d.Source.Locator != "line=2" {
		t.Errorf("%+v", d)
	}
	c = read(t, servicecsv.Netflix, "Profile Name,Sent Utc Ts,Message Name,Channel,Title Name\nZoë,2020-06-21 03:57:35,NEW,PUSH,Film\n")
	if m, ok := c.Bodies[0].(schema.Message); !ok || m.Content != "Film" || m.Folder != "PUSH" {
		t.Errorf("%+v", c.Bodies[0])
	}
}

// What was charged is a bill; what was refused is none.
func TestNetflixBills(t *testing.T) {
	c := read(t, servicecsv.Netflix, "Transaction Date,Service Period Start Date,Service Period End Date,Description,Payment Type,Item Price Amt,Currency,Tax Amt,Gross Sale Amt,Pmt Txn Type,Pmt Status\n"+
		"2024-02-03,2024-02-03,2024-03-02,SUBSCRIPTION,CC,11.24,EUR,2.25,13.49,SALE,APPROVED\n2024-03-03,2024-03-03,2024-04-02,SUBSCRIPTION,CC,11.24,EUR,2.25,13.49,SALE,DECLINED\n"+
		"2024-04-03,2024-04-03,2024-05-02,SUBSCRIPTION,CC,11.24,,2.25,13.49,SALE,APPROVED\n")
	if len(c.Documents) != 1 || len(c.Refusals) != 1 || c.Refusals[0].Line != 4 {
		t.Fatalf("%d documents, %v", len(c.Documents), c.Refusals)
	}
	d, want := c.Documents[0], schema.Bill{Vendor: "Netflix", Title: "SUBSCRIPTION", NetTotal: "11.24", VAT: "2.25", PeriodStart: "2024-02-03", PeriodEnd: "2024-03-02"}
	if !reflect.DeepEqual(c.Bodies[0], want) || d.Money.Amount != "13.49" || d.Money.Currency != "EUR" || d.Time.Start.Date() != "2024-02-03" {
		t.Errorf("%+v %+v", d, c.Bodies[0])
	}
}

// Which of day and month comes first is found in the whole file.
func TestShortNetflix(t *testing.T) {
	for content, want := range map[string]string{
		"Title,Date\nA,3/2/24\nB,3/22/24\n":               "2024-03-02",
		"Title,Date\nA,03/02/2024\n":                      "2024-02-03",
		"Titel,Datum\nA,03.02.24\nB,22.03.24\n":           "2024-02-03",
		"Título,Fecha\nA,3/2/24\nB,22/3/24\n":             "2024-02-03",
		"\uFEFFTitre;Date\nA;03/02/2024\n":                "2024-02-03",
		"\"Title\",\"Date\"\n\"A\",\"2/3/24\"\nB,31/1/24": "2024-03-02",
	} {
		if c := read(t, servicecsv.Netflix, content); c.Documents[0].Time.Start.String() != want {
			t.Errorf("%q: %s, want %s", content, c.Documents[0].Time.Start, want)
		}
	}
	if _, err := importertest.Read(servicecsv.Netflix, "x", []byte("Title,Date\nbook,soon\n")); !errors.Is(err, importer.ErrNotMine) {
		t.Error(err)
	}
}

func TestAmazon(t *testing.T) {
	c := read(t, servicecsv.Amazon, ordersCSV)
	if len(c.Documents) != 2 || len(c.Refusals) > 0 {
		t.Fatalf("%d documents, %v", len(c.Documents), c.Refusals)
	}
	d := c.Documents[0]
	if *d.Money != (penates.Money{Amount: "1012.00", Currency: "EUR"}) || d.Text != "Amazon.fr: Lamp and bulb" || d.Ref("order") != "402-1" || d.Source.Locator != "line=2" || c.Documents[1].Source.Locator != "line=4" {
		t.Errorf("%+v %+v", d, d.Money)
	}
	longer := read(t, servicecsv.Amazon, ordersCSV+"Amazon.fr,402-3,2024-05-08T07:08:09Z,EUR,1,1,B03,1,Closed,Nail\n")
	if len(longer.Documents) != 3 || longer.Documents[0].ID != d.ID {
		t.Errorf("read again: %d documents", len(longer.Documents))
	}
	if c := read(t, servicecsv.Amazon, "ASIN,Title,OrderId,OrderDate,OurPrice,OurPriceCurrencyCode\nB1,Song,D01,2021-02-03T04:05:06Z,0.99,EUR\n"); c.Documents[0].Money.Amount != "0.99" {
		t.Errorf("%+v", c.Documents[0])
	}
}

func TestUber(t *testing.T) {
	c := read(t, servicecsv.Uber, tripsCSV)
	if len(c.Documents) != 2 {
		t.Fatalf("%d documents, %v", len(c.Documents), c.Refusals)
	}
	d := c.Documents[0]
	if d.Time.Start.String() != "2020-04-05T06:06:05Z" || d.Place == nil || d.Place.Lat != 48.8 || d.Money.Amount != "32.8" || d.Quantity.Value != "6.17" {
		t.Errorf("%+v", d)
	}
	if d := c.Documents[1]; d.Time.Start.String() != "2020-04-06T05:52:02Z" || !d.Time.End.IsZero() || d.Place != nil {
		t.Errorf("%+v", d)
	}
}

func TestTrackerControl(t *testing.T) {
	c := read(t, servicecsv.TrackerControl, trackersCSV)
	if d := c.Documents[0]; d.Text != "Game contacted ads.example (Example, Advertising)" || d.Time.Start.String() != "2023-05-08T12:12:36.797Z" {
		t.Errorf("%+v", d)
	}
}

func TestBadRows(t *testing.T) {
	for bad, reason := range map[string]string{
		"Zoë,yesterday,0:00:01,,A,,,,,\n":          "yesterday",
		"Zoë,2024-02-03 20:10:00,long,,A,,,,,\n":   "long",
		"Zoë,2024-02-03 20:10:00,0:00:01,,,,,,,\n": "no title",
		"Zoë,2024\n": "2 columns instead of 10",
		"Zoë,\"2024-02-03 20:10:00,0:00:01,,A,,,,,\n": "not closed",
		strings.Repeat("x", 300_000) + "\n":           "more than",
	} {
		c := read(t, servicecsv.Netflix, watchedCSV+bad+"Zoë,2024-02-05 20:10:00,0:00:01,,Last,,,,,\n")
		if len(c.Documents) != 4 || len(c.Refusals) != 1 {
			t.Fatalf("%.40q: %d documents, %v", bad, len(c.Documents), c.Refusals)
		}
		if r := c.Refusals[0]; r.Line != 5 || !strings.Contains(r.Err.Error(), reason) || c.Documents[3].Source.Locator != "line=6" {
			t.Errorf("%.40q: line %d: %v, then %s", bad, r.Line, r.Err, c.Documents[3].Source.Locator)
		}
	}
}

// What the manifest counts is found: 3000 views and 3000 messages, 40 trips,
// 426 contacts, and 3 order lines of 4, because one was cancelled.
func TestCorpus(t *testing.T) {
	for _, tt := range []struct {
		format       importer.Format
		file, member string
		want         int
	}{
		{servicecsv.Netflix, "takeout/hestia/netflix.zip", "/ViewingActivity.csv", 3000},
		{servicecsv.Netflix, "takeout/hestia/netflix.zip", "/MessagesSentByNetflix.csv", 3000},
		{servicecsv.Uber, "takeout/hestia/uber.zip", "/trips_data.csv", 40},
		{servicecsv.TrackerControl, "takeout/hestia/tracker-control.csv", "", 426},
		{servicecsv.Amazon, "takeout/amazon/Retail.OrderHistory.1/Retail.OrderHistory.1.csv", "", 3},
	} {
		content, ok := importertest.Corpus(t, tt.file)
		if !ok {
			t.Log("PENATES_CORPUS is not set: only the files of this package are read")
			return
		}
		if tt.member != "" {
			content = member(t, content, tt.member)
		}
		c := read(t, tt.format, string(content))
		if len(c.Documents) != tt.want || len(c.Refusals) > 0 {
			t.Errorf("%s: %d documents, want %d, refused %v", tt.file, len(c.Documents), tt.want, c.Refusals)
		}
	}
}

func member(t *testing.T, archive []byte, suffix string) []byte {
	t.Helper()
	z, err := zip.NewReader(bytes.NewReader(archive), int64(len(archive)))
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range z.File {
		if strings.HasSuffix(f.Name, suffix) && !strings.Contains(f.Name, "._") {
			r, err := f.Open()
			if err != nil {
				t.Fatal(err)
			}
			defer r.Close()
			b, err := io.ReadAll(r)
			if err != nil {
				t.Fatal(err)
			}
			return b
		}
	}
	t.Fatalf("no member %s", suffix)
	return nil
}

func FuzzRead(f *testing.F) {
	for _, s := range []string{watchedCSV, ordersCSV, tripsCSV, trackersCSV, "Title,Date\nA,1/2/24\n", "Title;Date\n\"A;1/2/24\n"} {
		f.Add([]byte(s))
	}
	formats := []importer.Format{servicecsv.Netflix, servicecsv.Amazon, servicecsv.Uber, servicecsv.TrackerControl}
	f.Fuzz(func(t *testing.T, content []byte) {
		for _, format := range formats {
			sure := format.Recognise(importertest.File("x", content).Head)
			c, err := importertest.Read(format, "x", content)
			if err != nil && !errors.Is(err, importer.ErrNotMine) || err == nil && sure == 0 || c.Repeated > 0 {
				t.Errorf("%s: sure %d, %d repeated, %v", format.Name, sure, c.Repeated, err)
			}
		}
	})
}

func BenchmarkNetflix(b *testing.B) {
	head, rest, _ := strings.Cut(watchedCSV, "\n")
	content := []byte(head + "\n" + strings.Repeat(rest, 10_000))
	b.SetBytes(int64(len(content)))
	for b.Loop() {
		if c, err := importertest.Read(servicecsv.Netflix, "x", content); err != nil || len(c.Documents) != 30_000 {
			b.Fatal(err)
		}
	}
}
