package main

import (
	"archive/zip"
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"text/tabwriter"
	"time"

	"datai/exchange"
)

type importCmd struct {
	Bin   string `default:"bin/datai" help:"The program to measure."`
	XLSX  []int  `name:"xlsx" default:"100000" help:"Rows of workbooks of 27 columns, every cell a shared string of its own."`
	JSONL []int  `name:"jsonl" default:"100000,1000000" help:"Lines of JSON Lines files."`
	JSON  bool   `name:"json" help:"Print one JSON object instead of a table."`
}

// importRow is what the import of one file took.
type importRow struct {
	File     string  `json:"file"`
	Rows     int     `json:"rows"`
	FileMB   float64 `json:"file_mb"`
	Seconds  float64 `json:"seconds"`
	CPUSec   float64 `json:"cpu_seconds"`
	PeakMB   float64 `json:"resident_mb"` // greatest resident memory of the process
	Catalog  float64 `json:"catalogue_mb"`
	Imported int     `json:"new"`
}

type importReport struct {
	Machine string      `json:"machine"`
	Rows    []importRow `json:"rows"`
}

func (c *importCmd) Run(ctx context.Context, out io.Writer) error {
	bin, err := filepath.Abs(c.Bin)
	if err != nil {
		return err
	}
	rep := importReport{Machine: machine()}
	for _, n := range c.XLSX {
		row, err := timeImport(ctx, bin, "results.xlsx", n, writeWorkbook)
		if err != nil {
			return err
		}
		rep.Rows = append(rep.Rows, row)
	}
	for _, n := range c.JSONL {
		row, err := timeImport(ctx, bin, "results.jsonl", n, writeObjects)
		if err != nil {
			return err
		}
		rep.Rows = append(rep.Rows, row)
	}
	if c.JSON {
		return json.NewEncoder(out).Encode(rep)
	}
	return rep.print(out)
}

func (r *importReport) print(out io.Writer) error {
	fmt.Fprintf(out, "%s; datai import results, SQLite, an empty catalogue each\n", r.Machine)
	w := tabwriter.NewWriter(out, 0, 4, 2, ' ', 0)
	fmt.Fprintln(w, "file\trows\tfile MB\tseconds\tCPU s\tresident MB\tcatalogue MB")
	for _, x := range r.Rows {
		fmt.Fprintf(w, "%s\t%d\t%.0f\t%.1f\t%.1f\t%.0f\t%.0f\n", x.File, x.Rows, x.FileMB, x.Seconds, x.CPUSec, x.PeakMB, x.Catalog)
	}
	return w.Flush()
}

// timeImport writes a file of n rows and lets the program import it into an
// empty catalogue, in a folder that is removed afterwards.
func timeImport(ctx context.Context, bin, name string, n int, write func(io.Writer, int) error) (importRow, error) {
	row := importRow{File: name, Rows: n}
	dir, err := os.MkdirTemp("", "datai-bench-")
	if err != nil {
		return row, err
	}
	defer os.RemoveAll(dir) //nolint:errcheck // a folder of our own in the temporary one
	file := filepath.Join(dir, name)
	if err := writeFile(file, n, write); err != nil {
		return row, err
	}
	data := filepath.Join(dir, "data")
	cmd := exec.CommandContext(ctx, bin, "import", "results", "--json", "--data", data, file) //nolint:gosec // G204: the program that the operator names
	var said bytes.Buffer
	cmd.Stderr = &said
	start := time.Now()
	printed, err := cmd.Output()
	if err != nil {
		return row, fmt.Errorf("%s import %s: %w\n%s", bin, name, err, said.Bytes()[max(0, said.Len()-2000):])
	}
	row.Seconds = time.Since(start).Seconds()
	row.CPUSec = (cmd.ProcessState.UserTime() + cmd.ProcessState.SystemTime()).Seconds()
	row.PeakMB = peakMB(cmd.ProcessState)
	var outcome struct{ New int }
	if err := json.Unmarshal(printed, &outcome); err != nil {
		return row, err
	}
	if row.Imported = outcome.New; row.Imported != n {
		return row, fmt.Errorf("%s: %d of %d rows were new", name, row.Imported, n)
	}
	row.FileMB, row.Catalog = sizeMB(file), sizeMB(filepath.Join(data, "datai.db"))
	return row, nil
}

// peakMB is the greatest resident memory of a process that has ended, in MB; 0
// where the system does not tell.
func peakMB(ended *os.ProcessState) float64 {
	use, ok := ended.SysUsage().(*syscall.Rusage)
	if !ok {
		return 0
	}
	unit := 1024.0 // Linux counts kilobytes
	if runtime.GOOS == "darwin" {
		unit = 1
	}
	return float64(use.Maxrss) * unit / (1 << 20)
}

func writeFile(path string, n int, write func(io.Writer, int) error) error {
	f, err := os.Create(path)
	if err != nil {
		return err
	}
	w := bufio.NewWriterSize(f, 1<<20)
	return errors.Join(write(w, n), w.Flush(), f.Close())
}

func sizeMB(path string) float64 {
	info, err := os.Stat(path)
	if err != nil {
		return 0
	}
	return float64(info.Size()) / (1 << 20)
}

// cellOf is what row n of a made-up sheet has in the column: another text in
// every cell.
func cellOf(header string, n int) string {
	switch header {
	case "成果完成时间":
		return fmt.Sprintf("%d-%02d-%02d %02d:%02d", 1990+n/336%35, n/28%12+1, n%28+1, n/11760%24, n%60)
	case "合作价格":
		return fmt.Sprintf("%d万元", n+1)
	case "技术成熟度":
		return fmt.Sprintf("TRL %d(自评 %d)", n%9+1, n)
	case "合作方式":
		return fmt.Sprintf("许可;转让(%d)", n)
	case "手机号码", "权属人联系电话":
		return fmt.Sprintf("1380%07d", n)
	case "成果简介", "技术指标", "商业分析":
		return fmt.Sprintf("%s之%d：面向示范场景的一段说明，处理温度不低于 %d ℃，寿命 %d 次，已在示范装置上连续运行。", header, n, n%400, n)
	}
	return fmt.Sprintf("%s%d", header, n)
}

// writeWorkbook writes a workbook of n rows of the template of 27 columns. No
// two cells share their string.
func writeWorkbook(w io.Writer, n int) error {
	z := zip.NewWriter(w)
	for _, p := range [][2]string{
		{"xl/workbook.xml", `<workbook xmlns:r="r"><sheets><sheet name="S" sheetId="1" r:id="r1"/></sheets></workbook>`},
		{"xl/_rels/workbook.xml.rels", `<Relationships><Relationship Id="r1" Target="worksheets/sheet1.xml"/></Relationships>`},
	} {
		if err := writePart(z, p[0], func(out *bufio.Writer) { fmt.Fprint(out, p[1]) }); err != nil {
			return err
		}
	}
	headers := strings.Fields(exchange.ResultColumns)
	err := writePart(z, "xl/sharedStrings.xml", func(out *bufio.Writer) {
		fmt.Fprint(out, "<sst>")
		for _, h := range headers {
			fmt.Fprintf(out, "<si><t>%s</t></si>", h)
		}
		for i := range n {
			for _, h := range headers {
				fmt.Fprintf(out, "<si><t>%s</t></si>", cellOf(h, i))
			}
		}
		fmt.Fprint(out, "</sst>")
	})
	if err != nil {
		return err
	}
	err = writePart(z, "xl/worksheets/sheet1.xml", func(out *bufio.Writer) {
		fmt.Fprint(out, "<worksheet><sheetData>")
		letters := strings.Fields("A B C D E F G H I J K L M N O P Q R S T U V W X Y Z AA")
		at := 0
		for i := range n + 1 {
			fmt.Fprintf(out, `<row r="%d">`, i+1)
			for col := range headers {
				fmt.Fprintf(out, `<c r="%s%d" t="s"><v>%d</v></c>`, letters[col], i+1, at)
				at++
			}
			fmt.Fprint(out, "</row>")
		}
		fmt.Fprint(out, "</sheetData></worksheet>")
	})
	if err != nil {
		return err
	}
	return z.Close()
}

func writePart(z *zip.Writer, name string, write func(*bufio.Writer)) error {
	f, err := z.Create(name)
	if err != nil {
		return err
	}
	out := bufio.NewWriterSize(f, 64<<10)
	write(out)
	return out.Flush()
}

func writeObjects(w io.Writer, n int) error {
	enc := json.NewEncoder(w)
	for i := range n {
		err := enc.Encode(map[string]any{
			"id": fmt.Sprintf("B%d", i), "title": cellOf("成果名称", i), "abstract": cellOf("成果简介", i),
			"keywords": []string{cellOf("关键词", i), "示范"}, "organization": cellOf("单位名称", i%40), "手机号码": cellOf("手机号码", i),
		})
		if err != nil {
			return err
		}
	}
	return nil
}
