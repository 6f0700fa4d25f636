package e2e

import (
	"net/http"
	"testing"
)

// TestAnOfficerAdoptsGuesses works through the list of what has no discipline:
// one thing on its own page, then those ticked in the list.
func TestAnOfficerAdoptsGuesses(t *testing.T) {
	s := site.desk
	p := s.open(t, look{"zh-CN", "light", 1440}, []*http.Cookie{s.officer(t)}...)
	p.visit("/results?lack=discipline")
	p.wants("未经人工核实")
	p.leave(".bulk .rows li:has(input[name=ref]) a[href$='#classify']")
	p.wants("采用")
	p.click("#classify form:last-of-type input[name=confirm]")
	p.leave("#classify form:last-of-type button[name=value]")
	p.wants("归类")
	if p.has("未经人工核实") {
		t.Error("what was adopted still counts as unchecked")
	}
	p.visit("/results?lack=discipline")
	p.click("check-all [data-all]")
	p.click(".bulk input[name=confirm]")
	p.leave(".bulk fieldset button[type=submit]")
	p.wants("已归类")
	p.wants("继续归类")
}
