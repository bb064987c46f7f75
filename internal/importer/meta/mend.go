package meta

import "unicode/utf8"

// mend returns the text whose UTF-8 bytes were each written as a character, and
// any other text as it is.
func mend(s string) string {
	wide := false
	for _, r := range s {
		if r > 0xFF {
			return s
		}
		wide = wide || r >= 0x80
	}
	if !wide {
		return s
	}
	b := make([]byte, 0, len(s))
	for _, r := range s {
		b = append(b, byte(r))
	}
	if !utf8.Valid(b) {
		return s
	}
	return string(b)
}

// mendAll mends all texts in a decoded value.
func mendAll(v any) any {
	switch v := v.(type) {
	case string:
		return mend(v)
	case []any:
		for i := range v {
			v[i] = mendAll(v[i])
		}
	case map[string]any:
		for k, e := range v {
			e = mendAll(e)
			if m := mend(k); m != k {
				delete(v, k)
				k = m
			}
			v[k] = e
		}
	}
	return v
}
