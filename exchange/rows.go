package exchange

import (
	"archive/zip"
	"bufio"
	"bytes"
	"encoding/csv"
	"encoding/json"
	"encoding/xml"
	"fmt"
	"io"
	"regexp"
	"strings"

	"datai/catalog"
)

// Formats of files. Text with other separators than commas and tabs has names
// of its own, so that it can be written as it was read.
const (
	FormatXLSX      = "xlsx"
	FormatCSV       = "csv"
	FormatSemicolon = "csv-semicolon"
	FormatBar       = "csv-bar"
	FormatTSV       = "tsv"
	FormatJSONL     = "jsonl"
	FormatXLS       = "xls"
	FormatHTML      = "html"
)

// Extension is how the name of a file ends that is written in a format: what is
// only read (xls, html) is written as xlsx.
func Extension(format string) string {
	switch format {
	case FormatCSV, FormatSemicolon, FormatBar:
		return ".csv"
	case FormatTSV:
		return ".tsv"
	case FormatJSONL:
		return ".jsonl"
	}
	return ".xlsx"
}

// tableWriter writes a table row by row.
type tableWriter interface {
	row(texts []string) error
	close() error
}

// newTableWriter begins a table; the first row is its header. An unknown format
// is Invalid.
func newTableWriter(w io.Writer, format string) (tableWriter, error) {
	switch format {
	case FormatJSONL:
		return &objectWriter{out: bufio.NewWriterSize(w, 64<<10)}, nil
	case FormatXLSX, FormatXLS, FormatHTML:
		return newSheetWriter(w)
	}
	for sep, f := range textFormats {
		if f == format {
			return newTextWriter(w, rune(sep))
		}
	}
	return nil, catalog.Refuse(catalog.Invalid, "export.unknown_format", "format", short(format, 20))
}

// textWriter writes CSV and its relatives in UTF-8 with byte order mark, by
// which Excel knows it.
type textWriter struct{ csv *csv.Writer }

func newTextWriter(w io.Writer, sep rune) (tableWriter, error) {
	if _, err := io.WriteString(w, "\ufeff"); err != nil {
		return nil, err
	}
	t := textWriter{csv.NewWriter(w)}
	t.csv.Comma = sep
	return t, nil
}

func (t textWriter) row(texts []string) error {
	safe := make([]string, len(texts))
	for i, s := range texts {
		safe[i] = disarm(s)
	}
	return t.csv.Write(safe)
}

func (t textWriter) close() error {
	t.csv.Flush()
	return t.csv.Error()
}

// A text that begins like a formula would be run by the program that opens the
// CSV file, so an apostrophe goes before it, and the reader takes it away. Of
// texts that begin with apostrophes before such a sign the same is true, so that
// every text comes back as it was.
const armedSigns = "=+-@\t\r\n＝＋－＠"

func armed(s string) bool {
	rest := strings.TrimLeft(s, "'")
	return rest != "" && strings.ContainsRune(armedSigns, []rune(rest)[0])
}

func disarm(s string) string {
	if armed(s) {
		return "'" + s
	}
	return s
}

func rearm(s string) string {
	if strings.HasPrefix(s, "'") && armed(s) {
		return s[1:]
	}
	return s
}

// The fixed parts of a workbook of one sheet (ECMA-376 part 1). Every cell is a
// text and stays one when it is edited: number format 49 is @.
var bookParts = [][2]string{
	{"[Content_Types].xml", `<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"><Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/><Default Extension="xml" ContentType="application/xml"/><Override PartName="/xl/workbook.xml" ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml"/><Override PartName="/xl/styles.xml" ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.styles+xml"/><Override PartName="/xl/worksheets/sheet1.xml" ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.worksheet+xml"/></Types>`},
	{"_rels/.rels", `<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="rId1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument" Target="xl/workbook.xml"/></Relationships>`},
	{"xl/workbook.xml", `<workbook xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main" xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships"><sheets><sheet name="Sheet1" sheetId="1" r:id="rId1"/></sheets></workbook>`},
	{"xl/_rels/workbook.xml.rels", `<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="rId1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/worksheet" Target="worksheets/sheet1.xml"/><Relationship Id="rId2" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/styles" Target="styles.xml"/></Relationships>`},
	{"xl/styles.xml", `<styleSheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><fonts count="1"><font><sz val="11"/><name val="Calibri"/></font></fonts><fills count="2"><fill><patternFill patternType="none"/></fill><fill><patternFill patternType="gray125"/></fill></fills><borders count="1"><border><left/><right/><top/><bottom/><diagonal/></border></borders><cellStyleXfs count="1"><xf numFmtId="0" fontId="0" fillId="0" borderId="0"/></cellStyleXfs><cellXfs count="2"><xf numFmtId="0" fontId="0" fillId="0" borderId="0" xfId="0"/><xf numFmtId="49" fontId="0" fillId="0" borderId="0" xfId="0" applyNumberFormat="1"/></cellXfs></styleSheet>`},
}

const (
	sheetBegin = `<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetViews><sheetView workbookViewId="0"><pane ySplit="1" topLeftCell="A2" activePane="bottomLeft" state="frozen"/></sheetView></sheetViews><cols><col min="1" max="16384" width="18" style="1"/></cols><sheetData>`
	sheetEnd   = `</sheetData></worksheet>`
	maxRows    = 1 << 20 // of a sheet of Excel
)

// sheetWriter writes a workbook of one sheet as a stream, its texts in place.
type sheetWriter struct {
	zip *zip.Writer
	out *bufio.Writer
	n   int
}

func newSheetWriter(w io.Writer) (tableWriter, error) {
	s := &sheetWriter{zip: zip.NewWriter(w)}
	for _, p := range bookParts {
		f, err := s.zip.Create(p[0])
		if err == nil {
			_, err = io.WriteString(f, xml.Header+p[1])
		}
		if err != nil {
			return nil, err
		}
	}
	f, err := s.zip.Create("xl/worksheets/sheet1.xml")
	if err != nil {
		return nil, err
	}
	s.out = bufio.NewWriterSize(f, 64<<10)
	_, err = s.out.WriteString(xml.Header + sheetBegin)
	return s, err
}

func (s *sheetWriter) row(texts []string) error {
	if s.n++; s.n > maxRows {
		return catalog.Refuse(catalog.Invalid, "export.too_many_rows")
	}
	fmt.Fprintf(s.out, `<row r="%d">`, s.n) //nolint:errcheck // a bufio.Writer keeps its error until Flush
	for i, t := range texts {
		if t == "" {
			continue
		}
		fmt.Fprintf(s.out, `<c r="%s%d" s="1" t="inlineStr"><is><t xml:space="preserve">`, columnName(i), s.n) //nolint:errcheck // as above
		if err := xml.EscapeText(s.out, []byte(escapeX(t))); err != nil {
			return err
		}
		s.out.WriteString(`</t></is></c>`) //nolint:errcheck // as above
	}
	_, err := s.out.WriteString(`</row>`)
	return err
}

func (s *sheetWriter) close() error {
	if _, err := s.out.WriteString(sheetEnd); err != nil {
		return err
	}
	if err := s.out.Flush(); err != nil {
		return err
	}
	return s.zip.Close()
}

var looksEscaped = regexp.MustCompile(`_(x[0-9A-Fa-f]{4}_)`)

// escapeX keeps a text that looks like an escape from being taken for one.
func escapeX(s string) string { return looksEscaped.ReplaceAllString(s, "_x005F_$1") }

// objectWriter writes rows as JSON Lines: a text by each key.
type objectWriter struct {
	out  *bufio.Writer
	keys []string // the first row
}

func (o *objectWriter) row(texts []string) error {
	if o.keys == nil {
		o.keys = texts
		return nil
	}
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
