// Peers runs the same work on Penates and on programs one would otherwise keep
// one's own data with, side by side on one machine, and prints a table:
//
//	cd bench/peers && go run .
//
// With -imports it runs imports instead: a bank's CSV, a mailbox and a track, taken in
// by Penates and by what Debian has for each (apt-get install notmuch maildir-utils
// sqlite3 hledger gpsbabel).
//
// The work is writing and reading documents of 1 KB over HTTP, one after the other
// and by many at once. Each program runs as its makers say, on this machine's disk,
// with limits on the rate of requests lifted. It is a module of its own, so that
// nothing of it is part of Penates.
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"strings"
)

func main() {
	var p plan
	only := flag.String("only", "", "peers to run, commas between (all when empty)")
	flag.IntVar(&p.rounds, "rounds", 5, "how often each peer is measured, in turn")
	flag.IntVar(&p.single, "single", 300, "documents written and read one after the other, each round")
	flag.IntVar(&p.many, "many", 4000, "documents written and read by many at once, each round")
	flag.IntVar(&p.clients, "clients", 64, "how many are at it at once")
	imports := flag.Bool("imports", false, "measure imports instead")
	var q importPlan
	flag.IntVar(&q.operations, "operations", 100_000, "operations of the bank's CSV, with -imports")
	flag.IntVar(&q.messages, "messages", 2_000, "messages of the mailbox, with -imports")
	flag.IntVar(&q.points, "points", 200_000, "positions of the track, with -imports")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if *only != "" {
		p.only = strings.Split(*only, ",")
	}
	run := p.run
	if *imports {
		q.only, q.rounds = p.only, p.rounds
		run = q.run
	}
	if err := run(ctx); err != nil {
		fmt.Fprintln(os.Stderr, "peers:", err)
		stop()
		os.Exit(1)
	}
}
