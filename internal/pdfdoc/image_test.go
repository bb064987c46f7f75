package pdfdoc_test

import (
	"errors"
	"fmt"
	"image/color"
	"strings"
	"testing"

	"penates"
	"penates/internal/pdfdoc"
)

// pictures is a PDF of one page that shows the images.
func pictures(images ...string) []byte {
	var names strings.Builder
	for i := range images {
		fmt.Fprintf(&names, "/I%d %d 0 R ", i, i+4)
	}
	return file(append([]string{"<< /Pages 2 0 R >>", "<< /Type /Pages /Kids [3 0 R 3 0 R] >>",
		"<< /Type /Page /Resources << /XObject << " + names.String() + ">> >> >>"}, images...)...)
}

func TestImages(t *testing.T) {
	const size = "/Subtype /Image /Width 64 /Height 50 "
	for name, tt := range map[string]struct {
		image string
		first color.Gray // of its pixels
		err   error
	}{
		"a bit each":          {stream(size+"/ColorSpace /DeviceGray /BitsPerComponent 1", strings.Repeat("\x80", 8*50)), color.Gray{255}, nil},
		"a bit each, turned":  {stream(size+"/ColorSpace /DeviceGray /BitsPerComponent 1 /Decode [1 0]", strings.Repeat("\x80", 8*50)), color.Gray{0}, nil},
		"a mask":              {stream(size+"/ImageMask true", strings.Repeat("\x00", 8*50)), color.Gray{0}, nil},
		"grey":                {stream(size+"/ColorSpace /DeviceGray /BitsPerComponent 8 /Filter /FlateDecode", deflate(strings.Repeat("\x70", 64*50))), color.Gray{0x70}, nil},
		"colours":             {stream(size+"/ColorSpace [/ICCBased << /N 3 >>] /BitsPerComponent 8", strings.Repeat("\xff\x00\x00", 64*50)), color.Gray{76}, nil},
		"white of facsimile":  {stream(size+"/Filter /CCITTFaxDecode /DecodeParms << /K -1 /Columns 64 /Rows 50 >>", strings.Repeat("\xff", 7)+"\x00\x10\x01"), color.Gray{255}, nil},
		"facsimile, turned":   {stream(size+"/Filter [/CCITTFaxDecode] /DecodeParms [<< /K -1 /Columns 64 /BlackIs1 true >>]", strings.Repeat("\xff", 7)+"\x00\x10\x01"), color.Gray{0}, nil},
		"facsimile, mixed":    {stream(size+"/Filter /CCITTFaxDecode /DecodeParms << /K 4 /Columns 64 >>", "x"), color.Gray{}, penates.Unsupported},
		"facsimile, damaged":  {stream(size+"/Filter /CCITTFaxDecode /DecodeParms << /K -1 /Columns 64 >>", "\x00\x00"), color.Gray{}, penates.Damaged},
		"too few bytes":       {stream(size+"/ColorSpace /DeviceGray /BitsPerComponent 8", "short"), color.Gray{}, penates.Damaged},
		"of a palette":        {stream(size+"/ColorSpace [/Indexed /DeviceRGB 1 <000000FFFFFF>] /BitsPerComponent 8", strings.Repeat("\x01", 64*50)), color.Gray{}, penates.Unsupported},
		"in JPEG 2000":        {stream(size+"/Filter /JPXDecode", "x"), color.Gray{}, penates.Unsupported},
		"larger than it says": {stream("/Subtype /Image /Width 100000 /Height 100000 /ColorSpace /DeviceGray /BitsPerComponent 8", "x"), color.Gray{}, penates.TooLarge},
	} {
		d, err := pdfdoc.Open(t.Context(), pictures(tt.image))
		if err != nil {
			t.Fatal(err)
		}
		n := 0
		for i := range d.Images {
			n++
			if !errors.Is(i.Err, tt.err) || (i.Err == nil) != (i.Grey != nil) || i.Grey != nil && i.Grey.GrayAt(0, 0) != tt.first {
				t.Errorf("%s: %v, %v", name, i.Err, i.Grey)
			}
		}
		if n != 1 {
			t.Errorf("%s: %d images", name, n)
		}
	}
}

func TestImagesOfPages(t *testing.T) {
	jpeg := stream("/Subtype /Image /Width 64 /Height 64 /Filter [/FlateDecode /DCTDecode]", deflate("\xff\xd8 a picture"))
	icon := stream("/Subtype /Image /Width 16 /Height 16 /Filter /DCTDecode", "icon")
	form := stream("/Subtype /Form /Resources << /XObject << /X 7 0 R /Self 6 0 R >> >>", "")
	within := stream("/Subtype /Image /Width 64 /Height 64 /Filter /DCTDecode", "within")
	d, err := pdfdoc.Open(t.Context(), pictures(jpeg, icon, form, within))
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for i := range d.Images {
		got = append(got, string(i.JPEG))
	}
	if strings.Join(got, "|") != "\xff\xd8 a picture|within" {
		t.Errorf("%q", got)
	}
}
