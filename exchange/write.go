package exchange

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"iter"

	"datai/catalog"
)

// resultLine is a result as JSON Lines carry it. Phones, e-mail addresses,
// prices and remarks are not in it (never-rules 7 and 9).
type resultLine struct {
	ID           string   `json:"id"`
	Title        string   `json:"title"`
	Abstract     string   `json:"abstract"`
	Keywords     []string `json:"keywords"`
	Organization string   `json:"organization"`
	Claims       string   `json:"claims,omitempty"`
	Kind         string   `json:"kind,omitempty"`
	Summary      string   `json:"summary,omitempty"`
	Owners       []string `json:"owners,omitempty"`
	Completers   []string `json:"completers,omitempty"`
	Application  string   `json:"application,omitempty"`
	Themes       []string `json:"themes,omitempty"`
	Maturity     string   `json:"maturity,omitempty"`
	Ways         []string `json:"ways,omitempty"`
	Indicators   string   `json:"indicators,omitempty"`
	Rights       string   `json:"rights,omitempty"`
	Completed    string   `json:"completed,omitempty"`
	Funding      string   `json:"funding,omitempty"`
	Origin       string   `json:"origin,omitempty"`
	Awards       string   `json:"awards,omitempty"`
	Market       string   `json:"market,omitempty"`
	*patentLine
}

// patentLine is the one right of a patent.
type patentLine struct {
	Number    string   `json:"applicationNumber,omitempty"`
	Right     string   `json:"right,omitempty"`
	Published string   `json:"published,omitempty"`
	Filed     string   `json:"filed,omitempty"`
	Granted   string   `json:"granted,omitempty"`
	Expires   string   `json:"expires,omitempty"`
	Status    string   `json:"status,omitempty"`
	InForce   string   `json:"inForce,omitempty"`
	Inventors []string `json:"inventors,omitempty"`
	IPC       []string `json:"ipc,omitempty"`
}

// needLine is a need as JSON Lines carry it: nothing tells whose it is
// (never-rule 9).
type needLine struct {
	ID         string   `json:"id"`
	Title      string   `json:"title"`
	Text       string   `json:"text"`
	Field      string   `json:"field,omitempty"`
	Keywords   []string `json:"keywords,omitempty"`
	Category   string   `json:"category,omitempty"`
	Themes     []string `json:"themes,omitempty"`
	Indicators string   `json:"indicators,omitempty"`
	Ways       string   `json:"ways,omitempty"`
	Until      string   `json:"until,omitempty"`
}

// WriteResults writes results as JSON Lines, in UTF-8, one object a line. The
// id is the one that the file gave at import, else the public code. The only
// format is "jsonl"; another one is Invalid.
func WriteResults(w io.Writer, format string, seq iter.Seq2[*catalog.Result, error]) error {
	return writeLines(w, format, seq, func(r *catalog.Result) any { return lineOfResult(r) })
}

// WriteNeeds writes needs the same way.
func WriteNeeds(w io.Writer, format string, seq iter.Seq2[*catalog.Need, error]) error {
	return writeLines(w, format, seq, func(n *catalog.Need) any { return lineOfNeed(n) })
}

func writeLines[T any](w io.Writer, format string, seq iter.Seq2[T, error], line func(T) any) error {
	if format != "jsonl" {
		return catalog.Refuse(catalog.Invalid, "export.unknown_format", "format", short(format, 20))
	}
	out := bufio.NewWriterSize(w, 64<<10)
	enc := json.NewEncoder(out)
	enc.SetEscapeHTML(false)
	for thing, err := range seq {
		if err != nil {
			return fmt.Errorf("exchange: export: %w", err)
		}
		if err := enc.Encode(line(thing)); err != nil {
			return fmt.Errorf("exchange: export: %w", err)
		}
	}
	if err := out.Flush(); err != nil {
		return fmt.Errorf("exchange: export: %w", err)
	}
	return nil
}

func lineOfResult(r *catalog.Result) resultLine {
	l := resultLine{
		ID: idOr(r.GivenID, r.Code), Title: r.Title, Abstract: r.Abstract, Keywords: listOf(r.Keywords),
		Organization: r.Organization, Claims: r.Claims, Kind: string(r.Kind), Summary: r.Summary, Owners: r.Owners,
		Application: r.Application, Themes: texts(r.Themes), Maturity: r.Maturity.Written, Ways: texts(r.Ways),
		Indicators: r.IndicatorsAs, Rights: r.RightsAs, Completed: r.CompletedOn.String(), Funding: r.Funding,
		Origin: r.Origin, Awards: r.Awards, Market: r.Market,
	}
	if r.Kind == catalog.KindPatent && len(r.Rights) > 0 {
		l.patentLine = lineOfRight(r.Rights[0])
		return l
	}
	for _, c := range r.Completers {
		l.Completers = append(l.Completers, withShare(c))
	}
	return l
}

// lineOfRight writes a right in the words that sheets use for it.
func lineOfRight(r catalog.Right) *patentLine {
	l := &patentLine{Number: r.Number, Published: r.Published, Filed: r.FiledOn.String(), Granted: r.GrantedOn.String(),
		Expires: r.ExpiresOn.String(), Status: r.Status, InForce: "失效", Inventors: r.Inventors, IPC: r.IPC}
	if r.InForce {
		l.InForce = "有效"
	}
	for _, w := range rightWords {
		if w.kind == r.Kind {
			l.Right = w.word
			break
		}
	}
	return l
}

func lineOfNeed(n *catalog.Need) needLine {
	return needLine{
		ID: idOr(n.GivenID, n.Code), Title: n.Title, Text: n.Text, Field: n.Field, Keywords: n.Keywords,
		Category: n.Category, Themes: texts(n.Themes), Indicators: n.IndicatorsAs, Ways: n.WaysAs, Until: n.Until.String(),
	}
}

func idOr(given, code string) string {
	if given != "" {
		return given
	}
	return code
}

func listOf(s []string) []string {
	if s == nil {
		return []string{}
	}
	return s
}

func texts[T ~string](list []T) []string {
	var out []string
	for _, v := range list {
		out = append(out, string(v))
	}
	return out
}
