package exchange

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"iter"
	"maps"
	"slices"
	"strings"

	"datai/catalog"
	"datai/intake"

	"github.com/google/uuid"
)

// resultLine is a result as JSON Lines carry it: without contacts (never-rule 7).
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
	Disciplines  []string `json:"disciplines,omitempty"`
	Price        string   `json:"price,omitempty"`
	Remarks      string   `json:"remarks,omitempty"`
	Address      string   `json:"address,omitempty"`
	Image        string   `json:"image,omitempty"`
	Video        string   `json:"video,omitempty"`
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

// needLine is a need as JSON Lines carry it.
type needLine struct {
	ID          string   `json:"id"`
	Title       string   `json:"title"`
	Text        string   `json:"text"`
	Field       string   `json:"field,omitempty"`
	Keywords    []string `json:"keywords,omitempty"`
	Category    string   `json:"category,omitempty"`
	Themes      []string `json:"themes,omitempty"`
	Disciplines []string `json:"disciplines,omitempty"`
	Indicators  string   `json:"indicators,omitempty"`
	Ways        string   `json:"ways,omitempty"`
	Until       string   `json:"until,omitempty"`
	Budget      string   `json:"budget,omitempty"`
	WishParty   string   `json:"wishParty,omitempty"`
	WishExpert  string   `json:"wishExpert,omitempty"`
	Owner       string   `json:"owner,omitempty"`
	Address     string   `json:"address,omitempty"`
	Image       string   `json:"image,omitempty"`
	Video       string   `json:"video,omitempty"`
}

// WriteResults writes results in the order in which they come, in UTF-8; the
// format is jsonl, csv, tsv or xlsx, another one is Invalid. JSON Lines have the
// keys of the import; a table, and JSON Lines with the preset result-27, have
// the 27 columns of the template, then what else there is. The id is the one
// that the file gave at import, else the public code. Contacts are never
// written; whatever else the reader may not see, the caller takes out before
// (catalog.Result.For). things are gone through twice for a table; if they
// moved meanwhile, the error is a Conflict.
func WriteResults(w io.Writer, format, preset string, things iter.Seq2[*catalog.Result, error]) error {
	if err := checkPreset(intake.Results, preset); err != nil {
		return err
	}
	if format == FormatJSONL && preset == "" {
		return writeLines(w, intake.Results, things, func(r *catalog.Result) (any, map[string]string) { return lineOfResult(r), r.Extra })
	}
	return resultExport().write(w, format, things)
}

// WriteNeeds writes needs the same way; the preset is need-21.
func WriteNeeds(w io.Writer, format, preset string, things iter.Seq2[*catalog.Need, error]) error {
	if err := checkPreset(intake.Needs, preset); err != nil {
		return err
	}
	if format == FormatJSONL && preset == "" {
		return writeLines(w, intake.Needs, things, func(n *catalog.Need) (any, map[string]string) { return lineOfNeed(n), n.Extra })
	}
	return needExport().write(w, format, things)
}

// WriteParties writes parties in the columns of their import, in JSON Lines by
// the same names. names are the names of parties that others name as the one
// before them.
func WriteParties(w io.Writer, format string, names map[uuid.UUID]string, things iter.Seq2[*catalog.Party, error]) error {
	return partyExport(names).write(w, format, things)
}

// WritePeople writes people in the columns of their import.
func WritePeople(w io.Writer, format string, things iter.Seq2[*catalog.Person, error]) error {
	return personExport().write(w, format, things)
}

func checkPreset(kind intake.Kind, preset string) error {
	if preset == "" {
		return nil
	}
	_, err := presetNamed(kind, preset)
	return err
}

// writeLines writes one object a line: its own keys, then those of columns that
// nobody knew.
func writeLines[T any](w io.Writer, kind intake.Kind, things iter.Seq2[T, error], line func(T) (any, map[string]string)) error {
	h, err := headersOf(kind)
	if err != nil {
		return err
	}
	out := bufio.NewWriterSize(w, 64<<10)
	for thing, err := range things {
		if err != nil {
			return fmt.Errorf("exchange: export: %w", err)
		}
		object, extra := line(thing)
		if err := writeLine(out, h, object, extra); err != nil {
			return fmt.Errorf("exchange: export: %w", err)
		}
	}
	if err := out.Flush(); err != nil {
		return fmt.Errorf("exchange: export: %w", err)
	}
	return nil
}

func writeLine(out *bufio.Writer, h headers, object any, extra map[string]string) error {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(object); err != nil {
		return err
	}
	b.Truncate(b.Len() - len("}\n"))
	for _, key := range slices.Sorted(maps.Keys(extra)) {
		if extra[key] == "" {
			continue
		}
		name := key
		if _, known := h.native(key); known || strings.HasPrefix(key, KeptPrefix) {
			name = KeptPrefix + key
		}
		fmt.Fprintf(&b, ",%s:%s", quoted(name), quoted(extra[key]))
	}
	b.WriteString("}\n")
	_, err := out.Write(b.Bytes())
	return err
}

func lineOfResult(r *catalog.Result) resultLine {
	l := resultLine{
		ID: idOr(r.GivenID, r.Code), Title: r.Title, Abstract: r.Abstract, Keywords: listOf(r.Keywords),
		Organization: r.Organization, Claims: r.Claims, Kind: string(r.Kind), Summary: r.Summary, Owners: r.Owners,
		Application: r.Application, Themes: texts(r.Themes), Maturity: r.Maturity.Written, Ways: texts(r.Ways),
		Indicators: r.IndicatorsAs, Rights: r.RightsAs, Completed: r.CompletedOn.String(), Funding: r.Funding,
		Origin: r.Origin, Awards: r.Awards, Market: r.Market, Disciplines: r.Disciplines, Price: r.Price.Written,
		Remarks: r.Remarks, Address: r.Address, Image: r.Image, Video: r.Video,
	}
	if r.Kind == catalog.KindPatent && len(r.Rights) > 0 {
		l.patentLine = lineOfRight(r.Rights[0])
		return l
	}
	l.Completers = completerTexts(r.Completers)
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
		Category: n.Category, Themes: texts(n.Themes), Disciplines: n.Disciplines, Indicators: n.IndicatorsAs, Ways: n.WaysAs, Until: n.Until.String(),
		Budget: n.Budget.Written, WishParty: n.WishParty, WishExpert: n.WishExpert, Owner: n.OwnerName, Address: n.Address, Image: n.Image, Video: n.Video,
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
