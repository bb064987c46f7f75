package mail

import (
	"path"
	"strconv"
	"strings"
	"time"

	"penates/internal/importer"
)

// place returns the folder or labels and the flags of a message, by the fields
// mailboxes add to its header, else by where it was found.
func place(h header, from origin) (folder, flags string) {
	folder = from.folder
	if labels := h.text("x-gmail-labels"); labels != "" {
		folder = labels
	}
	set := flagSet{}
	set.add(from.flags)
	set.letters(string(h.get("status"))+string(h.get("x-status")), map[rune]string{'R': "seen", 'A': "answered", 'F': "flagged", 'T': "draft", 'D': "deleted"})
	if n, err := strconv.ParseUint(strings.TrimSpace(string(h.get("x-mozilla-status"))), 16, 32); err == nil {
		for bit, name := range map[uint64]string{0x1: "seen", 0x2: "answered", 0x4: "flagged", 0x8: "deleted", 0x1000: "forwarded"} {
			if n&bit != 0 {
				set.add(name)
			}
		}
	}
	return folder, set.String()
}

// A flagSet is a set of flags by their IMAP names, in lower case.
type flagSet map[string]bool

func (s flagSet) add(flags string) {
	for f := range strings.FieldsSeq(flags) {
		s[f] = true
	}
}

func (s flagSet) letters(letters string, names map[rune]string) {
	for _, c := range letters {
		if name := names[c]; name != "" {
			s[name] = true
		}
	}
}

// String returns the flags in their usual order.
func (s flagSet) String() string {
	var out []string
	for _, name := range []string{"seen", "answered", "forwarded", "flagged", "draft", "deleted"} {
		if s[name] {
			out = append(out, name)
		}
	}
	return strings.Join(out, " ")
}

// maildirOrigin returns what the path of a file in a Maildir says: "cur" or
// "new" within a folder, and flags after ":2," (";2," or "!2," where colons
// cannot be in file names). ok is false when the file is not in a Maildir.
func maildirOrigin(h importer.Head) (from origin, ok bool) {
	dir := path.Dir(strings.ReplaceAll(h.Path, `\`, "/"))
	switch path.Base(dir) {
	case "cur", "new":
	default:
		return origin{}, false
	}
	name := path.Base(h.Path)
	base := strings.ToLower(name)
	if strings.HasSuffix(base, ".eml") || strings.HasSuffix(base, ".txt") {
		return origin{}, false
	}
	from.folder = maildirFolder(path.Base(path.Dir(dir)))
	set := flagSet{}
	for _, mark := range []string{":2,", ";2,", "!2,", "_2,", "-2,"} {
		if i := strings.LastIndex(name, mark); i >= 0 {
			set.letters(name[i+len(mark):], map[rune]string{'S': "seen", 'R': "answered", 'P': "forwarded", 'F': "flagged", 'D': "draft", 'T': "deleted"})
			break
		}
	}
	from.flags = set.String()
	// "1204680122.27c448.host": the second it was delivered, and two more parts.
	seconds, rest, _ := strings.Cut(name, ".")
	if n, err := strconv.ParseInt(seconds, 10, 40); err == nil && len(seconds) >= 9 && strings.Contains(rest, ".") {
		from.stamp, from.certain = "- "+time.Unix(n, 0).UTC().Format(time.ANSIC), true
	}
	return from, true
}

// maildirFolder returns the name of a Maildir++ folder: ".Work.2024" is 2024 in
// Work, names are in the UTF-7 of IMAP. The Maildir itself is the inbox.
func maildirFolder(dir string) string {
	name, ok := strings.CutPrefix(dir, ".")
	if !ok || name == "" {
		return "INBOX"
	}
	return strings.ToValidUTF8(string(decodeUTF7([]byte(strings.ReplaceAll(name, ".", "/")), '&')), "")
}

// mboxFolder returns the name of the mailbox an mbox file holds.
func mboxFolder(h importer.Head) string {
	p := strings.ReplaceAll(h.Path, `\`, "/")
	if p == "" {
		p = h.Name
	}
	base := path.Base(p)
	if base == "mbox" { // Apple Mail: Work.mbox/mbox
		if dir := path.Base(path.Dir(p)); dir != "." && dir != "/" {
			base = dir
		}
	}
	switch ext := path.Ext(base); strings.ToLower(ext) {
	case ".mbox", ".mbx", ".mboxrd":
		return strings.TrimSuffix(base, ext)
	case ".eml", ".txt", ".raw": // one message saved with its From line
		return ""
	}
	return base
}
