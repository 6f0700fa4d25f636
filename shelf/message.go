package shelf

import (
	"slices"
	"strings"
	"time"
	"unicode"

	"datai/catalog"
)

// Form is a need as somebody enters it for its owner (代录): every field as
// written. It may hold telephone numbers, so it is kept encrypted.
type Form struct {
	Owner, Contact, Phone, Landline, Email string
	Title, Text, Indicators, Budget        string
	Until                                  catalog.Date
	Themes                                 []catalog.Theme

	Read   []string // names of the fields that a program proposed and nobody has looked at yet
	Passed []string // codes of the questions that were answered or skipped
	Parts  []Part   // the problems of a message that names several; none once it is parted
}

// Part is one of several problems in a message.
type Part struct{ Title, Text, Indicators string }

// The names of fields, as Form.Read and the forms of pages have them.
const (
	FieldOwner      = "owner"
	FieldContact    = "contact"
	FieldPhone      = "phone"
	FieldLandline   = "landline"
	FieldEmail      = "email"
	FieldTitle      = "title"
	FieldText       = "text"
	FieldIndicators = "indicators"
	FieldBudget     = "budget"
	FieldUntil      = "until"
	FieldThemes     = "theme"
)

// Reader understands what people write.
type Reader struct {
	// Message proposes the fields of a need from a text such as an enterprise
	// sends by WeChat; relative days count from now.
	Message    func(text string, now time.Time) Form
	Price      func(written string) catalog.Price
	Indicators func(written string) []catalog.Indicator
	// Secret reports whether a text says that it is classified or internal.
	Secret func(text string) bool
}

// need is the need that a form describes.
func (r Reader) need(f Form) catalog.Need {
	return catalog.Need{Title: f.Title, Text: f.Text, Themes: f.Themes, IndicatorsAs: f.Indicators, Indicators: r.Indicators(f.Indicators),
		Budget: r.Price(f.Budget), Until: f.Until, OwnerName: f.Owner,
		Contact: catalog.Contact{Name: f.Contact, Phone: f.Phone, Landline: f.Landline, Email: f.Email}}
}

// Question makes a vague text clear: message "question.<code>".
type Question struct {
	Code string
	Word string // what the text says that made the question arise
	N    int    // how many problems there are
}

// Questions that a text itself gives rise to.
const (
	AskNumber   = "number"   // a word of praise that no number stands beside
	AskPurchase = "purchase" // it looks like a purchase
	AskSeveral  = "several"  // several problems in one
	AskPhone    = "phone"    // a telephone number that would be public
)

// open are the questions that a need should answer, in the order in which they
// are asked (design, questions that make a vague text clear).
var open = []string{"step", "scene", "success", "now", "tried", "limits", "want", "when", "budget", "offer", "rights", "hide", "reply"}

// vague are words that nobody can accept a result by; purchases are words of
// those who buy what is there.
var (
	vague     = []string{"先进", "高性能", "国际领先", "智能化", "降本增效"}
	purchases = []string{"求购", "采购"}
)

// Questions are those that a form leaves open, what its own words give rise to
// first. What was answered or skipped is not asked again, a telephone number
// always.
func Questions(f Form, indicators []catalog.Indicator) []Question {
	var out []Question
	add := func(q Question) {
		if q.Code == AskPhone || !slices.Contains(f.Passed, q.Code) {
			out = append(out, q)
		}
	}
	public := f.Title + "\n" + f.Text + "\n" + f.Indicators
	if catalog.HasPhone(public) {
		add(Question{Code: AskPhone})
	}
	if len(f.Parts) > 1 {
		add(Question{Code: AskSeveral, N: len(f.Parts)})
	}
	if word := firstIn(public, purchases); word != "" {
		add(Question{Code: AskPurchase, Word: word})
	}
	if word := unmeasured(f.Title+"\n"+f.Text, len(indicators) > 0); word != "" {
		add(Question{Code: AskNumber, Word: word})
	}
	for _, code := range open {
		switch {
		case code == "success" && len(indicators) > 0, code == "when" && !f.Until.IsZero(), code == "budget" && f.Budget != "":
		default:
			add(Question{Code: code})
		}
	}
	return out
}

func firstIn(text string, words []string) string {
	for _, w := range words {
		if strings.Contains(text, w) {
			return w
		}
	}
	return ""
}

// unmeasured is the first word of praise in a sentence without a number, "" if
// there is none or if the need has indicators.
func unmeasured(text string, measured bool) string {
	if measured {
		return ""
	}
	for _, s := range strings.FieldsFunc(text, func(r rune) bool { return strings.ContainsRune("。！？!?\n；;", r) }) {
		if w := firstIn(s, vague); w != "" && !strings.ContainsFunc(s, unicode.IsDigit) {
			return w
		}
	}
	return ""
}
