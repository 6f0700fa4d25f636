package exchange

import (
	"errors"
	"io"
	"iter"
	"regexp"
	"slices"
	"strings"
	"time"

	"datai/account"
	"datai/catalog"
	"datai/intake"
)

// rosterKind is a list of staff or students, which is no part of the catalogue.
const rosterKind intake.Kind = "roster"

// fOther is another number of the same person.
const fOther field = "other_number"

// rosterWords are what lists of staff and students have.
var rosterWords = []synonyms{
	{fTitle, "姓名 教师姓名 学生姓名 人员姓名 名字 name"},
	{fStaffNo, "工号 学号 职工号 教工号 教职工号 人员编号 职工编号 学工号 工号学号 一卡通号 number"},
	{fOther, "其他号 另一号码 原学号 原工号 其他工号 其他学号 othernumber"},
	{fUnit, "单位 所在单位 学院 部门 院系 所在学院 所属学院 所在部门 所属单位 单位名称 unit"},
	{fCategory, "类别 人员类别 身份 人员类型 类型 category"},
	{fStatus, "状态 在职状态 在校状态 人员状态 在职在校状态 是否在职 是否在校 学籍状态 status"},
	{fExpires, "到期 到期日 到期日期 有效期 有效期至 预计毕业日期 预计毕业时间 合同到期 until"},
}

// Roster is an opened list of staff or students. Rows may be read once.
type Roster struct {
	Rows   iter.Seq2[account.Listed, error]
	Format string // as of intake.File

	columns func() []intake.Column
	close   func() error
}

// WriteRefused gives rows of the list back, once all have been read, in its
// format with their reasons in a last column, as WriteRefused does those of the
// catalogue. Of a row of which nothing may be kept there is nothing.
func (r *Roster) WriteRefused(w io.Writer, rows []account.Listed, reason func(account.Listed) string) error {
	return WriteRefused(w, r.Format, r.columns(), func(yield func(RefusedRow, error) bool) {
		for _, l := range rows {
			if l.Cells != nil && !yield(RefusedRow{Cells: l.Cells, Reason: reason(l)}, nil) {
				return
			}
		}
	})
}

// Close gives the file back.
func (r *Roster) Close() error { return r.close() }

// OpenRoster opens a list of staff or students, as Open does a file of the
// catalogue; days end in zone. It needs a column of names and one of numbers.
func OpenRoster(path, name string, zone *time.Location, o Options) (*Roster, error) {
	r, src, f, err := prepare(path, name, rosterKind, o)
	if err != nil {
		return nil, err
	}
	err = r.open(src)
	if err == nil && !slices.ContainsFunc(r.columns(), func(c intake.Column) bool { return c.Field == string(fStaffNo) }) {
		err = catalog.Refuse(catalog.Invalid, "roster.no_column")
	}
	if err != nil {
		return nil, errors.Join(err, f.Close())
	}
	has := func(f field) bool {
		return slices.ContainsFunc(r.columns(), func(c intake.Column) bool { return c.Field == string(f) })
	}
	says := account.Says{Unit: has(fUnit), Email: has(fEmail), Phone: has(fPhone), Ends: has(fExpires)}
	students := slices.ContainsFunc(r.columns(), func(c intake.Column) bool {
		return c.Field == string(fStaffNo) && strings.Contains(c.Header, "学号") && !strings.Contains(c.Header, "工号")
	})
	return &Roster{Format: r.format, columns: r.columns, close: f.Close, Rows: func(yield func(account.Listed, error) bool) {
		b := r.builder()
		r.walk(b, func(done *intake.Row, err error) bool {
			switch {
			case err != nil:
				return yield(account.Listed{}, err)
			case done != nil:
				return yield(refusedListing(done.N, done.Issues, done.Cells), nil)
			}
			l := b.listed(zone, students)
			l.Says = says
			return yield(l, nil)
		})
	}}, nil
}

func refusedListing(n int, issues []intake.Issue, cells []string) account.Listed {
	l := account.Listed{Row: n, Cells: cells}
	for _, is := range issues {
		if is.Refusal && l.Refusal == nil {
			l.Column, l.Refusal = is.Column, &catalog.Error{Code: catalog.Invalid, Key: is.Key, Args: is.Args}
		}
	}
	return l
}

var (
	leftWord    = regexp.MustCompile(`离职|离校|退休|毕业|退学|辞职|解聘|结业|肄业|去世|死亡|已故|调离|调出|转出`)
	hereWord    = regexp.MustCompile(`在职|在校|在岗|在读|在籍|返聘|在聘|正常|休学|借调|访学|active`)
	studentWord = regexp.MustCompile(`(?i)学生|本科|研究生|硕士|博士生|student`)
	staffWord   = regexp.MustCompile(`(?i)教师|教工|教职|职工|员工|研究员|工人|博士后|聘用|staff|professor`)
)

// listed understands a row of a list.
func (b *builder) listed(zone *time.Location, students bool) account.Listed {
	if b.secret() {
		return refusedListing(b.n, b.issues, nil)
	}
	b.flaws()
	l := account.Listed{Row: b.n, Number: strings.TrimSuffix(b.id(fStaffNo), ".0"), Other: strings.TrimSuffix(b.id(fOther), ".0"), Name: b.line(fTitle, titleMax), Unit: b.line(fUnit, titleMax),
		Email: b.line(fEmail, wordMax), Phone: b.phone(fPhone), Category: account.Staff}
	if students {
		l.Category = account.Students
	}
	switch kind := b.line(fCategory, wordMax); {
	case studentWord.MatchString(kind):
		l.Category = account.Students
	case staffWord.MatchString(kind):
		l.Category = account.Staff
	case kind != "":
		b.refuse(b.header(fCategory), "roster.category", "value", short(kind, 20))
	}
	switch state := b.line(fStatus, wordMax); {
	case leftWord.MatchString(state) || state == "否" || strings.HasPrefix(state, "不在"):
		l.Left = true
	case state == "" || state == "是" || hereWord.MatchString(state):
	default:
		b.refuse(b.header(fStatus), "roster.status", "value", short(state, 20))
	}
	if day := strings.TrimSpace(periodEnd(b.line(fExpires, wordMax))); day != "" && !endless[catalog.Fold(day)] {
		d, ok := parseDate(day, b.date1904)
		if !ok || d.Day == 0 {
			b.refuse(b.header(fExpires), "roster.until", "value", short(day, 20))
		} else {
			l.EndsAt = time.Date(d.Year, time.Month(d.Month), d.Day+1, 0, 0, 0, 0, zone).UnixMilli()
		}
	}
	if b.refused {
		return refusedListing(b.n, b.issues, b.cells())
	}
	l.Cells = b.cells()
	return l
}
