package main

import (
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strings"
)

// print writes the table as Markdown, with each figure's ratio to the first peer's.
func (p *plan) print(w io.Writer, all []*result) {
	load, _ := os.ReadFile("/proc/loadavg") // empty elsewhere
	fmt.Fprintf(w, "%d processors, load average %s; medians of %d rounds, %d documents one after the other, %d by %d clients at once\n\n",
		runtime.NumCPU(), strings.Join(strings.Fields(string(load))[:min(1, len(load))], ""), p.rounds, p.single, p.many, p.clients)
	fmt.Fprintln(w, "| program | "+strings.Join(works[:], " | ")+" | start | idle memory | disk a document |")
	fmt.Fprintln(w, "|---|---|---|---|---|---|---|---|")
	for _, r := range all {
		fmt.Fprintf(w, "| %s ", r.peer.name)
		if r.peer.most > 0 {
			fmt.Fprintf(w, "(refuses more than %d writing at once) ", r.peer.most)
		}
		for i := range works {
			x := middle(r.figures[i])
			fmt.Fprintf(w, "| %.0f/s, %d µs ", x.rate, x.cpu.Microseconds())
			if r != all[0] {
				first := middle(all[0].figures[i])
				fmt.Fprintf(w, "(%.2f×, %.2f×) ", first.rate/x.rate, float64(x.cpu)/float64(first.cpu))
			}
		}
		fmt.Fprintf(w, "| %.0f ms | %.0f MB | %.1f KB |\n", r.start, r.idle, r.disk)
	}
	fmt.Fprintf(w, "\nRequests a second, and processor time of the program for each. In brackets: how many times as many requests %s answers, and how many times its processor time the other needs.\n", all[0].peer.name)
}

// used returns how many bytes the files below dir take.
func used(dir string) (n int64) {
	_ = filepath.WalkDir(dir, func(name string, d fs.DirEntry, err error) error {
		if err == nil && d.Type().IsRegular() {
			n += onDisk(d)
		}
		return nil // a file that was just removed takes nothing
	})
	return n
}
