package exchange_test

import (
	"bytes"
	"encoding/csv"
	"slices"
	"strings"
	"testing"

	"datai/account"
	"datai/exchange"
	"datai/wording"

	"github.com/xuri/excelize/v2"
)

func TestPermissionsForAnAuditor(t *testing.T) {
	table := account.Table([]account.Route{{Pattern: "GET /contacts", Do: account.HandleContacts}, {Pattern: "POST /contacts/{code}/move", Do: account.HandleContacts}})
	for _, l := range []wording.Lang{wording.Chinese, wording.English} {
		var sheet, book bytes.Buffer
		if err := exchange.WritePermissions(&sheet, l, "csv", table); err != nil {
			t.Fatal(err)
		}
		rows, err := csv.NewReader(strings.NewReader(strings.TrimPrefix(sheet.String(), "\uFEFF"))).ReadAll()
		if err != nil || len(rows) != len(table)+1 {
			t.Fatalf("%d rows, %v", len(rows), err)
		}
		for i, g := range table {
			row := rows[i+1]
			if row[1] != string(g.Role) || row[3] != string(g.Do) {
				t.Fatalf("row %d is %q", i, row)
			}
			for _, cell := range slices.Concat(row[:1], row[2:3], row[4:6]) {
				if strings.HasPrefix(cell, "permissions.") || strings.HasPrefix(cell, "role.") {
					t.Errorf("there is no text for %q", cell)
				}
			}
			if g.Role == account.Manager && g.Do == account.HandleContacts && row[6] != "GET /contacts\nPOST /contacts/{code}/move" {
				t.Errorf("routes %q", row[6])
			}
		}
		if err := exchange.WritePermissions(&book, l, "xlsx", table); err != nil {
			t.Fatal(err)
		}
		f, err := excelize.OpenReader(&book)
		if err != nil {
			t.Fatal(err)
		}
		got, err := f.GetRows(l.Say("permissions.title"))
		if err != nil || len(got) != len(table)+2 || got[1][0] != l.Say("permissions.role") || got[2][3] != string(table[0].Do) {
			t.Errorf("%d rows, %v", len(got), err)
		}
	}
	if err := exchange.WritePermissions(&bytes.Buffer{}, wording.English, "pdf", table); err == nil {
		t.Error("pdf is written")
	}
}
