package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"syscall"
	"time"
)

// An input is what programs take in: a file or folder, and how much it is.
type input struct {
	name, path string
	count      int
	megabytes  float64
}

// An intake is a program that takes in one of the inputs.
type intake struct {
	input string
	name  string
	lacks string // of what Penates does with the same input
	// prepare makes an empty store in dir and returns the commands that take in at,
	// and one that prints how many came in.
	prepare func(ctx context.Context, dir string, in input) (commands [][]string, count []string, err error)
}

// A cost is what taking in an input took.
type cost struct {
	took, cpu time.Duration
	peak      float64 // MB of memory
	disk      float64 // MB
	count     string  // what the program says came in
}

// An importPlan says what is taken in, and how often.
type importPlan struct {
	only                                 []string
	rounds, operations, messages, points int
}

// run measures all programs in turn, round by round.
func (p *importPlan) run(ctx context.Context) (err error) {
	root, err := os.MkdirTemp("", "imports")
	if err != nil {
		return err
	}
	defer os.RemoveAll(root)
	inputs, err := p.inputs(root)
	if err != nil {
		return err
	}
	costs := make([][]cost, len(intakes))
	for round := range p.rounds {
		for i, in := range intakes {
			if len(p.only) > 0 && !slices.Contains(p.only, in.name) {
				continue
			}
			dir := filepath.Join(root, fmt.Sprintf("%d-%d", round, i))
			if err := os.Mkdir(dir, 0o700); err != nil {
				return err
			}
			c, err := in.measure(ctx, dir, inputs[in.input])
			if err != nil {
				return fmt.Errorf("%s, %s: %w", in.input, in.name, err)
			}
			costs[i] = append(costs[i], c)
			if err := os.RemoveAll(dir); err != nil {
				return err
			}
		}
	}
	p.print(os.Stdout, inputs, costs)
	return nil
}

// measure has the program take in an input, and counts what came of it.
func (n *intake) measure(ctx context.Context, dir string, in input) (c cost, err error) {
	commands, count, err := n.prepare(ctx, dir, in)
	if err != nil {
		return c, err
	}
	before := used(dir)
	for _, command := range commands {
		cmd := exec.CommandContext(ctx, command[0], command[1:]...)
		cmd.Dir = dir
		cmd.Env = append(os.Environ(), "NOTMUCH_CONFIG="+filepath.Join(dir, "notmuch"))
		start := time.Now()
		out, err := cmd.CombinedOutput()
		c.took += time.Since(start)
		if err != nil {
			return c, fmt.Errorf("%s: %w\n%.2000s", strings.Join(command, " "), err, out)
		}
		c.cpu += cmd.ProcessState.UserTime() + cmd.ProcessState.SystemTime()
		if usage, ok := cmd.ProcessState.SysUsage().(*syscall.Rusage); ok {
			c.peak = max(c.peak, float64(usage.Maxrss)/1024) // Linux counts kilobytes
		}
	}
	c.disk = float64(used(dir)-before) / 1e6
	cmd := exec.CommandContext(ctx, count[0], count[1:]...)
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "NOTMUCH_CONFIG="+filepath.Join(dir, "notmuch"))
	var said strings.Builder
	cmd.Stderr = &said
	out, err := cmd.Output()
	if c.count = strings.TrimSpace(string(out)); err == nil && !strings.Contains(c.count, fmt.Sprint(in.count)) {
		err = fmt.Errorf("%q came in of %d", c.count, in.count)
	}
	if err != nil {
		err = errors.Join(fmt.Errorf("%s: %w", strings.Join(count, " "), err), errors.New(said.String()))
	}
	return c, err
}

// print writes a table for each input as Markdown.
func (p *importPlan) print(w io.Writer, inputs map[string]input, costs [][]cost) {
	load, _ := os.ReadFile("/proc/loadavg") // empty elsewhere
	fmt.Fprintf(w, "%d processors, load average %.4s; medians of %d rounds\n", runtime.NumCPU(), load, p.rounds)
	shown := ""
	for i, in := range intakes {
		if len(costs[i]) == 0 {
			continue
		}
		of := inputs[in.input]
		if shown != in.input {
			shown = in.input
			fmt.Fprintf(w, "\n| %s (%.0f MB) | time | processor time | a second of it | memory | on the disk | what it leaves out |\n|---|---|---|---|---|---|---|\n", of.name, of.megabytes)
		}
		middle := func(f func(cost) float64) float64 {
			var all []float64
			for _, c := range costs[i] {
				all = append(all, f(c))
			}
			return median(all)
		}
		cpu := middle(func(c cost) float64 { return c.cpu.Seconds() })
		fmt.Fprintf(w, "| %s | %.2f s | %.2f s | %.0f, %.1f MB | %.0f MB | %.0f MB | %s |\n", in.name,
			middle(func(c cost) float64 { return c.took.Seconds() }), cpu, float64(of.count)/cpu, of.megabytes/cpu,
			middle(func(c cost) float64 { return c.peak }), middle(func(c cost) float64 { return c.disk }), in.lacks)
	}
}
