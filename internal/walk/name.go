package walk

import (
	"fmt"
	"path"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/encoding/charmap"

	"penates"
)

// cleanName returns a member's path as it is shown, or why the member cannot be
// taken: its name is empty, too long, or leaves the archive.
func cleanName(name string, limit int) (string, error) {
	if len(name) > limit {
		return "", fmt.Errorf("a member whose name has %d bytes: %w", len(name), penates.TooLarge)
	}
	if !utf8.ValidString(name) {
		// Archives that do not say otherwise carry names in the code page of DOS;
		// western European ones are read right by this one.
		if s, err := charmap.CodePage850.NewDecoder().String(name); err == nil {
			name = s
		}
	}
	slashed := strings.ReplaceAll(name, `\`, "/")
	slashed = strings.Map(func(r rune) rune {
		if unicode.IsControl(r) || r == utf8.RuneError {
			return -1
		}
		return r
	}, slashed)
	drive := len(slashed) >= 2 && slashed[1] == ':' && (slashed[0]|0x20 >= 'a' && slashed[0]|0x20 <= 'z')
	if strings.HasPrefix(slashed, "/") || drive || leaves(slashed) {
		return "", fmt.Errorf("a member named %q, which leaves the archive: %w", clip(slashed), penates.Invalid)
	}
	slashed = path.Clean(slashed)
	if slashed == "." || slashed == "" {
		return "", fmt.Errorf("a member without a name: %w", penates.Invalid)
	}
	return slashed, nil
}

// leaves reports that a relative path has a part "..".
func leaves(p string) bool {
	for part := range strings.SplitSeq(p, "/") {
		if part == ".." {
			return true
		}
	}
	return false
}

// linkStays reports that a symbolic link at name leads to inside its archive.
func linkStays(name, target string) bool {
	if strings.HasPrefix(target, "/") || target == "" {
		return false
	}
	to := path.Join(path.Dir(name), target)
	return to != ".." && !strings.HasPrefix(to, "../")
}

var errLink = fmt.Errorf("a symbolic link that leads out of the archive: %w", penates.Unsupported)

// isNoise reports that p is something operating systems leave beside files and
// nobody would call theirs.
func isNoise(p string) bool {
	base := path.Base(p)
	switch base {
	case ".DS_Store", "Thumbs.db", "desktop.ini", "__MACOSX":
		return true
	}
	return strings.HasPrefix(p, "__MACOSX/") || strings.Contains(p, "/__MACOSX/")
}

func clip(s string) string {
	const most = 120
	if len(s) <= most {
		return s
	}
	return strings.ToValidUTF8(s[:most], "") + "…"
}
