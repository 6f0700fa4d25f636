package exchange

import (
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
	out, err := newTableWriter(w, format)
	if err != nil {
		return err
	}
	if err := out.row(header); err != nil {
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
