package exchange

import (
	"archive/zip"
	"bytes"
	"encoding/csv"
	"fmt"
	"io"
	"strings"
	"text/tabwriter"

	"datai/account"
	"datai/catalog"
	"datai/wording"
)

// WritePermissions writes the permission table for people who audit it: "xlsx"
// and "csv" with the codes beside the words, "text" with the codes alone and
// the routes below, a line each.
func WritePermissions(w io.Writer, l wording.Lang, format string, table []account.Granted) error {
	columns := []reportColumn{{l.Say("permissions.role"), 24}, {l.Say("permissions.role_code"), 14}, {l.Say("permissions.may"), 44},
		{l.Say("permissions.code"), 18}, {l.Say("permissions.kind"), 14}, {l.Say("permissions.over"), 22}, {l.Say("permissions.routes"), 70}}
	switch format {
	case "xlsx":
		b := &reportBook{zip: zip.NewWriter(w)}
		b.sheet(l.Say("permissions.title"), l.Say("permissions.text"), columns)
		for _, g := range table {
			b.row(permissionCells(l, g)...)
		}
		return b.close()
	case "csv":
		if _, err := io.WriteString(w, "\uFEFF"); err != nil {
			return fmt.Errorf("exchange: permissions: %w", err)
		}
		out := csv.NewWriter(w)
		var header []string
		for _, c := range columns {
			header = append(header, c.header)
		}
		rows := [][]string{header}
		for _, g := range table {
			rows = append(rows, permissionCells(l, g))
		}
		return out.WriteAll(rows)
	case "text":
		var text bytes.Buffer
		out := tabwriter.NewWriter(&text, 0, 8, 2, ' ', 0)
		for _, g := range table {
			_, _ = fmt.Fprintf(out, "%s\t%s\t%s\t%s\n", g.Role, g.Do, g.Kind, g.Over)
		}
		_, _ = fmt.Fprintln(out)
		routes := map[account.Permission][]string{}
		for _, g := range table {
			routes[g.Do] = g.Routes
		}
		for _, do := range account.Permissions() {
			for _, to := range routes[do] {
				_, _ = fmt.Fprintf(out, "%s\t%s\n", do, to)
			}
		}
		_ = out.Flush() // into memory
		_, err := text.WriteTo(w)
		return err
	}
	return catalog.Refuse(catalog.Invalid, "permissions.format", "format", format)
}

func permissionCells(l wording.Lang, g account.Granted) []string {
	return []string{l.Say("role." + string(g.Role)), string(g.Role), l.Say("permissions.do." + string(g.Do)), string(g.Do),
		l.Say("permissions.kind." + string(g.Kind)), l.Say("permissions.over." + string(g.Over)), strings.Join(g.Routes, "\n")}
}
