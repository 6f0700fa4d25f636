package exchange

import (
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"datai/catalog"
	"datai/intake"
)

// The most characters that are kept of a text.
const (
	titleMax = 200
	wordMax  = 500
	lineMax  = 2000
	textMax  = 20000
	claimMax = 30000
)

// value is one cell with what its column is about.
type value struct {
	header string
	field  field
	unit   priceUnit
	cell   cell
	list   []string // instead of the text, from JSON
	filled bool     // from merged cells above
}

// builder makes a row of the catalogue out of cells. It is used for one row
// after the other.
type builder struct {
	kind    intake.Kind
	headers headers
	columns map[string]int // header to index in File.Columns

	n        int
	sheet    string
	words    wordMarks
	date1904 bool
	typed    bool
	free     bool // from JSON: no column stood there to be filled
	values   []value
	read     map[field]bool // by text
	by       map[field]int  // index in values
	issues   []intake.Issue
	refused  bool
	extra    map[string]string
}

func newBuilder(kind intake.Kind, h headers) *builder {
	return &builder{kind: kind, headers: h, columns: map[string]int{}, read: map[field]bool{}, by: map[field]int{}}
}

func (b *builder) reset(n int) {
	b.n, b.values, b.issues, b.refused, b.extra = n, b.values[:0], nil, false, nil
	clear(b.by)
	clear(b.read)
}

func (b *builder) add(v value) {
	if _, ok := b.by[v.field]; !ok && v.field != "" {
		b.by[v.field] = len(b.values)
	}
	b.values = append(b.values, v)
}

// begin takes the cells of a line; those from own on come from merged cells.
func (b *builder) begin(t *table, l line, own int) {
	b.reset(l.n)
	b.words, b.date1904, b.typed = t.words, t.date1904, t.typed
	for i, c := range l.cells {
		at, ok := t.byCol[c.col]
		switch {
		case ok:
			col := t.columns[at]
			b.add(value{header: col.header, field: col.field, unit: col.unit, cell: c, filled: i >= own})
		case c.col < t.width: // no header above it
			b.add(value{header: columnName(c.col), cell: c, filled: i >= own})
		}
	}
}

// empty reports whether the line holds nothing but its number and what merged
// cells brought.
func (b *builder) empty() bool {
	for _, v := range b.values {
		if !v.filled && v.field != fOrdinal && v.field != fDerived && (len(v.list) > 0 || catalog.Clean(v.cell.text) != "") {
			return false
		}
	}
	return true
}

var (
	// guidance is how rows begin that explain a form and hold no data.
	guidance = regexp.MustCompile(`^(填写说明|填表说明|填报说明|填写要求|填写示例|填写样例|说明|示例|样例|举例|例如|示范|注|备注|要求)\s*([:：\d（(]|$)`)
	demanded = regexp.MustCompile(`^[(（【]?(必填|选填|非必填)`)
	footer   = regexp.MustCompile(`^(填表人|制表人|填报人|审核人|合计|总计|共计|小计|注)\s*([:：]|$)`)
)

// instruction reports whether the row explains the form, or ends it.
func (b *builder) instruction() bool {
	if len(b.values) == 0 {
		return false
	}
	first := strings.TrimSpace(b.values[0].cell.text)
	if b.repeatsHeader() || guidance.MatchString(first) || demanded.MatchString(strings.TrimSpace(b.peek(fTitle))) {
		return true
	}
	return footer.MatchString(first) && b.peek(fTitle) == "" || (len(b.values) == 1 && footer.MatchString(first))
}

// repeatsHeader reports whether the row is the header once more, as in sheets
// that were put together from several.
func (b *builder) repeatsHeader() bool {
	i, ok := b.by[fTitle]
	return ok && len(b.values) > 1 && catalog.Fold(b.values[i].cell.text) == catalog.Fold(b.values[i].header)
}

func (b *builder) note(column, key string, pairs ...string) {
	b.issues = append(b.issues, intake.Issue{Column: column, Key: key, Args: catalog.Refuse("", "", pairs...).Args})
}

func (b *builder) refuse(column, key string, pairs ...string) {
	b.refused = true
	b.issues = append(b.issues, intake.Issue{Refusal: true, Column: column, Key: key, Args: catalog.Refuse("", "", pairs...).Args})
}

// peek is the text of a field as it stands, "" if there is none.
func (b *builder) peek(f field) string {
	if i, ok := b.by[f]; ok {
		return b.values[i].cell.text
	}
	return ""
}

// header is what the file calls the field, or what its template does.
func (b *builder) header(f field) string {
	if i, ok := b.by[f]; ok {
		return b.values[i].header
	}
	if f == b.headers.required {
		return b.headers.name
	}
	return ""
}

// row understands the values. A classified row comes back with nothing of them.
func (b *builder) row() intake.Row {
	if b.secret() {
		return intake.Row{N: b.n, Sheet: b.sheet, Issues: b.issues}
	}
	b.flaws()
	row := intake.Row{N: b.n, Sheet: b.sheet}
	switch b.kind {
	case intake.Results:
		k := catalog.Clean(b.peek(fKind))
		patent := k == string(catalog.KindPatent) || k == patentWord
		b.read[fKind] = patent || k == string(catalog.KindResult)
		if patent {
			row.Result = b.patent()
		} else {
			row.Result = b.result()
		}
	case intake.Patents:
		row.Result = b.patent()
	case intake.Needs:
		row.Need = b.need()
	case intake.Parties:
		row.Predecessor = b.line(fPredecessor, titleMax)
		row.Party = b.party()
	case intake.People:
		row.Person = b.person()
	}
	row.Title = short(oneLine(catalog.Clean(b.peek(fTitle))), titleMax)
	if b.refused {
		row.Result, row.Need, row.Party, row.Person, row.Predecessor = nil, nil, nil, nil, ""
		row.Cells = b.cells()
	}
	row.Issues = b.issues
	return row
}

// secret refuses a row that is classified, and forgets the notes on it.
func (b *builder) secret() bool {
	for _, v := range b.values {
		if v.field != fSecrecy {
			if tellsSecret(v.cell.text, v.field == "") {
				b.issues = nil
				b.refuse(v.header, "import.refused.classified", "value", catalog.Fold(v.cell.text))
				return true
			}
			continue
		}
		refused, tell := classified(strings.Join(append(v.list, v.cell.text), ""))
		if !refused {
			continue
		}
		b.issues = nil
		if tell != "" {
			b.refuse(v.header, "import.refused.classified", "value", tell)
		} else {
			b.refuse(v.header, "import.refused.classified_other")
		}
		return true
	}
	if title := b.peek(fTitle); markedTitle(title) {
		b.issues = nil
		b.refuse(b.header(fTitle), "import.refused.classified_title")
		return true
	}
	return false
}

// cells are the texts of the row, aligned with File.Columns; nil if an open
// quote drew in what follows, which may be anything.
func (b *builder) cells() []string {
	out := make([]string, len(b.columns))
	for _, v := range b.values {
		i, ok := b.columns[v.header]
		if v.cell.flaw == open_ {
			return nil
		}
		if !ok || v.field == fDropped {
			continue
		}
		out[i] = b.shown(v)
	}
	return out
}

// shown is a value as a text that another file may hold. Excel keeps days as
// numbers, whose count depends on the file.
func (b *builder) shown(v value) string {
	s := catalog.Clean(v.cell.text)
	if len(v.list) > 0 {
		s = catalog.Clean(strings.Join(v.list, ";"))
	}
	if d, ok := parseDate(s, b.date1904); ok && v.cell.number && (v.field.day() || dayHeader.MatchString(v.header)) {
		return d.String()
	}
	return s
}

// flaws refuses and notes what is wrong with cells, whatever they are about.
func (b *builder) flaws() {
	for i, v := range b.values {
		if v.field == fOrdinal || v.field == fDropped || v.field == fSecrecy {
			continue
		}
		switch v.cell.flaw {
		case tooLong:
			b.refuse(v.header, "import.refused.cell_too_long")
			b.values[i].cell.text = ""
		case open_:
			b.refuse(v.header, "import.refused.open_quote")
			b.values[i].cell.text = ""
		case formula:
			b.note(v.header, "import.note.formula")
		case failed:
			b.note(v.header, "import.note.cell_error", "value", short(v.cell.text, 20))
			b.values[i].cell.text = ""
		}
		if strings.ContainsRune(v.cell.text, utf8.RuneError) {
			b.note(v.header, "import.note.damaged_text")
		}
	}
}

// text is a text of at most most characters; a longer one refuses the row.
func (b *builder) text(f field, most int) string {
	i, ok := b.by[f]
	if !ok {
		return ""
	}
	b.read[f] = true
	v := b.values[i]
	s := catalog.Clean(v.cell.text)
	if len(v.list) > 0 {
		s = catalog.Clean(strings.Join(v.list, ";"))
	}
	if n := utf8.RuneCountInString(s); n > most {
		b.refuse(v.header, "import.refused.too_long", "n", strconv.Itoa(n), "limit", strconv.Itoa(most))
		return ""
	}
	return s
}

func (b *builder) line(f field, most int) string { return oneLine(b.text(f, most)) }

// keep puts a text that could not be understood among the unknown columns.
func (b *builder) keep(f field, s string) { b.keepAs(b.headers.names[f], b.header(f), s) }

// keepAs keeps a text by a name. What is plainly a phone or an identity number
// is not kept.
func (b *builder) keepAs(name, header, s string) {
	if mobile.MatchString(s) || identity.MatchString(s) {
		b.note(header, "import.note.personal_value")
		return
	}
	if b.extra == nil {
		b.extra = map[string]string{}
	}
	b.extra[name] = s
}

func (b *builder) date(f field) catalog.Date {
	s := b.line(f, wordMax)
	if f == fUntil {
		s = strings.TrimSpace(periodEnd(s))
		if endless[catalog.Fold(s)] {
			return catalog.Date{}
		}
	}
	if s == "" || f == fTo && endless[catalog.Fold(s)] {
		return catalog.Date{}
	}
	d, ok := parseDate(s, b.date1904)
	if !ok {
		b.note(b.header(f), "import.note.date_unread", "value", short(s, 20))
		b.keep(f, s)
		return d
	}
	if i := b.by[f]; b.typed && b.values[i].cell.number && octPattern.MatchString(s) {
		b.note(b.header(f), "import.note.date_october", "value", s)
	}
	return d
}

func (b *builder) price() catalog.Price {
	s := b.line(fPrice, wordMax)
	if s == "" {
		return catalog.Price{}
	}
	v := b.values[b.by[fPrice]]
	p, assumed, ok := parsePrice(s, v.unit)
	p.Written = withUnit(p, v)
	switch {
	case !ok:
		b.note(b.header(fPrice), "import.note.price_unread", "value", short(s, 20))
	case assumed:
		b.note(b.header(fPrice), "import.note.price_unit", "value", short(s, 20))
	}
	return p
}

func (b *builder) keywords() []string {
	i, ok := b.by[fKeywords]
	if !ok {
		return nil
	}
	v := b.values[i]
	var out []string
	more := false
	if items, ok := arrayOf(b.text(fKeywords, lineMax)); ok {
		v.list = items
	}
	if v.list != nil {
		clean := make([]string, len(v.list))
		for i, s := range v.list {
			clean[i] = oneLine(catalog.Clean(s))
		}
		out, more = distinct(clean, maxKeywords)
	} else {
		out, more = splitWords(b.text(fKeywords, lineMax), b.words)
	}
	for i := range out {
		out[i] = oneLine(out[i])
		if utf8.RuneCountInString(out[i]) > wordMax {
			b.refuse(v.header, "import.refused.too_long", "n", strconv.Itoa(utf8.RuneCountInString(out[i])), "limit", strconv.Itoa(wordMax))
		}
	}
	if more {
		b.note(v.header, "import.note.keywords", "limit", strconv.Itoa(maxKeywords))
	}
	return out
}

// list is a field of several texts: the array that JSON has, else the text
// parted by split.
func (b *builder) list(f field, most int, split func(string) []string) []string {
	s := b.text(f, most)
	if i, ok := b.by[f]; ok && s != "" && b.values[i].list != nil {
		clean := make([]string, len(b.values[i].list))
		for at, item := range b.values[i].list {
			clean[at] = catalog.Clean(item)
		}
		out, _ := distinct(clean, maxNames)
		return out
	}
	return split(s)
}

func (b *builder) names(f field) []string { return b.list(f, lineMax, splitNames) }

// id is an identifier; one that Excel has shortened refuses the row.
func (b *builder) id(f field) string {
	s := b.line(f, wordMax)
	if s == "" {
		return ""
	}
	if i := b.by[f]; ruinedNumber(b.values[i].cell) {
		b.refuse(b.header(f), "import.refused.ruined_number", "value", short(s, 40))
		return ""
	}
	return s
}

// title is the name of the thing; a row without one is refused.
func (b *builder) title() string {
	s := b.line(fTitle, titleMax)
	if s == "" && !b.refused {
		b.refuse(b.header(fTitle), "import.refused.no_title")
	}
	return s
}

func (b *builder) ways() []catalog.Way {
	s := b.line(fWays, lineMax)
	w := catalog.WaysIn(s)
	for _, way := range catalog.Ways() { // codes of our own export
		if slices.Contains(strings.Split(s, ";"), string(way)) && !slices.Contains(w, way) {
			w = append(w, way)
		}
	}
	slices.SortFunc(w, func(x, y catalog.Way) int { return slices.Index(catalog.Ways(), x) - slices.Index(catalog.Ways(), y) })
	if s != "" && len(w) == 0 && b.kind != intake.Needs {
		b.note(b.header(fWays), "import.note.ways_unread", "value", short(s, 20))
		b.keep(fWays, s)
	}
	return w
}

func (b *builder) maturity() catalog.Maturity {
	s := b.line(fMaturity, wordMax)
	if s == "" {
		return catalog.Maturity{}
	}
	m := catalog.MaturityFrom(s)
	if m.Level == 0 {
		b.note(b.header(fMaturity), "import.note.maturity_unread", "value", short(s, 20))
	}
	return m
}

func (b *builder) contact() catalog.Contact {
	return catalog.Contact{
		Name: b.line(fContact, wordMax), Phone: b.phone(fPhone), Landline: b.phone(fLandline),
		Email: b.line(fEmail, wordMax), LegalRep: b.line(fLegalRep, wordMax), OwnerTel: b.phone(fOwnerTel),
	}
}

// phone is a number; one that Excel has shortened refuses the row: the rest
// reaches nobody.
func (b *builder) phone(f field) string {
	s := b.line(f, wordMax)
	if s != "" && ruined.MatchString(s) {
		b.refuse(b.header(f), "import.refused.ruined_number", "value", short(s, 40))
		return ""
	}
	return strings.TrimSuffix(s, ".0")
}

var (
	mobile = regexp.MustCompile(`^(\+?86)?[\s-]*1[3-9]\d[\s-]?\d{4}[\s-]?\d{4}$`)
	// dayHeader is how headers of days end; of other numbers nothing is changed.
	dayHeader = regexp.MustCompile(`(日|日期|时间|年月)$`)
	identity  = regexp.MustCompile(`^\d{17}[\dXx]$`)
)

// extras are the columns that nobody knew, and those that have no place in a
// thing of this kind.
func (b *builder) extras() map[string]string {
	for i, v := range b.values {
		name := strings.TrimPrefix(v.header, KeptPrefix)
		switch {
		case v.field == "":
		case v.field.many(), v.field == fOrdinal, v.field.personal(), b.read[v.field], b.by[v.field] != i:
			continue
		default:
			name = b.headers.names[v.field]
		}
		if s := b.shown(v); s != "" {
			b.keepAs(name, v.header, s)
		}
	}
	return b.extra
}
