package exchange

import (
	"bytes"
	"encoding/binary"
	"math"
	"os"
	"strings"
	"testing"
	"unicode/utf16"

	"datai/intake"

	"github.com/google/go-cmp/cmp"
)

// The same sheet saved by LibreOffice as .xls and as .xlsx reads alike.
func TestOldExcelAsNewExcel(t *testing.T) {
	old, now := mustRead(t, "testdata/old.xls", intake.Needs), mustRead(t, "testdata/needs-libreoffice.xlsx", intake.Needs)
	old.rows[0].Need.OwnerName = now.rows[0].Need.OwnerName // LibreOffice wrote no value of the formula into the old file
	if diff := cmp.Diff(now.rows, old.rows); diff != "" || len(old.rows) == 0 {
		t.Error(diff)
	}
	if diff := cmp.Diff(now.cols, old.cols); diff != "" {
		t.Error(diff)
	}
	f, err := Open("testdata/old.xls", "old.xls", intake.Needs, Options{})
	if err != nil || f.Format != FormatXLS {
		t.Fatalf("%+v, %v", f, err)
	}
	defer f.Close()
}

// stream puts records together.
type stream struct{ bytes.Buffer }

func (s *stream) rec(id uint16, parts ...any) *stream {
	var b bytes.Buffer
	for _, p := range parts {
		if err := binary.Write(&b, binary.LittleEndian, p); err != nil {
			panic(err)
		}
	}
	_ = binary.Write(s, binary.LittleEndian, []uint16{id, uint16(b.Len())})
	s.Write(b.Bytes())
	return s
}

func wide(s string) []uint16 { return utf16.Encode([]rune(s)) }

// oldSheets are the globals with the shared strings, as the records that sst
// writes, and one sheet.
func oldSheets(sst func(*stream), sheet func(*stream)) []byte {
	begin := func(at uint32) *stream {
		s := &stream{}
		s.rec(recBOF, uint16(biff8), uint16(5), make([]byte, 12)).rec(rec1904, uint16(1))
		s.rec(recSheet, at, uint16(0), byte(1), byte(1), wide("S"))
		sst(s)
		return s.rec(recEOF)
	}
	s := begin(uint32(begin(0).Len()))
	s.rec(recBOF, uint16(biff8), uint16(16), make([]byte, 12))
	sheet(s)
	return s.rec(recEOF).Bytes()
}

func readStream(t *testing.T, data []byte, kind intake.Kind) ([]intake.Row, error) {
	t.Helper()
	h, err := headersOf(kind)
	if err != nil {
		t.Fatal(err)
	}
	r := &reader{kind: kind, headers: h, lim: DefaultLimits()}
	if err := r.openRecords(bytes.NewReader(data)); err != nil {
		return nil, err
	}
	var out []intake.Row
	for row, err := range r.rows {
		if err != nil {
			return out, err
		}
		out = append(out, row)
	}
	return out, nil
}

// Texts of the shared table go on in other records, in another width; cells are
// of every kind.
func TestRecordsOfOldExcel(t *testing.T) {
	label := func(s *stream, row, col uint16, i uint32) { s.rec(recLabelSST, row, col, uint16(0), i) }
	sst := func(s *stream) {
		s.rec(recSST, uint32(6), uint32(6),
			uint16(4), byte(1), wide("成果名称"), uint16(4), byte(1), wide("成果简介"), uint16(6), byte(1), wide("成果完成时间"),
			uint16(4), byte(1), wide("合作价格"),
			uint16(7), byte(8|4|1), uint16(1), uint32(6), wide("甲abcd"))
		s.rec(recContinue, byte(0), []byte("ef"), uint32(0), []byte("pho")) // one run of fonts, then how it is read aloud
		s.rec(recContinue, []byte("net"), uint16(1), byte(0), []byte("x"))
	}
	data := oldSheets(sst, func(s *stream) {
		for col := range uint16(4) {
			label(s, 0, col, uint32(col))
		}
		s.rec(recRow, uint16(1), make([]byte, 10), uint32(0x20))
		label(s, 1, 0, 4)
		s.rec(recFormula, uint16(1), uint16(1), uint16(0), []byte{0, 0, 0, 0, 0, 0, 0xFF, 0xFF}, make([]byte, 6))
		s.rec(recString, uint16(3), byte(1), wide("算出来"))
		s.rec(recMulRK, uint16(1), uint16(2), uint16(0), uint32(43042<<2|2), uint16(0), uint32(1250<<2|3), uint16(3)) // a day since 1904, hundredths
		s.rec(recBOF, uint16(biff8), uint16(32), make([]byte, 12))                                                    // a chart
		label(s, 0, 0, 5)
		s.rec(recEOF)
		s.rec(recLabel, uint16(2), uint16(0), uint16(0), uint16(1), byte(0), []byte("y"))
		s.rec(recFormula, uint16(2), uint16(1), uint16(0), []byte{2, 0, 0x17, 0, 0, 0, 0xFF, 0xFF}, make([]byte, 6))
		s.rec(recNumber, uint16(2), uint16(3), uint16(0), math.Float64bits(1e15))
		s.rec(recBoolErr, uint16(2), uint16(4), uint16(0), byte(1), byte(0))
		s.rec(recMerged, uint16(1), []uint16{1, 2, 1, 1})
	})
	rows, err := readStream(t, data, intake.Results)
	if err != nil || len(rows) != 2 {
		t.Fatalf("%+v, %v", rows, err)
	}
	r := rows[0].Result
	if r == nil || r.Title != "甲abcdef" || r.Abstract != "算出来" || r.CompletedOn.String() != "2021-11-04" || r.Price.Max != 12_5000_00 || rows[0].N != 2 {
		t.Errorf("row 2 = %+v", rows[0])
	}
	wantKeys(t, rows[0], false, "import.note.hidden_row", "import.note.price_unit")
	wantKeys(t, rows[1], false, "import.note.cell_error", "import.note.price_unread")

	for name, c := range map[string]struct {
		data []byte
		key  string
	}{
		"cut off":    {data[:len(data)-8], "import.unusable.truncated"},
		"encrypted":  {oldSheets(func(s *stream) { s.rec(recFilePass, uint16(1)) }, func(*stream) {}), "import.unusable.encrypted"},
		"backwards":  {oldSheets(sst, func(s *stream) { label(s, 5, 0, 0); label(s, 4, 0, 1) }), "import.unusable.old_excel"},
		"Excel 5":    {append([]byte{9, 8, 2, 0, 0, 5}, data...), "import.unusable.old_excel"},
		"no strings": {oldSheets(func(s *stream) { s.rec(recSST, uint32(1), uint32(9), uint16(9), byte(1)) }, func(*stream) {}), "import.unusable.truncated"},
	} {
		if _, err := readStream(t, c.data, intake.Results); err == nil {
			t.Errorf("%s: no error", name)
		} else {
			wantUnusable(t, err, c.key)
		}
	}
	_, err = read(t, textFile(t, "x.xls", "\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"+strings.Repeat("\x00", 5000)), intake.Results, Limits{})
	wantUnusable(t, err, "import.unusable.truncated")
}

func FuzzOldExcel(f *testing.F) {
	b, err := os.ReadFile("testdata/old.xls")
	if err != nil {
		f.Fatal(err)
	}
	f.Add(b[512:], byte(1))
	f.Add(oldSheets(func(s *stream) { s.rec(recSST, uint32(1), uint32(1), uint16(4), byte(1), wide("成果名称")) }, func(s *stream) {
		s.rec(recLabelSST, uint16(0), uint16(0), uint16(0), uint32(0)).rec(recRK, uint16(1), uint16(0), uint16(0), uint32(7))
	}), byte(0))
	f.Fuzz(func(t *testing.T, data []byte, kind byte) {
		h, err := headersOf(kinds[int(kind)%len(kinds)])
		if err != nil {
			t.Fatal(err)
		}
		r := &reader{kind: kinds[int(kind)%len(kinds)], headers: h, lim: Limits{UnpackedBytes: 1 << 20, CellBytes: 4000, Rows: 1000, Columns: 50, Sheets: 3}}
		if err := r.openRecords(bytes.NewReader(data)); err != nil {
			mustBeTold(t, err)
			return
		}
		for row, err := range r.rows {
			if err != nil {
				mustBeTold(t, err)
				return
			}
			checkRow(t, row)
		}
	})
}
