package main

import (
	"archive/zip"
	"bytes"
	"compress/flate"
	"encoding/json"
	"fmt"
	"hash/crc32"
	"io"
	"strings"
)

// hostileFiles are files that are too large to be kept or that editors would
// mend: what each is called in scripts, and how it is made.
var hostileFiles = map[string]func(io.Writer) error{
	"bomb":        func(w io.Writer) error { return bomb(w, 0) },
	"lying-bomb":  func(w io.Writer) error { return bomb(w, 1000) },
	"wide":        func(w io.Writer) error { return wide(w, func(i int) string { return fmt.Sprintf("列%d", i) }) },
	"wide-secret": wideSecret,
	"questions":   questions,
	"long-cell":   longCell,
	"deep-xml":    deepXML,
	"picture-xlsx": func(w io.Writer) error {
		return write(w, "\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR\x00\x00\x00\x01\x00\x00\x00\x01")
	},
}

func write(w io.Writer, text string) error {
	_, err := io.WriteString(w, text)
	return err
}

// workbook writes the parts that every workbook has; sheet writes the one
// sheet.
func workbook(w io.Writer, sheet func(*zip.Writer) error) error {
	z := zip.NewWriter(w)
	for name, text := range map[string]string{
		"[Content_Types].xml":        `<?xml version="1.0" encoding="UTF-8"?><Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"><Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/><Default Extension="xml" ContentType="application/xml"/><Override PartName="/xl/workbook.xml" ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml"/><Override PartName="/xl/worksheets/sheet1.xml" ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.worksheet+xml"/></Types>`,
		"_rels/.rels":                `<?xml version="1.0" encoding="UTF-8"?><Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="rId1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument" Target="xl/workbook.xml"/></Relationships>`,
		"xl/workbook.xml":            `<?xml version="1.0" encoding="UTF-8"?><workbook xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main" xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships"><sheets><sheet name="成果" sheetId="1" r:id="rId1"/></sheets></workbook>`,
		"xl/_rels/workbook.xml.rels": `<?xml version="1.0" encoding="UTF-8"?><Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="rId1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/worksheet" Target="worksheets/sheet1.xml"/></Relationships>`,
	} {
		part, err := z.Create(name)
		if err != nil {
			return err
		}
		if err := write(part, text); err != nil {
			return err
		}
	}
	if err := sheet(z); err != nil {
		return err
	}
	return z.Close()
}

const sheetName = "xl/worksheets/sheet1.xml"

const sheetBegin = `<?xml version="1.0" encoding="UTF-8"?><worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData>`
const sheetEnd = `</sheetData></worksheet>`

func textCell(text string) string { return `<c t="inlineStr"><is><t>` + text + `</t></is></c>` }

func sheetOf(w io.Writer, rows ...[]string) error {
	return workbook(w, func(z *zip.Writer) error {
		part, err := z.Create(sheetName)
		if err != nil {
			return err
		}
		var b strings.Builder
		b.WriteString(sheetBegin)
		for _, row := range rows {
			b.WriteString("<row>")
			for _, cell := range row {
				b.WriteString(textCell(cell))
			}
			b.WriteString("</row>")
		}
		b.WriteString(sheetEnd)
		return write(part, b.String())
	})
}

// bomb is a workbook of about a megabyte whose sheet unpacks to a gigabyte of
// empty rows; declared is the size that the archive gives for it, 0 the true one.
func bomb(w io.Writer, declared uint64) error {
	const block, blocks = 1 << 20, 1 << 10
	begin := []byte(sheetBegin + "<row>" + textCell("成果名称") + textCell("成果简介") + "</row><row>" + textCell("一") + "</row>")
	fill := bytes.Repeat([]byte("<row></row>     "), block/16) // the same bytes pack to the same bytes
	end := []byte(sheetEnd)

	var packed bytes.Buffer
	f, err := flate.NewWriter(&packed, flate.BestCompression)
	if err != nil {
		return err
	}
	piece := func(text []byte) ([]byte, error) { // packed up to a byte's end
		at := packed.Len()
		_, err := f.Write(text)
		if err == nil {
			err = f.Flush()
		}
		return packed.Bytes()[at:], err
	}
	if _, err := piece(begin); err != nil {
		return err
	}
	if _, err := piece(fill); err != nil {
		return err
	}
	again, err := piece(fill) // refers to the block before it, as all that follow
	if err != nil {
		return err
	}
	again = bytes.Clone(again)
	for range blocks - 2 {
		packed.Write(again)
	}
	if _, err := f.Write(end); err != nil {
		return err
	}
	if err := f.Close(); err != nil {
		return err
	}
	sum := crc32.NewIEEE()
	sum.Write(begin)
	for range blocks {
		sum.Write(fill)
	}
	sum.Write(end)
	if declared == 0 {
		declared = uint64(len(begin) + blocks*len(fill) + len(end))
	}
	return workbook(w, func(z *zip.Writer) error {
		part, err := z.CreateRaw(&zip.FileHeader{Name: sheetName, Method: zip.Deflate, CRC32: sum.Sum32(),
			CompressedSize64: uint64(packed.Len()), UncompressedSize64: declared})
		if err != nil {
			return err
		}
		_, err = part.Write(packed.Bytes())
		return err
	})
}

// excelColumns is the most columns that a sheet can have.
const excelColumns = 16384

func wide(w io.Writer, header func(int) string) error {
	head, data := make([]string, excelColumns), make([]string, excelColumns)
	for i := range head {
		head[i], data[i] = header(i), "值"
	}
	return sheetOf(w, head, data)
}

// wideSecret has the title in the first column and the grade in the last, far
// beyond the columns that are kept.
func wideSecret(w io.Writer) error {
	head, open, secret := make([]string, excelColumns), make([]string, excelColumns), make([]string, excelColumns)
	for i := range head {
		head[i] = fmt.Sprintf("列%d", i)
	}
	head[0], head[1], head[excelColumns-1] = "成果名称", "成果简介", "密级"
	open[0], open[1], open[excelColumns-1] = "可以公开的一行", "简介", "公开"
	secret[0], secret[1], secret[excelColumns-1] = "远在末列的砗磲星盘", "简介", "秘密"
	return sheetOf(w, head, open, secret)
}

// longCell is a sheet in text with one cell of ten megabytes.
func longCell(w io.Writer) error {
	if err := write(w, "成果名称,成果简介\n好的一行,简介\n过长的一行,"); err != nil {
		return err
	}
	for range 10 << 10 {
		if err := write(w, strings.Repeat("a", 1<<10)); err != nil {
			return err
		}
	}
	return write(w, "\n后面的一行,简介\n")
}

// deepXML is a workbook whose sheet nests a million elements.
func deepXML(w io.Writer) error {
	return workbook(w, func(z *zip.Writer) error {
		part, err := z.Create(sheetName)
		if err != nil {
			return err
		}
		return write(part, sheetBegin+strings.Repeat("<row>", 1_000_000))
	})
}

// questions are a line each: what people and programs might ask that is no
// question.
func questions(w io.Writer) error {
	enc := json.NewEncoder(w)
	for _, text := range []string{
		strings.Repeat("隧道渗水怎么定位，", 100_000/9),
		strings.Repeat("x", 100_000),
		"，。！？；：…—《》【】!!!???",
		"\x00\x00隧道\x00渗水\x00",
		"",
		"   \n\t  ",
		"'; DROP TABLE result; --",
		"<script>alert(1)</script>",
		strings.Repeat("≥3000次", 5000),
		"\u202e\u200b\ufeff隧道渗水",
		"👩‍🔬🧪" + strings.Repeat("🌊", 2000),
	} {
		if err := enc.Encode(map[string]any{"text": text}); err != nil {
			return err
		}
	}
	return nil
}
