package exchange

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"iter"

	"datai/catalog"
	"datai/intake"
)

// ReasonHeader is the last column of a file of refused rows. When the file
// comes back, it is dropped.
const ReasonHeader = "不接收原因"

// RefusedRow is a row to be given back, with the reason in words.
type RefusedRow struct {
	Cells  []string // as in intake.Row; nil if nothing of it was kept
	Reason string
}

// WriteRefused writes rows in the format that their file had (intake.File), xls
// and html as xlsx, with a last column of reasons. Once mended, the file can be
// imported as it is. Another format is Invalid.
func WriteRefused(w io.Writer, format string, columns []intake.Column, rows iter.Seq2[RefusedRow, error]) error {
	var keep []int
	var header []string
	for i, c := range columns {
		if catalog.Fold(c.Header) != catalog.Fold(ReasonHeader) { // one that was refused twice
			keep, header = append(keep, i), append(header, c.Header)
		}
	}
	header = append(header, ReasonHeader)
	out, err := newRefusedWriter(w, format, header)
	if err != nil {
		return fmt.Errorf("exchange: write refused rows: %w", err)
	}
	for r, err := range rows {
		if err != nil {
			return fmt.Errorf("exchange: write refused rows: %w", err)
		}
		texts := make([]string, len(header))
		for i, at := range keep {
			if at < len(r.Cells) {
				texts[i] = r.Cells[at]
			}
		}
		texts[len(keep)] = r.Reason
		if err := out.row(texts); err != nil {
			return fmt.Errorf("exchange: write refused rows: %w", err)
		}
	}
	if err := out.close(); err != nil {
		return fmt.Errorf("exchange: write refused rows: %w", err)
	}
	return nil
}

func newRefusedWriter(w io.Writer, format string, header []string) (rowWriter, error) {
	if format == FormatJSONL {
		return &objectWriter{out: bufio.NewWriterSize(w, 64<<10), keys: header}, nil
	}
	out, err := newRowWriter(w, format)
	if err != nil {
		return nil, err
	}
	return out, out.row(header)
}

// objectWriter writes rows as JSON Lines: a text by each key.
type objectWriter struct {
	out  *bufio.Writer
	keys []string
}

func (o *objectWriter) row(texts []string) error {
	sep := "{"
	for i, key := range o.keys {
		if _, err := fmt.Fprintf(o.out, "%s%s:%s", sep, quoted(key), quoted(texts[i])); err != nil {
			return err
		}
		sep = ","
	}
	_, err := o.out.WriteString("}\n")
	return err
}

func (o *objectWriter) close() error { return o.out.Flush() }

// quoted is s as a text of JSON.
func quoted(s string) []byte {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	_ = enc.Encode(s) // a text in memory
	return bytes.TrimSpace(b.Bytes())
}
