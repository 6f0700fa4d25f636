// Command datai-bench measures the matching: its quality on judged data and its speed, beside other engines on the same
// data in the same run.
package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"os/signal"

	"github.com/alecthomas/kong"
)

type cli struct {
	Eval    evalCmd    `cmd:"" help:"Measure the quality of matching on judged data."`
	Match   matchCmd   `cmd:"" help:"Measure the speed and memory of matching."`
	Web     webCmd     `cmd:"" help:"Measure the pages of the real program over many listings."`
	Cases   casesCmd   `cmd:"" help:"Measure the pages of an office with many contact cases."`
	Notify  notifyCmd  `cmd:"" help:"Measure the pages while receivers of notices hang, and count what is lost."`
	Train   trainCmd   `cmd:"" help:"Learn the weights of the second stage, with cross-validation, and write their file."`
	Tune    tuneCmd    `cmd:"" help:"Tune the numbers of the first stage by coordinate search; prints them."`
	Import  importCmd  `cmd:"" help:"Measure the time and memory of imports through the program."`
	Labels  labelsCmd  `cmd:"" help:"Fit the confidence that labels rest on, with cross-validation; prints its numbers."`
	Journal journalCmd `cmd:"" help:"Measure what the journal costs a write, how fast it is sealed and how long its verification takes."`
	SignIn  signInCmd  `cmd:"" name:"signin" help:"Measure signing in while somebody guesses passwords, from one address and from many."`
	Fields  fieldsCmd  `cmd:"" name:"disciplines" help:"Train the classifier of disciplines and write its file; prints cross-validated figures."`
}

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	os.Exit(run(ctx, os.Args[1:], os.Stdout, os.Stderr))
}

// run parses args and runs a command; it returns the exit code.
func run(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	var c cli
	code := -1
	parser, err := kong.New(&c, kong.Name("datai-bench"), kong.Writers(stdout, stderr), kong.Exit(func(n int) { code = n }))
	if err != nil {
		fmt.Fprintln(stderr, err)
		return 2
	}
	parsed, err := parser.Parse(args)
	if code >= 0 { // --help was printed
		return code
	}
	if err != nil {
		fmt.Fprintf(stderr, "datai-bench: %v\nRun datai-bench --help for the flags.\n", err)
		return 2
	}
	parsed.BindTo(ctx, (*context.Context)(nil))
	parsed.BindTo(stdout, (*io.Writer)(nil))
	if err := parsed.Run(); err != nil {
		fmt.Fprintf(stderr, "datai-bench: %v\n", err)
		return 1
	}
	return 0
}
