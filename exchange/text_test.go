package exchange

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/google/go-cmp/cmp"
)

// scanned are the filled cells of a text with commas, by the number of the row.
// It is read byte by byte: a line end may be cut in two.
func scanned(text string, limit int) (map[int][]cell, error) {
	s := newSeparatedScan(iotest.OneByteReader(strings.NewReader(text)), ',', limit)
	rows := map[int][]cell{}
	for {
		more, err := s.row()
		if err != nil || !more {
			return rows, err
		}
		rows[s.line.n] = slices.Clone(s.line.cells)
	}
}

func TestRowsOfText(t *testing.T) {
	a, b, c := cell{text: "a"}, cell{text: "b"}, cell{text: "c"}
	for text, want := range map[string]map[int][]cell{
		"":                      {},
		"a,,b\n\n\r\n\rc":       {1: {a, {col: 2, text: "b"}}, 5: {c}},
		"\"a\r\n\rb\",\"c\"\rb": {1: {{text: "a\n\nb"}, {col: 1, text: "c"}}, 2: {b}},
		".\n.":                  {1: {{text: "."}}, 2: {{text: "."}}},
		"a\n\n\n":               {1: {a}},
		"a, \"b,b\",c":          {1: {a, {col: 1, text: "b,b"}, {col: 2, text: "c"}}},
		"b\n\"a\"":              {1: {b}, 2: {a}},
		"\"a\n.\"":              {1: {{text: "a\n."}}},
		"\"a\n.":                {1: {{text: "a\n.", flaw: open_}}},
		"a\nb,\"c\"x\na,b":      {1: {a}, 2: {b, {col: 1, text: "c\"x\na,b", flaw: open_}}},
		"\"1234567890\na":       {1: {{text: "12345678", flaw: open_}}},
		"12345678,123456789\nb": {1: {{text: "12345678"}, {col: 1, text: "12345678", flaw: tooLong}}, 2: {b}},
	} {
		got, err := scanned(text, 8)
		if err != nil {
			t.Errorf("%q: %v", text, err)
		}
		if diff := cmp.Diff(want, got, cmp.AllowUnexported(cell{})); diff != "" {
			t.Errorf("%q (-want +got):\n%s", text, diff)
		}
	}
}

// No row takes memory without an end, and none is cut without a word.
func TestRowWithoutEnd(t *testing.T) {
	for name, text := range map[string]string{
		"text":  strings.Repeat("x", 2*maxRow),
		"cells": strings.Repeat(",", 2*maxRow/perCell),
	} {
		if _, err := scanned("a\n"+text+"\nb", 8); !errors.Is(err, errLongRow) {
			t.Errorf("%s: %v, want errLongRow", name, err)
		}
	}
	got, err := scanned("a\n\""+strings.Repeat("x\n", maxRow), 8)
	if err != nil || len(got) != 2 || got[2][0].flaw != open_ {
		t.Errorf("a quote that nothing closes: %d rows, %v", len(got), err)
	}
}
