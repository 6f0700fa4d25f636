package exchange

import (
	"archive/zip"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/xuri/excelize/v2"
)

// The cells are those that excelize, the peer, reads.
func TestSameCellsAsExcelize(t *testing.T) {
	for _, path := range []string{"testdata/results-openpyxl.xlsx", "testdata/needs-libreoffice.xlsx"} {
		theirs, err := excelize.OpenFile(path)
		if err != nil {
			t.Fatal(err)
		}
		defer theirs.Close()
		z, err := zip.OpenReader(path)
		if err != nil {
			t.Fatal(err)
		}
		defer z.Close()
		w := &workbook{parts: map[string]*zip.File{}, lim: DefaultLimits(), left: 1 << 30}
		if err := w.directory(&z.Reader, 1<<20); err != nil {
			t.Fatal(err)
		}
		if err := w.readIndex(); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(theirs.GetSheetList(), names(w.sheets)); diff != "" {
			t.Fatal(diff)
		}
		for _, g := range w.grids() {
			want, err := theirs.GetRows(g.sheet, excelize.Options{RawCellValue: true})
			if err != nil {
				t.Fatal(err)
			}
			for l, err := range g.lines {
				if err != nil {
					t.Fatal(err)
				}
				for _, c := range l.cells {
					// A formula without a value is text for us and nothing for excelize.
					if c.flaw != formula && want[l.n-1][c.col] != c.text {
						t.Errorf("%s %s %s%d = %q, excelize %q", path, g.sheet, columnName(c.col), l.n, c.text, want[l.n-1][c.col])
					}
				}
				if filled := count(want[l.n-1]); filled > len(l.cells) {
					t.Errorf("%s %s row %d: %d cells, excelize %d", path, g.sheet, l.n, len(l.cells), filled)
				}
			}
			merged, err := theirs.GetMergeCells(g.sheet)
			if err != nil {
				t.Fatal(err)
			}
			ours, err := g.merges()
			if err != nil || len(ours) != len(merged) {
				t.Errorf("%s %s: merged %v (%v), excelize %v", path, g.sheet, ours, err, merged)
			}
		}
	}
}

func names(sheets []sheetRef) []string {
	var out []string
	for _, s := range sheets {
		out = append(out, s.name)
	}
	return out
}

func count(row []string) int {
	n := 0
	for _, s := range row {
		if s != "" {
			n++
		}
	}
	return n
}
