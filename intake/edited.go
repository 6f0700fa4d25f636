package intake

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"datai/account"
	"datai/catalog"

	"github.com/google/uuid"
)

// Edit is that somebody changed a field of a thing on its page.
type Edit struct {
	At int64  // the last time, unix ms
	By string // name
}

// Notes on fields that were changed on a page and of which the file says
// something else: the page's word stands, or the file's.
const (
	noteEdited = "import.note.edited"
	noteOver   = "import.note.edited_over"
	noteSame   = "import.note.edited_same" // both say the same by now
)

// columnOf is what a column must be about to say something of a field of a
// result or need.
var columnOf = map[string]string{
	"Title": "title", "Summary": "summary", "Abstract": "abstract", "Keywords": "keywords", "Claims": "claims", "Application": "application",
	"Themes": "application", "Disciplines": "discipline", "Organization": "organization", "Owners": "owners", "Completers": "completers",
	"IndicatorsAs": "indicators", "RightsAs": "rights", "Maturity": "maturity", "Price": "price", "CompletedOn": "completed", "Funding": "funding",
	"Origin": "origin", "Awards": "awards", "Market": "market", "Remarks": "remarks", "Address": "address", "Image": "image", "Video": "video",
	"Text": "text", "Field": "application", "Category": "category", "WaysAs": "ways", "Budget": "price", "WishParty": "wish_party",
	"WishExpert": "wish_expert", "Until": "until", "OwnerName": "owners", "Ways": "ways", "Indicators": "indicators", "Rights": "rights",
	"Unfiled": "rights",
}

// workedOut are fields that follow from another where a file states that.
var workedOut = map[string]string{"Themes": "Application", "Ways": "WaysAs", "Indicators": "IndicatorsAs", "Rights": "RightsAs", "Unfiled": "RightsAs"}

// weighEdits gives fields of merged, which is old with what in says, back what
// old has where somebody changed them on the page, unless the file is to win,
// and says so in the row.
func weighEdits[T any](s *StagedRow, old, in, merged T, edits map[string]Edit, k known) T {
	if len(edits) == 0 {
		return merged
	}
	before, says, after := fieldsOf(old), fieldsOf(in), fieldsOf(merged)
	var fields, alike []string
	for _, name := range slices.Sorted(maps.Keys(edits)) {
		switch {
		case !bytes.Equal(before[name], after[name]):
			fields = append(fields, name)
		case bytes.Equal(before[name], says[name]):
			alike = append(alike, name)
		}
	}
	for _, name := range slices.Sorted(maps.Keys(workedOut)) { // they stay together
		if slices.Contains(fields, workedOut[name]) && !slices.Contains(fields, name) && !bytes.Equal(before[name], after[name]) {
			fields = append(fields, name)
		}
	}
	key := noteEdited
	if k.fileWins {
		key = noteOver
	}
	s.noteEdits(noteSame, alike, before, after, edits, k)
	s.noteEdits(key, fields, before, after, edits, k)
	if k.fileWins || len(fields) == 0 {
		return merged
	}
	for _, name := range fields {
		after[name] = before[name]
	}
	var out T
	text, err := json.Marshal(after)
	if err == nil {
		err = json.Unmarshal(text, &out)
	}
	if err != nil { // it was marshalled a moment ago
		return merged
	}
	return out
}

// noteEdits says in the row what was changed on the page and what the file
// says. Fields that are worked out of others go with those.
func (s *StagedRow) noteEdits(key string, fields []string, before, after map[string]json.RawMessage, edits map[string]Edit, k known) {
	if len(fields) == 0 {
		return
	}
	var notes []Issue
	var quiet []string
	for _, name := range fields {
		if from, ok := workedOut[name]; ok && slices.Contains(fields, from) {
			quiet = append(quiet, name)
			continue
		}
		header := ""
		if at := slices.IndexFunc(k.columns, func(c Column) bool { return c.Field != "" && c.Field == columnOf[name] }); at >= 0 {
			header = k.columns[at].Header
		}
		e := edits[name]
		notes = append(notes, Issue{Key: key, Column: header, Args: catalog.Args{"field": name, "by": e.By,
			"at": time.UnixMilli(e.At).In(k.zone).Format(time.DateOnly), "page": plain(before[name]), "file": plain(after[name])}})
	}
	notes[0].Args["field"] = strings.Join(append([]string{notes[0].Args["field"]}, quiet...), " ")
	s.Issues = append(s.Issues, notes...)
}

func fieldsOf(thing any) map[string]json.RawMessage {
	var out map[string]json.RawMessage
	if text, err := json.Marshal(thing); err == nil {
		_ = json.Unmarshal(text, &out) // what has just been marshalled
	}
	return out
}

// plain is a value of a field in few words.
func plain(raw json.RawMessage) string {
	var v any
	if err := json.Unmarshal(raw, &v); err != nil {
		return "—"
	}
	rs := []rune(words(v))
	switch {
	case len(rs) == 0:
		return "—"
	case len(rs) > 60:
		return string(rs[:60]) + "…"
	}
	return string(rs)
}

func words(v any) string {
	switch v := v.(type) {
	case nil:
		return ""
	case []any:
		var parts []string
		for _, x := range v {
			parts = append(parts, words(x))
		}
		return strings.Join(parts, "、")
	case map[string]any: // a price, a maturity or a completer
		for _, name := range []string{"Written", "Name"} {
			if text, ok := v[name].(string); ok && text != "" {
				return text
			}
		}
		return ""
	}
	return fmt.Sprint(v)
}

// edited reports whether the row speaks of a field that was changed on a page.
func (s *StagedRow) edited() bool {
	return s.notes(noteEdited, noteOver, noteSame)
}

func (s *StagedRow) notes(keys ...string) bool {
	return slices.ContainsFunc(s.Issues, func(i Issue) bool { return slices.Contains(keys, i.Key) })
}

// weigh adds n for a row to what the batch counts of fields that were changed
// on pages.
func (b *Batch) weigh(r *StagedRow, n int) {
	if r.notes(noteEdited, noteOver) {
		b.Edited += n
	}
	if r.notes(noteSame) {
		b.Agreed += n
	}
}

// Prefer says which word counts in a staged batch where a field was changed on
// its page and the file says something else: the page's, which is the default,
// or the file's. The rows are compared anew.
func (s *Service) Prefer(ctx context.Context, p account.Principal, id uuid.UUID, file bool) (Batch, error) {
	b, err := s.Batch(ctx, p, id)
	if err != nil {
		return b, err
	}
	if b.State != Staged {
		return b, catalog.Refuse(catalog.Conflict, "import.not_staged", "state", string(b.State))
	}
	err = s.compareAnew(ctx, &b, func(tx Tx, next *Batch, after int64) ([]StagedRow, error) {
		next.FileWins = file
		return tx.RowsSaid(ctx, b.ID, after, chunk)
	})
	if err != nil {
		return b, fmt.Errorf("intake: prefer: %w", err)
	}
	return b, nil
}

// forgetEdits forgets of the things of a batch what was changed on their pages
// and is written over now, or what the file says, too: only what is changed
// after this import is news to the next one.
func forgetEdits(ctx context.Context, tx Tx, b Batch) error {
	for after, more := int64(0), b.FileWins && b.Edited > 0 || b.Agreed > 0; more; {
		rows, err := tx.RowsSaid(ctx, b.ID, after, chunk)
		if err != nil {
			return err
		}
		for i := range rows {
			after = rows[i].Pos
			for _, issue := range rows[i].Issues {
				if issue.Key != noteOver && issue.Key != noteSame {
					continue
				}
				if err := tx.DropEdits(ctx, rows[i].thingID(), strings.Fields(issue.Args["field"])); err != nil {
					return err
				}
			}
		}
		more = len(rows) == chunk
	}
	return nil
}
