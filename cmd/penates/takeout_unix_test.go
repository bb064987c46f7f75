package main_test

import (
	"archive/zip"
	"compress/flate"
	"encoding/base64"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"testing"
	"time"
)

// A takeout is an archive like those that large services give, made up as it is
// written, and how much it holds.
type takeout struct {
	random                       *rand.ChaCha8
	messages, pictures, position int
}

func (k *takeout) bytes(n int) []byte {
	b := make([]byte, n)
	k.random.Read(b)
	return b
}

// write writes an archive of about size bytes: half of it mail with attachments, a
// third pictures, the rest positions and what stands beside the pictures.
func (k *takeout) write(path string, size int64) error {
	f, err := os.Create(path)
	if err != nil {
		return err
	}
	defer f.Close()
	z := zip.NewWriter(f)
	z.RegisterCompressor(zip.Deflate, func(w io.Writer) (io.WriteCloser, error) { return flate.NewWriter(w, flate.BestSpeed) })
	if err := k.mail(z, size/2); err != nil {
		return err
	}
	if err := k.photos(z, size/3); err != nil {
		return err
	}
	if err := k.positions(z, size/6); err != nil {
		return err
	}
	if err := z.Close(); err != nil {
		return err
	}
	return f.Close()
}

var begin = time.Date(2012, time.January, 1, 8, 0, 0, 0, time.UTC)

func (k *takeout) mail(z *zip.Writer, size int64) error {
	w, err := z.CreateHeader(&zip.FileHeader{Name: "Takeout/Mail/All mail.mbox", Method: zip.Store})
	if err != nil {
		return err
	}
	for written := int64(0); written < size; k.messages++ {
		at := begin.Add(time.Duration(k.messages) * time.Hour)
		n, err := fmt.Fprintf(w, "From x@example.org %s\nFrom: Zoé <zoe%d@example.org>\nTo: max@example.org\nSubject: Message %d\nDate: %s\nMessage-ID: <%d@example.org>\nMIME-Version: 1.0\n"+
			"Content-Type: multipart/mixed; boundary=b\n\n--b\nContent-Type: text/plain; charset=utf-8\n\nBonjour, voici le document numéro %d, à bientôt.\n"+
			"--b\nContent-Type: application/octet-stream; name=\"d%d.bin\"\nContent-Transfer-Encoding: base64\n\n", at.Format(time.ANSIC), k.messages%500, k.messages, at.Format(time.RFC1123Z), k.messages, k.messages, k.messages)
		if err != nil {
			return err
		}
		text := base64.StdEncoding.EncodeToString(k.bytes(36_000))
		for len(text) > 0 {
			line := text[:min(76, len(text))]
			text = text[len(line):]
			m, err := io.WriteString(w, line+"\n")
			if err != nil {
				return err
			}
			n += m
		}
		if _, err := io.WriteString(w, "--b--\n\n"); err != nil {
			return err
		}
		written += int64(n)
	}
	return nil
}

func (k *takeout) photos(z *zip.Writer, size int64) error {
	for written := int64(0); written < size; k.pictures++ {
		name := fmt.Sprintf("Takeout/Google Photos/Album %d/IMG_%d.jpg", k.pictures/100, k.pictures)
		w, err := z.CreateHeader(&zip.FileHeader{Name: name, Method: zip.Store})
		if err != nil {
			return err
		}
		content := append([]byte("\xff\xd8\xff\xe0\x00\x10JFIF\x00\x01\x01\x00\x00\x01\x00\x01\x00\x00\xff\xda"), k.bytes(1_200_000)...)
		if _, err := w.Write(content); err != nil {
			return err
		}
		if w, err = z.Create(name + ".json"); err != nil {
			return err
		}
		_, err = fmt.Fprintf(w, `{"title":"IMG_%d.jpg","description":"","photoTakenTime":{"timestamp":"%d"},"geoData":{"latitude":48.8,"longitude":2.3}}`,
			k.pictures, begin.Add(time.Duration(k.pictures)*time.Hour).Unix())
		if err != nil {
			return err
		}
		written += int64(len(content))
	}
	return nil
}

// positions are written as they stand in an archive, whose bytes are fewer.
func (k *takeout) positions(z *zip.Writer, size int64) error {
	w, err := z.CreateHeader(&zip.FileHeader{Name: "Takeout/Location History/Records.json", Method: zip.Store})
	if err != nil {
		return err
	}
	if _, err := io.WriteString(w, `{"locations":[`); err != nil {
		return err
	}
	for written := int64(0); written < size; k.position++ {
		comma := ","
		if k.position == 0 {
			comma = ""
		}
		n, err := fmt.Fprintf(w, "%s{\n  \"latitudeE7\": %d,\n  \"longitudeE7\": %d,\n  \"accuracy\": %d,\n  \"source\": \"WIFI\",\n  \"deviceTag\": 1234567,\n  \"platformType\": \"ANDROID\",\n  \"activity\": [{\"activity\": [{\"type\": \"STILL\", \"confidence\": 97}]}],\n  \"timestamp\": \"%s\"\n}",
			comma, 488_000_000+k.position%90_000, 23_000_000+k.position%70_000, 5+k.position%60, begin.Add(time.Duration(k.position)*time.Minute).Format(time.RFC3339))
		if err != nil {
			return err
		}
		written += int64(n)
	}
	_, err = io.WriteString(w, "]}")
	return err
}

// TestTakeout imports a large archive, kills the import on the way, and completes it:
// every message, picture and position is there once, and memory does not grow with the
// archive.
func TestTakeout(t *testing.T) {
	size, after := int64(24<<20), 700*time.Millisecond
	if *long {
		size, after = 2<<30, 40*time.Second
	}
	m := newMachine(t)
	path := filepath.Join(t.TempDir(), "takeout.zip")
	k := &takeout{random: rand.NewChaCha8([32]byte{1})}
	if err := k.write(path, size); err != nil {
		t.Fatal(err)
	}
	c := m.command("import", path)
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	timer := time.AfterFunc(after, func() { _ = c.Process.Kill() }) // it may have ended by itself
	_ = c.Wait()
	timer.Stop()
	m.must("check")
	before := m.count("messages")
	started := time.Now()
	c = m.command("import", path)
	if out, err := c.CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	took := time.Since(started)
	for view, want := range map[string]int{"messages": k.messages, "positions": k.position, "records": k.pictures, "files": k.messages + k.pictures} {
		if got := m.count(view); got != want {
			t.Errorf("%d %s, want %d", got, view, want)
		}
	}
	const most = 300 << 10 // KB
	peak := peakMemory(c)
	if peak > most {
		t.Errorf("the import took %d MB of memory", peak>>10)
	}
	t.Logf("%d MB: %d messages (%d before the kill), %d pictures, %d positions in %s, %d MB of memory, %s of CPU",
		size>>20, k.messages, before, k.pictures, k.position, took.Round(time.Second), peak>>10, (c.ProcessState.UserTime() + c.ProcessState.SystemTime()).Round(time.Second))
}

// peakMemory returns the most memory a process that ended had, in KB.
func peakMemory(c *exec.Cmd) int64 {
	usage, ok := c.ProcessState.SysUsage().(*syscall.Rusage)
	if !ok {
		return 0
	}
	return usage.Maxrss
}
