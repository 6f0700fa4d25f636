// Command datai runs the whole of it: the server, and the commands that an
// operator or an officer types. `datai --help` is the manual.
package main

import (
	"context"
	"os"
	"os/signal"
	"syscall"
	"time"

	"datai/rules"
)

func main() {
	if os.Getenv("TZ") == "" {
		time.Local = rules.Shanghai() // where every deadline is, also on a machine that counts in UTC
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	code := run(ctx, os.Args[1:], env{
		stdout: os.Stdout, stderr: os.Stderr, terminal: isTerminal(os.Stderr), getenv: os.Getenv,
		dir: func() string { d, _ := os.Getwd(); return d }(),
	})
	stop()
	os.Exit(code)
}
