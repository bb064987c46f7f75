package main_test

import (
	"bytes"
	"encoding/base64"
	"encoding/hex"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"unicode/utf16"

	"penates/internal/schema"
)

// canary is in every field of what TestNothingIsReadable imports.
const canary = "Kanarienvogel"

// life is what is imported, by path: names of files and folders bear the canary
// too.
var life = map[string]string{
	canary + "/statement-" + canary + ".ofx": "OFXHEADER:100\nDATA:OFXSGML\nVERSION:102\nENCODING:UTF-8\nCHARSET:NONE\n\n" +
		"<OFX><BANKMSGSRSV1><STMTTRNRS><STMTRS><CURDEF>EUR<BANKACCTFROM><BANKID>" + canary + "<ACCTID>" + canary + "<ACCTTYPE>CHECKING</BANKACCTFROM><BANKTRANLIST>\n" +
		"<STMTTRN><TRNTYPE>DEBIT<DTPOSTED>20260305<TRNAMT>-70.61<FITID>" + canary + "<NAME>" + canary + " CLIENTS<MEMO>" + canary + "</STMTTRN>\n" +
		"</BANKTRANLIST></STMTRS></STMTTRNRS></BANKMSGSRSV1></OFX>\n",
	canary + "/letter.eml": "From: " + canary + " <" + canary + "@example.org>\nTo: " + canary + " <zoe@example.org>\nSubject: " + canary + " at four\n" +
		"Date: Sat, 14 Mar 2026 10:00:00 +0100\nMessage-ID: <" + canary + "@example.org>\nMIME-Version: 1.0\nContent-Type: multipart/mixed; boundary=b\n\n" +
		"--b\nContent-Type: text/plain\n\n" + strings.Repeat(canary+" ", 400) + "\n--b\nContent-Type: text/plain\n" +
		"Content-Disposition: attachment; filename=\"" + canary + ".txt\"\n\nattached " + canary + "\n--b--\n",
	canary + "/" + canary + ".xyz": "nobody reads " + canary,
}

// TestNothingIsReadable fills a vault with one word and looks for it in every
// file the program writes, while a server is at work on it, when it was killed,
// and when it has stopped.
func TestNothingIsReadable(t *testing.T) {
	m := newMachine(t)
	folder := t.TempDir()
	for name, content := range life {
		path := filepath.Join(folder, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	m.canTell(filepath.Join(folder, canary)) // it finds what is in clear

	server := m.serve()
	n := m.imported(filepath.Join(folder, canary))
	if n.Refused != 0 || n.Added < 5 {
		t.Fatalf("%+v", n)
	}
	if out := m.must("search", canary); !strings.Contains(out, "at four") {
		t.Fatalf("the canary is not in the vault: %s", out)
	}
	m.must("query", "SELECT * FROM documents WHERE text LIKE '%"+canary+"%' ORDER BY text")
	if _, err := os.Stat(filepath.Join(m.dir, "vault.db-wal")); err != nil {
		t.Fatalf("there is no log to look into: %v", err)
	}
	m.lookForWords("while a server holds it")
	m.must("lock")
	m.lookForWords("locked")
	server.end(os.Kill)
	m.lookForWords("after a kill")
	server = m.serve()
	m.must("check")
	server.end(os.Interrupt)
	if _, err := os.Stat(filepath.Join(m.dir, "vault.db-wal")); err == nil {
		t.Error("the log is still there")
	}
	m.lookForWords("stopped")
}

// words that must not be read on disk: the canary as it may be written, the
// types and views of what is in the vault, and what formats and SQLite write.
func readableWords() map[string][]byte {
	found := map[string][]byte{}
	for _, w := range []string{canary, strings.ToLower(canary), strings.ToUpper(canary)} {
		var wide []byte
		for _, u := range utf16.Encode([]rune(w)) {
			wide = append(wide, byte(u), byte(u>>8))
		}
		found[w], found[w+" in UTF-16"] = []byte(w), wide
		found[w+" in base 64"] = []byte(base64.StdEncoding.EncodeToString([]byte(w))[:len(w)])
		found[w+" in hexadecimal"] = []byte(hex.EncodeToString([]byte(w)))
	}
	for _, k := range schema.Kinds() {
		found[string(k.Type)] = []byte(k.Type)
		if len(k.View) >= 5 { // shorter ones may be met in noise
			found[k.View] = []byte(k.View)
		}
	}
	for _, w := range []string{"SQLite format 3", "CREATE TABLE", "stored_documents", "Message-ID", "STMTTRN", "message/rfc822"} {
		found[w] = []byte(w)
	}
	return found
}

// readable returns where one of the words is read in the files below folder, or
// in their names.
func (m *machine) readable(folder string) (places []string, files int) {
	m.t.Helper()
	words := readableWords()
	err := filepath.WalkDir(folder, func(path string, d fs.DirEntry, err error) error {
		if err != nil || !d.Type().IsRegular() && !d.IsDir() {
			return err
		}
		content := []byte(path[len(folder):])
		if !d.IsDir() {
			files++
			b, err := os.ReadFile(path)
			if err != nil {
				return err
			}
			content = append(content, b...)
		}
		for name, word := range words {
			if bytes.Contains(content, word) {
				places = append(places, name+" in "+path)
			}
		}
		return nil
	})
	if err != nil {
		m.t.Fatal(err)
	}
	return places, files
}

// canTell makes sure that words in clear would be found.
func (m *machine) canTell(folder string) {
	m.t.Helper()
	if places, _ := m.readable(folder); len(places) < len(life) {
		m.t.Fatalf("the canary is found only in %v", places)
	}
}

func (m *machine) lookForWords(when string) {
	m.t.Helper()
	sum := 0
	for _, folder := range []string{m.dir, m.tmp} {
		places, files := m.readable(folder)
		for _, p := range places {
			m.t.Errorf("%s: %s", when, p)
		}
		sum += files
	}
	if sum < 6 {
		m.t.Errorf("%s: only %d files", when, sum)
	}
}
