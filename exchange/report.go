package exchange

import (
	"archive/zip"
	"bufio"
	"encoding/xml"
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"

	"datai/matchmaker"
	"datai/wording"
)

// ReportPlace says where the times and addresses of a report are.
type ReportPlace struct {
	Zone *time.Location
	URL  func(path string) string // the address of a page
}

// WriteReport writes what fits many needs as a workbook of three sheets: an
// overview, the indicator tables, and the needs without a good answer. Labels
// are words; nothing in it is only the office's but what is in review.
func WriteReport(w io.Writer, l wording.Lang, at ReportPlace, r matchmaker.Report) error {
	note := l.Say("report.note."+string(r.Scope), "time", l.Moment(time.UnixMilli(r.At).In(at.Zone)))
	b := &reportBook{zip: zip.NewWriter(w)}
	b.sheet(l.Say("report.overview"), note, []reportColumn{{l.Say("report.need_code"), 17}, {l.Say("report.need"), 34}, {l.Say("report.rank"), 6},
		{l.Say("report.result"), 40}, {l.Say("report.label"), 12}, {l.Say("report.why"), 48}, {l.Say("report.unit"), 22}, {l.Say("report.people"), 18},
		{l.Say("report.check"), 30}, {l.Say("report.result_code"), 17}, {l.Say("report.page"), 44}})
	for _, n := range r.Needs {
		if len(n.Matches) == 0 {
			b.row(n.Need.Code, n.Title(), "", l.Say("report.none"))
		}
		for i, m := range n.Matches {
			b.row(n.Need.Code, n.Title(), strconv.Itoa(i+1), m.Result.Title, l.Say(matchmaker.LabelKey(m.Hit.Label)),
				strings.Join(matchmaker.Why(l, m), "\n"), m.Result.Organization, people(l, m), matchmaker.SayCheck(l, m, at.Zone), m.Result.Code,
				at.URL("/results/"+m.Result.Code))
		}
	}
	b.sheet(l.Say("match.table"), note, []reportColumn{{l.Say("report.need_code"), 17}, {l.Say("report.need"), 34}, {l.Say("report.result"), 40},
		{l.Say("match.indicator"), 22}, {l.Say("match.want"), 20}, {l.Say("match.have"), 26}, {l.Say("match.verdict"), 26}})
	for _, n := range r.Needs {
		for _, m := range n.Matches {
			for _, line := range matchmaker.Lines(l, m.Hit.Why.Rows) {
				b.row(n.Need.Code, n.Title(), m.Result.Title, line.Name, line.Want, line.Have, line.Verdict)
			}
		}
	}
	b.sheet(l.Say("report.unanswered"), note, []reportColumn{{l.Say("report.need_code"), 17}, {l.Say("report.need"), 44}, {l.Say("report.next"), 60}})
	for _, n := range r.Needs {
		if len(n.Matches) == 0 {
			b.row(n.Need.Code, n.Title(), l.Say("report.next."+string(r.Scope)))
		}
	}
	return b.close()
}

func people(l wording.Lang, m matchmaker.Match) string {
	var names []string
	for _, c := range m.Result.Completers {
		names = append(names, c.Name)
	}
	return strings.Join(names, l.Say("list.comma"))
}

// reportBook writes a workbook of several sheets as a stream, each with a line above
// its header. Every cell is a text. Its first error ends it and comes from close.
type reportBook struct {
	zip   *zip.Writer
	out   *bufio.Writer // of the sheet at hand
	names []string
	n     int // rows of it
	err   error
}

type reportColumn struct {
	header string
	width  int // characters
}

// The styles of a report: 0 plain, 1 wrapped, 2 header, 3 note (ECMA-376 part 1).
const reportStyles = `<styleSheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><fonts count="3"><font><sz val="11"/><name val="Calibri"/></font><font><b/><sz val="11"/><name val="Calibri"/></font><font><i/><sz val="10"/><color rgb="FF5C6674"/><name val="Calibri"/></font></fonts><fills count="3"><fill><patternFill patternType="none"/></fill><fill><patternFill patternType="gray125"/></fill><fill><patternFill patternType="solid"><fgColor rgb="FFE9EFF8"/></patternFill></fill></fills><borders count="1"><border><left/><right/><top/><bottom/><diagonal/></border></borders><cellStyleXfs count="1"><xf numFmtId="0" fontId="0" fillId="0" borderId="0"/></cellStyleXfs><cellXfs count="4"><xf numFmtId="0" fontId="0" fillId="0" borderId="0" xfId="0"/><xf numFmtId="49" fontId="0" fillId="0" borderId="0" xfId="0" applyNumberFormat="1" applyAlignment="1"><alignment vertical="top" wrapText="1"/></xf><xf numFmtId="49" fontId="1" fillId="2" borderId="0" xfId="0" applyNumberFormat="1" applyFont="1" applyFill="1" applyAlignment="1"><alignment vertical="top" wrapText="1"/></xf><xf numFmtId="49" fontId="2" fillId="0" borderId="0" xfId="0" applyNumberFormat="1" applyFont="1"/></cellXfs></styleSheet>`

func (b *reportBook) part(name, body string) {
	if b.err != nil {
		return
	}
	f, err := b.zip.Create(name)
	if err == nil {
		_, err = io.WriteString(f, xml.Header+body)
	}
	b.err = err
}

// sheet ends the sheet before and begins one.
func (b *reportBook) sheet(name, note string, columns []reportColumn) {
	b.endSheet()
	if b.err != nil {
		return
	}
	b.names, b.n = append(b.names, name), 0
	f, err := b.zip.Create(fmt.Sprintf("xl/worksheets/sheet%d.xml", len(b.names)))
	if err != nil {
		b.err = err
		return
	}
	b.out = bufio.NewWriterSize(f, 64<<10)
	b.write(xml.Header + `<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetPr><pageSetUpPr fitToPage="1"/></sheetPr><sheetViews><sheetView workbookViewId="0"><pane ySplit="2" topLeftCell="A3" activePane="bottomLeft" state="frozen"/></sheetView></sheetViews><cols>`)
	headers := make([]string, len(columns))
	for i, c := range columns {
		headers[i] = c.header
		b.write(fmt.Sprintf(`<col min="%d" max="%d" width="%d" customWidth="1"/>`, i+1, i+1, c.width))
	}
	b.write(`</cols><sheetData>`)
	b.styled(3, note)
	b.styled(2, headers...)
}

func (b *reportBook) endSheet() {
	if b.out == nil || b.err != nil {
		return
	}
	b.write(`</sheetData><pageSetup paperSize="9" orientation="landscape" fitToHeight="0"/></worksheet>`)
	if err := b.out.Flush(); b.err == nil {
		b.err = err
	}
}

func (b *reportBook) row(texts ...string) { b.styled(1, texts...) }

func (b *reportBook) styled(style int, texts ...string) {
	b.n++
	b.write(fmt.Sprintf(`<row r="%d">`, b.n))
	for i, t := range texts {
		if t == "" {
			continue
		}
		b.write(fmt.Sprintf(`<c r="%s%d" s="%d" t="inlineStr"><is><t xml:space="preserve">`, columnName(i), b.n, style))
		if b.err == nil {
			b.err = xml.EscapeText(b.out, []byte(escapeX(t)))
		}
		b.write(`</t></is></c>`)
	}
	b.write(`</row>`)
}

func (b *reportBook) write(s string) {
	if b.err == nil {
		_, b.err = b.out.WriteString(s)
	}
}

func (b *reportBook) close() error {
	b.endSheet()
	types := `<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"><Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/><Default Extension="xml" ContentType="application/xml"/><Override PartName="/xl/workbook.xml" ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml"/><Override PartName="/xl/styles.xml" ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.styles+xml"/>`
	sheets, rels := "", ""
	for i, name := range b.names {
		var safe strings.Builder
		if err := xml.EscapeText(&safe, []byte(name)); err != nil && b.err == nil {
			b.err = err
		}
		types += fmt.Sprintf(`<Override PartName="/xl/worksheets/sheet%d.xml" ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.worksheet+xml"/>`, i+1)
		sheets += fmt.Sprintf(`<sheet name="%s" sheetId="%d" r:id="rId%d"/>`, safe.String(), i+1, i+1)
		rels += fmt.Sprintf(`<Relationship Id="rId%d" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/worksheet" Target="worksheets/sheet%d.xml"/>`, i+1, i+1)
	}
	b.part("xl/workbook.xml", `<workbook xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main" xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships"><sheets>`+sheets+`</sheets></workbook>`)
	b.part("xl/_rels/workbook.xml.rels", `<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">`+rels+fmt.Sprintf(`<Relationship Id="rId%d" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/styles" Target="styles.xml"/>`, len(b.names)+1)+`</Relationships>`)
	b.part("xl/styles.xml", reportStyles)
	b.part("_rels/.rels", `<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="rId1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument" Target="xl/workbook.xml"/></Relationships>`)
	b.part("[Content_Types].xml", types+`</Types>`)
	if b.err != nil {
		return fmt.Errorf("exchange: report: %w", b.err)
	}
	if err := b.zip.Close(); err != nil {
		return fmt.Errorf("exchange: report: %w", err)
	}
	return nil
}
