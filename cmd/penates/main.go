// Command penates is a personal information management system: it brings home
// the data that banks, energy companies, shops and others hold about a person,
// keeps it encrypted, and answers questions about it.
//
// Run "penates help" for its commands, "penates demo" to see it at work.
package main

import (
	"context"
	"os"
	"os/signal"
	"syscall"
	_ "time/tzdata" // zones have names on machines without zone files too
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	p := &program{
		stdin: os.Stdin, stdout: os.Stdout, stderr: os.Stderr,
		getenv: os.Getenv, args: os.Args[1:],
	}
	p.cwd, _ = os.Getwd()
	p.terminal = isTerminal(os.Stderr)
	code := p.run(ctx)
	stop()
	os.Exit(code)
}
