package pdfdoc

import (
	"bytes"
	"compress/zlib"
	"encoding/ascii85"
	"errors"
	"fmt"
	"io"

	"penates"
)

// decode returns the bytes of a stream after its filters (ISO 32000-2, 7.4).
func (d *Doc) decode(s stream) ([]byte, error) {
	filters, parms := d.list(s.dict["Filter"]), d.list(s.dict["DecodeParms"])
	if len(filters) > 4 {
		return nil, fmt.Errorf("a stream with %d filters: %w", len(filters), penates.TooLarge)
	}
	content := s.raw
	if d.left -= len(content) / 8; d.left < 0 {
		return nil, fmt.Errorf("streams of more than %d bytes: %w", maxDecoded, penates.TooLarge)
	}
	for i, f := range filters {
		var parm dict
		if i < len(parms) {
			parm = d.dict(parms[i])
		}
		filter, _ := d.resolve(f).(name)
		var err error
		if content, err = d.filter(filter, parm, content); err != nil {
			return nil, err
		}
	}
	return content, nil
}

// list returns an array, or a single value as one.
func (d *Doc) list(v any) []any {
	switch v := d.resolve(v).(type) {
	case nil:
		return nil
	case []any:
		return v
	default:
		return []any{v}
	}
}

func (d *Doc) filter(filter name, parm dict, content []byte) ([]byte, error) {
	switch filter {
	case "FlateDecode", "Fl":
		z, err := zlib.NewReader(bytes.NewReader(content))
		if err != nil {
			return nil, fmt.Errorf("a compressed stream: %w", penates.Damaged)
		}
		out, err := d.take(z)
		if err != nil {
			return nil, err
		}
		return d.unpredict(parm, out)
	case "ASCIIHexDecode", "AHx":
		out, _ := (&parser{data: append([]byte("<"), content...)}).hex().([]byte)
		return out, nil
	case "ASCII85Decode", "A85":
		content = bytes.TrimPrefix(bytes.TrimSpace(content), []byte("<~"))
		if end := bytes.Index(content, []byte("~>")); end >= 0 {
			content = content[:end]
		}
		return d.take(ascii85.NewDecoder(bytes.NewReader(content)))
	}
	return nil, fmt.Errorf("a stream in %q: %w", string(filter), penates.Unsupported)
}

// take reads r within the limits. What precedes damage is taken.
func (d *Doc) take(r io.Reader) ([]byte, error) {
	limit := min(maxStream, max(d.left, 0))
	out, err := io.ReadAll(io.LimitReader(r, int64(limit)+1))
	d.left -= len(out)
	switch {
	case len(out) > limit:
		return nil, fmt.Errorf("a stream of more than %d bytes: %w", limit, penates.TooLarge)
	case err != nil && len(out) == 0:
		return nil, fmt.Errorf("a stream: %w", errors.Join(penates.Damaged, err))
	}
	return out, d.ctx.Err()
}

// unpredict undoes the PNG predictors (7.4.4.4), which object streams may use.
func (d *Doc) unpredict(parm dict, data []byte) ([]byte, error) {
	predictor := int(d.float(parm["Predictor"]))
	if predictor <= 1 {
		return data, nil
	}
	or := func(key name, otherwise int) int {
		if n := int(d.float(parm[key])); n > 0 {
			return n
		}
		return otherwise
	}
	pixel := or("Colors", 1) * or("BitsPerComponent", 8)
	row := pixel * or("Columns", 1)
	if predictor < 10 || pixel > 1<<16 || row > 8<<20 || row <= 0 {
		return nil, fmt.Errorf("a stream with predictor %d: %w", predictor, penates.Unsupported)
	}
	pixel, row = max(pixel/8, 1), (row+7)/8
	out := make([]byte, 0, len(data))
	prior := make([]byte, row)
	for len(data) > 1 {
		kind := data[0]
		line := data[1:min(len(data), row+1)]
		data = data[1+len(line):]
		unfilter(kind, line, prior, pixel)
		copy(prior, line)
		out = append(out, line...)
	}
	return out, nil
}

// unfilter undoes one row's filter (PNG, 9.2) in place.
func unfilter(kind byte, line, prior []byte, pixel int) {
	for i := range line {
		var left, upper, corner byte
		upper = prior[i]
		if i >= pixel {
			left, corner = line[i-pixel], prior[i-pixel]
		}
		switch kind {
		case 1:
			line[i] += left
		case 2:
			line[i] += upper
		case 3:
			line[i] += byte((int(left) + int(upper)) / 2)
		case 4:
			line[i] += paeth(left, upper, corner)
		}
	}
}

func paeth(a, b, c byte) byte {
	distance := func(x int) int { return max(x, -x) }
	p := int(a) + int(b) - int(c)
	pa, pb, pc := distance(p-int(a)), distance(p-int(b)), distance(p-int(c))
	switch {
	case pa <= pb && pa <= pc:
		return a
	case pb <= pc:
		return b
	}
	return c
}
