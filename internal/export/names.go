package export

import (
	"path"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"penates/internal/vault"
)

// blobName returns the member that holds a blob in an export of a version.
func blobName(b vault.Blob, version int) string {
	if version == 1 {
		return "blobs/" + string(b.ID) + ending(b.Name)
	}
	return "blobs/" + string(b.ID) + "/" + fileName(b.Name)
}

// fileName returns the name of a file, whatever path and characters it came with,
// as every system takes it.
func fileName(name string) string {
	const longest = 120 // bytes
	name = path.Base(strings.ReplaceAll(strings.ToValidUTF8(name, string(utf8.RuneError)), "\\", "/"))
	name = strings.Map(func(r rune) rune {
		if r == utf8.RuneError || unicode.IsControl(r) || unicode.Is(unicode.Cf, r) || strings.ContainsRune(`<>:"|?*/`, r) {
			return '_'
		}
		return r
	}, name)
	name = strings.Trim(name, " .")
	if ext := path.Ext(name); len(name) > longest {
		if len(ext) > longest/4 {
			ext = ""
		}
		name = name[:longest-len(ext)]
		for !utf8.ValidString(name) {
			name = name[:len(name)-1]
		}
		name = strings.TrimRight(name, " .") + ext
	}
	base, _, _ := strings.Cut(strings.ToLower(name), ".")
	switch {
	case name == "":
		return "file"
	case slices.Contains(reserved, strings.TrimRight(base, " ")):
		return "_" + name
	}
	return name
}

// reserved are names that Windows keeps for devices.
var reserved = strings.Fields("con prn aux nul com1 com2 com3 com4 com5 com6 com7 com8 com9 lpt1 lpt2 lpt3 lpt4 lpt5 lpt6 lpt7 lpt8 lpt9")

// ending returns the extension of a name if it is a harmless one, else "".
func ending(name string) string {
	ext := strings.ToLower(path.Ext(name))
	if len(ext) < 2 || len(ext) > 8 || strings.ContainsFunc(ext[1:], func(r rune) bool { return (r < 'a' || r > 'z') && (r < '0' || r > '9') }) {
		return ""
	}
	return ext
}
