package store

import (
	"encoding/json"
	"reflect"
	"strings"
	"testing"

	"datai/catalog"

	"github.com/google/uuid"
)

// TestBodiesOfThings: a thing comes back as it was written, says nothing of what
// it leaves open, and reads the same from a row that an earlier version wrote,
// which named everything.
func TestBodiesOfThings(t *testing.T) {
	id := uuid.MustParse("0190a000-0000-7000-8000-000000000001")
	for name, r := range map[string]catalog.Result{
		"empty": {ID: id},
		"full": {
			ID: id, Code: "R-7K3M9Q2XAB", Kind: catalog.KindResult, State: catalog.ResultListed, Title: "a<b>&\u2028", Summary: "x", Keywords: []string{"k", ""},
			Themes: []catalog.Theme{"ai"}, ThemesBy: catalog.By{Name: "周"}, Owners: []string{}, UnitID: id,
			Completers: []catalog.Completer{{Name: "甲"}}, Indicators: []catalog.Indicator{{Name: "误差"}},
			Rights:   []catalog.Right{{Number: "202310000000.1", InForce: true, FiledOn: catalog.Date{Year: 2023, Month: 4}}},
			Maturity: catalog.Maturity{Written: "TRL3", Level: 3}, Price: catalog.Price{Negotiable: true}, PublicConfirmed: true, ListedAt: 1,
		},
	} {
		body, sealed, err := encode(nil, results, &r)
		if err != nil || sealed != nil {
			t.Fatal(name, sealed, err)
		}
		if strings.Contains(body, `"Abstract"`) {
			t.Errorf("%s: what is open is written: %s", name, body)
		}
		before, err := json.Marshal(r)
		if err != nil {
			t.Fatal(err)
		}
		for from, body := range map[string]string{"now": body, "before": string(before)} {
			got, err := decode(nil, results, id, r.Version, body, nil)
			if err != nil {
				t.Fatal(name, from, err)
			}
			if !reflect.DeepEqual(*got, r) {
				t.Errorf("%s, written %s:\n%+v\n%+v", name, from, *got, r)
			}
		}
	}
}
