package exchange_test

import (
	"bytes"
	"strings"
	"testing"
	"time"

	"datai/catalog"
	"datai/contact"
	"datai/exchange"
)

func TestTheTableOfIntents(t *testing.T) {
	zone := time.FixedZone("CST", 8*3600)
	row := func(c contact.Case, kind catalog.ResultKind) *contact.Intent {
		c.Private.Contact = catalog.Contact{Name: "罗静姝", Phone: "138****01", PartyName: "=示例轴承"}
		return &contact.Intent{Case: c, Kind: string(kind), Disciplines: []string{"机械工程"}, Handler: "李老师"}
	}
	rows := []*contact.Intent{
		row(contact.Case{Code: "2026-DJ-0001", State: contact.Waiting, Title: "轴承", ResultCode: "R-1", Mode: catalog.WayLicence}, catalog.KindPatent),
		row(contact.Case{Code: "2026-DJ-0002", State: contact.Secrecy, Title: "抱死", Need: "N-1"}, ""),
		row(contact.Case{Code: "2026-DJ-0003", State: contact.Withdrawn, Title: "轴承", ResultCode: "R-1"}, catalog.KindResult),
	}
	var b bytes.Buffer
	err := exchange.WriteIntents(&b, "csv", zone, func(yield func(*contact.Intent, error) bool) {
		for _, r := range rows {
			if !yield(r, nil) {
				return
			}
		}
	})
	if err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(strings.TrimSpace(b.String()), "\n")
	for i, want := range []string{
		"\ufeff意向编号,成果类型,成果名称,成果编号,学科领域,意向企业,联系人,电话,合作模式,诉求,状态,跟进专员,提交时间",
		"2026-DJ-0001,专利,轴承,R-1,机械工程,'=示例轴承,罗静姝,138****01,", "2026-DJ-0002,,,,机械工程,", "2026-DJ-0003,非专利专有技术,",
	} {
		if i >= len(lines) || !strings.HasPrefix(lines[i], want) {
			t.Errorf("line %d: %q, want %q", i+1, lines, want)
		}
	}
	for i, want := range []string{"待高校响应", "洽谈中", "归档"} {
		if !strings.Contains(lines[i+1], ","+want+",李老师,1970-01-01 08:00:00") {
			t.Errorf("line %d: %q, want %s", i+2, lines[i+1], want)
		}
	}
}
