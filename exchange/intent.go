package exchange

import (
	"fmt"
	"io"
	"iter"
	"strings"
	"time"

	"datai/catalog"
	"datai/contact"
	"datai/wording"
)

// intentHeaders are the columns of the table of intents (校企意向表) in their
// order, as the field surveys of the design list them for that export.
var intentHeaders = []string{"意向编号", "成果类型", "成果名称", "成果编号", "学科领域", "意向企业", "联系人", "电话", "合作模式", "诉求", "状态", "跟进专员", "提交时间"}

// intentStates are the words of that table for where a case stands.
var intentStates = map[contact.State]string{
	contact.Waiting: "待高校响应", contact.Met: "已安排对接会", contact.Signed: "已签约", contact.Dropped: "归档", contact.Withdrawn: "归档",
}

// WriteIntents writes cases as the table of intents, times in a zone. The
// contacts are written as they come: masked, or whole.
func WriteIntents(w io.Writer, format string, zone *time.Location, cases iter.Seq2[*contact.Intent, error]) error {
	out, err := newTableWriter(w, format)
	if err != nil {
		return err
	}
	if err := out.row(intentHeaders); err != nil {
		return fmt.Errorf("exchange: intents: %w", err)
	}
	for c, err := range cases {
		if err == nil {
			err = out.row(intentRow(c, zone))
		}
		if err != nil {
			return fmt.Errorf("exchange: intents: %w", err)
		}
	}
	if err := out.close(); err != nil {
		return fmt.Errorf("exchange: intents: %w", err)
	}
	return nil
}

func intentRow(c *contact.Intent, zone *time.Location) []string {
	state, ok := intentStates[c.State]
	if !ok {
		state = "洽谈中"
	}
	kind, title, mode := "", c.Title, ""
	switch {
	case c.ResultCode == "":
		title = "" // it is a need's, or a person's
	case c.Kind == string(catalog.KindPatent):
		kind = "专利"
	default:
		kind = "非专利专有技术"
	}
	if c.Mode != "" {
		mode = wording.Chinese.Say("way." + string(c.Mode))
	}
	who := c.Private.Contact
	reach := who.Phone
	if reach == "" {
		reach = who.Email
	}
	return []string{c.Code, kind, title, c.ResultCode, strings.Join(c.Disciplines, ";"), who.PartyName, who.Name, reach, mode, c.Private.Purpose, state, c.Handler,
		time.UnixMilli(c.CreatedAt).In(zone).Format(time.DateTime)}
}
