package atproto

import (
	"encoding/base32"
	"encoding/base64"
	"encoding/binary"
	"fmt"
	"math"
	"unicode/utf8"

	"penates"
)

// A cid is a content identifier in its binary form (CID 1.0).
type cid string

var base32Lower = base32.NewEncoding("abcdefghijklmnopqrstuvwxyz234567").WithPadding(base32.NoPadding)

// String returns the identifier as text.
func (c cid) String() string { return "b" + base32Lower.EncodeToString([]byte(c)) }

// A decoder reads DAG-CBOR, the strict subset of CBOR (RFC 8949) of IPLD: lengths
// are definite, keys are text, and tag 42 marks links.
type decoder struct {
	b     []byte
	depth int
}

// maxDepth bounds how deep values may lie in one another.
const maxDepth = 64

func errCBOR(what string) error { return fmt.Errorf("cbor: %s: %w", what, penates.Invalid) }

// unmarshal reads the one value that b holds: nil, bool, int64, float64, string,
// []byte, cid, []any or map[string]any.
func unmarshal(b []byte) (any, error) {
	d := &decoder{b: b}
	v, err := d.value()
	if err == nil && len(d.b) > 0 {
		err = errCBOR("more than one value")
	}
	return v, err
}

// head reads the kind of a value and its number.
func (d *decoder) head() (major byte, info byte, n uint64, err error) {
	if len(d.b) == 0 {
		return 0, 0, 0, errCBOR("the end is missing")
	}
	major, info = d.b[0]>>5, d.b[0]&31
	d.b = d.b[1:]
	if info < 24 {
		return major, info, uint64(info), nil
	}
	if info > 27 {
		return 0, 0, 0, errCBOR("a length that is not definite")
	}
	size := 1 << (info - 24)
	if len(d.b) < size {
		return 0, 0, 0, errCBOR("the end is missing")
	}
	var wide [8]byte
	copy(wide[8-size:], d.b[:size])
	d.b = d.b[size:]
	return major, info, binary.BigEndian.Uint64(wide[:]), nil
}

func (d *decoder) bytes(n uint64) ([]byte, error) {
	if n > uint64(len(d.b)) {
		return nil, errCBOR("the end is missing")
	}
	b := d.b[:n]
	d.b = d.b[n:]
	return b, nil
}

func (d *decoder) value() (any, error) {
	if d.depth++; d.depth > maxDepth {
		return nil, fmt.Errorf("cbor within %d others: %w", maxDepth, penates.TooLarge)
	}
	defer func() { d.depth-- }()
	major, info, n, err := d.head()
	if err != nil {
		return nil, err
	}
	switch major {
	case 0, 1:
		if n > math.MaxInt64 {
			return nil, errCBOR("a number out of range")
		}
		if major == 1 {
			return -1 - int64(n), nil
		}
		return int64(n), nil
	case 2:
		return d.bytes(n)
	case 3:
		return d.text(n)
	case 4:
		return d.list(n)
	case 5:
		return d.object(n)
	case 6:
		return d.link(n)
	}
	return simple(info, n)
}

func simple(info byte, n uint64) (any, error) {
	switch {
	case info == 20:
		return false, nil
	case info == 21:
		return true, nil
	case info == 22:
		return nil, nil
	case info == 27:
		if f := math.Float64frombits(n); !math.IsNaN(f) && !math.IsInf(f, 0) {
			return f, nil
		}
	}
	return nil, errCBOR("a value of no known kind")
}

func (d *decoder) text(n uint64) (string, error) {
	b, err := d.bytes(n)
	if err == nil && !utf8.Valid(b) {
		err = errCBOR("text that is not UTF-8")
	}
	return string(b), err
}

func (d *decoder) list(n uint64) (any, error) {
	if n > uint64(len(d.b)) {
		return nil, errCBOR("the end is missing")
	}
	list := make([]any, 0, min(n, 1024))
	for range n {
		v, err := d.value()
		if err != nil {
			return nil, err
		}
		list = append(list, v)
	}
	return list, nil
}

func (d *decoder) object(n uint64) (any, error) {
	if n > uint64(len(d.b)) {
		return nil, errCBOR("the end is missing")
	}
	object := make(map[string]any, min(n, 64))
	for range n {
		major, _, length, err := d.head()
		if err != nil {
			return nil, err
		}
		if major != 3 {
			return nil, errCBOR("a key that is not text")
		}
		key, err := d.text(length)
		if err != nil {
			return nil, err
		}
		if object[key], err = d.value(); err != nil {
			return nil, err
		}
	}
	return object, nil
}

// link reads what follows a tag, of which DAG-CBOR knows one.
func (d *decoder) link(tag uint64) (any, error) {
	if tag != 42 {
		return nil, errCBOR("a tag that is not known")
	}
	v, err := d.value()
	if err != nil {
		return nil, err
	}
	b, ok := v.([]byte)
	if !ok || len(b) < 2 || b[0] != 0 {
		return nil, errCBOR("a link that is none")
	}
	return cid(b[1:]), nil
}

// plain makes of a value what JSON can hold, in the way of the AT Protocol's data
// model: links and bytes are objects with one member.
func plain(v any) any {
	switch v := v.(type) {
	case cid:
		return map[string]any{"$link": v.String()}
	case []byte:
		return map[string]any{"$bytes": base64.RawStdEncoding.EncodeToString(v)}
	case []any:
		list := make([]any, len(v))
		for i, e := range v {
			list[i] = plain(e)
		}
		return list
	case map[string]any:
		object := make(map[string]any, len(v))
		for key, e := range v {
			object[key] = plain(e)
		}
		return object
	}
	return v
}
