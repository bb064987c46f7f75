package main

import (
	"bufio"
	"encoding/base64"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"time"
)

// The inputs' names.
const (
	bankInput    = "bank"
	mailInput    = "maildir"
	mailboxInput = "mailbox"
	trackInput   = "track"
)

// inputs makes what is taken in, always the same.
func (p *importPlan) inputs(root string) (map[string]input, error) {
	bank, mailbox, track := filepath.Join(root, "bank.csv"), filepath.Join(root, "mail.mbox"), filepath.Join(root, "track.gpx")
	maildir := filepath.Join(root, "Maildir")
	err := written(bank, func(w io.Writer) error { return writeBank(w, p.operations) })
	if err == nil {
		err = written(mailbox, func(w io.Writer) error { return writeMail(w, maildir, p.messages) })
	}
	if err == nil {
		err = written(track, func(w io.Writer) error { return writeTrack(w, p.points) })
	}
	all := map[string]input{
		bankInput:    {name: fmt.Sprintf("%d operations, CSV", p.operations), path: bank, count: p.operations},
		mailInput:    {name: fmt.Sprintf("%d messages, Maildir", p.messages), path: maildir, count: p.messages},
		mailboxInput: {name: fmt.Sprintf("%d messages, mbox", p.messages), path: mailbox, count: p.messages},
		trackInput:   {name: fmt.Sprintf("%d positions, GPX", p.points), path: track, count: p.points},
	}
	for name, in := range all {
		in.megabytes = float64(size(in.path)) / 1e6
		all[name] = in
	}
	return all, err
}

func written(path string, write func(io.Writer) error) error {
	f, err := os.Create(path)
	if err != nil {
		return err
	}
	defer f.Close()
	b := bufio.NewWriter(f)
	if err := write(b); err != nil {
		return err
	}
	if err := b.Flush(); err != nil {
		return err
	}
	return f.Close()
}

// size returns the bytes of a file, or of the files below a folder.
func size(path string) (n int64) {
	_ = filepath.Walk(path, func(_ string, info os.FileInfo, err error) error {
		if err == nil && info.Mode().IsRegular() {
			n += info.Size()
		}
		return err
	})
	return n
}

func writeBank(w io.Writer, n int) error {
	fmt.Fprintln(w, "Date d'opération;Date de valeur;Montant;Libellé;Solde")
	day := time.Date(2001, time.January, 1, 0, 0, 0, 0, time.UTC)
	for i := range n {
		d := day.AddDate(0, 0, i/40).Format("02/01/2006")
		if _, err := fmt.Fprintf(w, "%s;%s;-%d,%02d;CB COMMERCE %05d LYON;\n", d, d, 1+i%900, i%100, i); err != nil {
			return err
		}
	}
	return nil
}

func writeTrack(w io.Writer, n int) error {
	fmt.Fprintln(w, `<?xml version="1.0" encoding="UTF-8"?>`)
	fmt.Fprintln(w, `<gpx version="1.1" creator="peers" xmlns="http://www.topografix.com/GPX/1/1"><trk><name>Tour</name><trkseg>`)
	at := time.Date(2024, time.May, 1, 6, 0, 0, 0, time.UTC)
	for i := range n {
		fmt.Fprintf(w, `<trkpt lat="%.6f" lon="%.6f"><ele>%d</ele><time>%s</time></trkpt>`+"\n",
			45+float64(i%9000)/1e4, 4+float64(i%7000)/1e4, 200+i%50, at.Add(time.Duration(i)*10*time.Second).Format(time.RFC3339))
	}
	_, err := fmt.Fprintln(w, "</trkseg></trk></gpx>")
	return err
}

// writeMail writes messages to a mailbox and, each as a file, to a Maildir: every
// third a newsletter in HTML, every fifth with a file of 20 to 320 kB.
func writeMail(w io.Writer, maildir string, n int) error {
	for _, name := range []string{"cur", "new", "tmp"} {
		if err := os.MkdirAll(filepath.Join(maildir, name), 0o700); err != nil {
			return err
		}
	}
	random := rand.New(rand.NewPCG(1, 2))
	at := time.Date(2015, time.March, 1, 7, 0, 0, 0, time.UTC)
	for i := range n {
		at = at.Add(time.Duration(1+random.IntN(7200)) * time.Second)
		m := message(random, i, at)
		name := filepath.Join(maildir, "cur", fmt.Sprintf("%d.%d.peers:2,S", at.Unix(), i))
		if err := os.WriteFile(name, []byte(m), 0o600); err != nil {
			return err
		}
		if _, err := fmt.Fprintf(w, "From peers@example.org %s\n%s\n", at.Format(time.ANSIC), m); err != nil {
			return err
		}
	}
	return nil
}

func message(random *rand.Rand, i int, at time.Time) string {
	var b strings.Builder
	fmt.Fprintf(&b, "Message-ID: <%d@peers.example>\nDate: %s\nFrom: Person %d <p%d@peers.example>\nTo: Lou <lou@peers.example>\nSubject: %s\nMIME-Version: 1.0\n",
		i, at.Format(time.RFC1123Z), i%300, i%300, someWords(random, 6))
	text := func() {
		if i%3 == 0 {
			fmt.Fprintf(&b, "Content-Type: text/html; charset=utf-8\n\n<html><body><h1>%s</h1>\n", someWords(random, 5))
			for range 60 {
				fmt.Fprintf(&b, "<p style=\"color: #333\">%s</p>\n", someWords(random, 14))
			}
			b.WriteString("</body></html>\n")
			return
		}
		b.WriteString("Content-Type: text/plain; charset=utf-8\n\n")
		for range 20 {
			b.WriteString(someWords(random, 12) + "\n")
		}
	}
	if i%5 != 0 {
		text()
		return b.String()
	}
	b.WriteString("Content-Type: multipart/mixed; boundary=part\n\n--part\n")
	text()
	b.WriteString("--part\nContent-Type: application/octet-stream\nContent-Disposition: attachment; filename=scan.bin\nContent-Transfer-Encoding: base64\n\n")
	file := make([]byte, 20_000+random.IntN(300_000))
	for k := range file {
		file[k] = byte(random.Uint32())
	}
	for s := base64.StdEncoding.EncodeToString(file); s != ""; {
		line := s[:min(76, len(s))]
		b.WriteString(line + "\n")
		s = s[len(line):]
	}
	b.WriteString("--part--\n")
	return b.String()
}

// someWords returns n words of a vocabulary of twenty thousand, some far more frequent.
func someWords(random *rand.Rand, n int) string {
	const syllables = "balirotumefosadekinovulerapitogucasemi"
	all := make([]string, n)
	for i := range all {
		k := int(20_000 * random.Float64() * random.Float64() * random.Float64())
		var b strings.Builder
		for k += 19; k > 0; k /= 19 {
			b.WriteString(syllables[k%19*2 : k%19*2+2])
		}
		all[i] = b.String()
	}
	return strings.Join(all, " ")
}
