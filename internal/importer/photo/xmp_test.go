package photo_test

import (
	"errors"
	"fmt"
	"testing"

	"penates"
	"penates/internal/importer/importertest"
	"penates/internal/importer/photo"
	"penates/internal/schema"
)

const (
	// As digiKam and darktable write it: elements.
	elements = `<?xpacket begin="" id="W5M0MpCehiHzreSzNTczkc9d"?><x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">
<rdf:Description rdf:about="" xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:exif="http://ns.adobe.com/exif/1.0/" xmlns:digiKam="http://www.digikam.org/ns/1.0/" xmlns:mwg-rs="http://www.metadataworkinggroup.com/schemas/regions/">
<exif:DateTimeOriginal>2024-07-14T18:30:05+02:00</exif:DateTimeOriginal><exif:GPSLatitude>48,23.4N</exif:GPSLatitude><exif:GPSLongitude>4,29,10W</exif:GPSLongitude><exif:GPSAltitude>125/10</exif:GPSAltitude>
<dc:title><rdf:Alt><rdf:li xml:lang="x-default">Le port</rdf:li></rdf:Alt></dc:title>
<dc:subject><rdf:Bag><rdf:li>mer</rdf:li><rdf:li>été</rdf:li></rdf:Bag></dc:subject><digiKam:TagsList><rdf:Seq><rdf:li>Lieux/Brest</rdf:li></rdf:Seq></digiKam:TagsList>
<mwg-rs:Regions rdf:parseType="Resource"><mwg-rs:RegionList><rdf:Bag><rdf:li rdf:parseType="Resource"><mwg-rs:Name>Zoé Leroy</mwg-rs:Name></rdf:li></rdf:Bag></mwg-rs:RegionList></mwg-rs:Regions>
</rdf:Description></rdf:RDF></x:xmpmeta><?xpacket end="w"?>`
	// As Lightroom writes it: attributes.
	attributes = `<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"><rdf:Description xmlns:xmp="http://ns.adobe.com/xap/1.0/" xmp:Rating="4" xmp:CreateDate="2019-05-01T09:00:00"/></rdf:RDF></x:xmpmeta>`
)

func TestXMPBeside(t *testing.T) {
	for name, tt := range map[string]struct{ content, want string }{
		"2024/P1.CR2.xmp": {elements, "2024/P1.CR2 Le port 2024-07-14T18:30:05+02:00 48.3900 -4.4861 12.5 [mer été Lieux/Brest] Zoé Leroy <nil>"},
		"2024/P2.xmp":     {attributes, "2024/P2 P2 2019-05-01T09:00:00+02:00 none <nil>  4"},
	} {
		if sure := photo.XMP.Recognise(importertest.File(name, []byte(tt.content)).Head); sure != 95 {
			t.Errorf("%s: recognised at %d", name, sure)
		}
		c, err := importertest.Read(photo.XMP, name, []byte(tt.content))
		if err != nil || len(c.Documents) != 1 {
			t.Fatal(name, err)
		}
		d, r := c.Documents[0], c.Bodies[0].(schema.Record)
		at, who := "none", ""
		if d.Place != nil {
			at = fmt.Sprintf("%.4f %.4f %.1f", d.Place.Lat, d.Place.Lon, d.Place.Alt)
		}
		for _, p := range d.Parties {
			who += p.Literal
		}
		if got := fmt.Sprint(r.Fields["media"], " ", d.Text, " ", d.Time.Start, " ", at, " ", r.Fields["keywords"], " ", who, " ", r.Fields["rating"]); got != tt.want {
			t.Errorf("%s: %s\nwant %s", name, got, tt.want)
		}
	}
}

func FuzzXMP(f *testing.F) {
	f.Add([]byte(elements))
	f.Add([]byte(attributes))
	f.Add([]byte(`<?xpacket?><a xmlns:r="22-rdf-syntax-ns#"><r:x></b><c d:GPSLatitude="1,2,3N">`))
	f.Fuzz(func(t *testing.T, content []byte) {
		photo.XMP.Recognise(importertest.File("a/x.xmp", content).Head)
		c, err := importertest.Read(photo.XMP, "a/x.xmp", content)
		if err != nil && !errors.Is(err, penates.Damaged) && !errors.Is(err, penates.TooLarge) || err == nil && len(c.Documents) != 1 {
			t.Fatal(err)
		}
	})
}
