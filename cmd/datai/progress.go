package main

import (
	"fmt"
	"os"
	"strconv"
	"time"

	"datai/intake"
	"datai/wording"
)

// progress tells how far the reading of a file is: on a terminal one line that
// is written over, else a line every 2,000 rows.
type progress struct {
	e     env
	l     wording.Lang
	shown int
	begun bool
	open  bool // a line of the terminal has been begun
}

const progressEvery = 2000 // rows, where every line stays

func (p *progress) batch(b intake.Batch) {
	if !p.begun && b.Counts.Rows > 0 {
		fmt.Fprintln(p.e.stderr, p.l.Say("import.resumed", "n", strconv.Itoa(b.Counts.Rows)))
		p.shown = b.Counts.Rows
	}
	p.begun = true
	if b.Counts.Rows == 0 || (!p.e.terminal && b.Counts.Rows-p.shown < progressEvery) {
		return
	}
	p.shown = b.Counts.Rows
	text := p.l.Say("import.progress", "rows", strconv.Itoa(b.Counts.Rows), "valid", strconv.Itoa(b.Counts.Rows-b.Counts.Refused), "refused", strconv.Itoa(b.Counts.Refused))
	if minutes, ok := b.MinutesLeft(time.Now()); ok {
		text += p.l.Say("import.minutes_left", "n", strconv.Itoa(minutes))
	}
	if !p.e.terminal {
		fmt.Fprintln(p.e.stderr, text)
		return
	}
	fmt.Fprint(p.e.stderr, "\r\x1b[K"+text)
	p.open = true
}

// end leaves the line of the terminal.
func (p *progress) end() {
	if p.open {
		fmt.Fprintln(p.e.stderr)
		p.open = false
	}
}

// isTerminal reports whether people see what is written to f as it comes.
func isTerminal(f *os.File) bool {
	info, err := f.Stat()
	return err == nil && info.Mode()&os.ModeCharDevice != 0
}
