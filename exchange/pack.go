package exchange

import (
	"archive/zip"
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	page "html/template"
	"io"
	"strconv"
	"strings"
	"time"

	"datai/contact"
	"datai/evidence"
	"datai/gate"
	"datai/process"
	"datai/wording"
)

// WritePack writes an evidence pack as a zip file: index.html in both languages
// for people; the documents of a case; subject.json, notice-list.json,
// document-list.json, of the gate review-list.json, and a proof of each entry for
// programs;
// the checkpoint and the public keys; the SHA-256 of every file, as the program
// sha256sum checks them. Times are in zone.
func WritePack(out io.Writer, zone *time.Location, p evidence.Pack) error {
	w := packWriter{zip: zip.NewWriter(out), at: time.UnixMilli(p.At).In(zone)}
	for i := range p.Events {
		e := &p.Events[i]
		if e.Proof == nil {
			w.json("pending/"+e.Entry.ID.String()+".json", pendingEntry{ID: e.Entry.ID.String(), Record: string(e.Entry.Record())})
			continue
		}
		w.json(proofName(e.Proof.Number), e.Proof)
	}
	w.json("subject.json", p.Subject)
	w.json("notice-list.json", append([]evidence.Notice{}, p.Notices...))
	w.documents(p)
	if p.Subject.Kind == gate.Definition.Kind {
		w.json("review-list.json", append([]evidence.Review{}, p.Reviews...))
	}
	if p.Checkpoint.Size > 0 {
		w.add("signed-checkpoint.txt", []byte(p.Checkpoint.Note))
		w.add("keys.txt", []byte(strings.Join(p.Checkpoint.Keys, "\n")+"\n"))
	}
	var index bytes.Buffer
	if err := packPage.Execute(&index, packIndex(zone, p)); err != nil {
		return fmt.Errorf("exchange: pack: %w", err)
	}
	w.add("index.html", index.Bytes())
	w.add("sha256sums.txt", w.sums.Bytes())
	if w.err != nil {
		return fmt.Errorf("exchange: pack: %w", w.err)
	}
	return w.zip.Close()
}

// pendingEntry is an entry that no checkpoint covers yet.
type pendingEntry struct {
	ID     string `json:"id"`
	Record string `json:"record"`
}

func proofName(number int64) string { return fmt.Sprintf("proofs/%08d.json", number) }

// packWriter adds files; the first error stays.
type packWriter struct {
	zip  *zip.Writer
	at   time.Time
	sums bytes.Buffer
	err  error
}

func (w *packWriter) add(name string, text []byte) {
	w.stream(name, zip.Deflate, func(out io.Writer) error {
		_, err := out.Write(text)
		return err
	})
}

// stream adds a file as it is written.
func (w *packWriter) stream(name string, method uint16, write func(io.Writer) error) {
	if w.err != nil {
		return
	}
	f, err := w.zip.CreateHeader(&zip.FileHeader{Name: name, Method: method, Modified: w.at})
	if err != nil {
		w.err = err
		return
	}
	sum := sha256.New()
	w.err = write(io.MultiWriter(f, sum))
	fmt.Fprintf(&w.sums, "%x  %s\n", sum.Sum(nil), name)
}

// listedDocument is a document in the list for programs.
type listedDocument struct {
	File   string `json:"file"`
	Name   string `json:"name"`
	Field  string `json:"field"`
	Step   string `json:"step"`
	Event  int    `json:"event"` // number of the step
	Size   int64  `json:"size"`
	SHA256 string `json:"sha256"` // stands in the entry of the step
}

// documents adds the documents, the same content once: most are compressed by
// themselves.
func (w *packWriter) documents(p evidence.Pack) {
	list, there := []listedDocument{}, map[string]bool{}
	for _, d := range p.Documents {
		file := documentFile(d)
		list = append(list, listedDocument{file, d.Name, d.Field, d.Step, d.Event, d.Size, hex.EncodeToString(d.Hash[:])})
		if !there[file] {
			w.stream(file, zip.Store, func(out io.Writer) error { return p.Content(d, out) })
		}
		there[file] = true
	}
	w.json("document-list.json", list)
}

// documentFile is the name of a document in the pack, from nothing that anybody
// typed.
func documentFile(d evidence.Document) string {
	return fmt.Sprintf("documents/%x.%s", d.Hash[:12], d.Type)
}

func (w *packWriter) json(name string, v any) {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	e.SetIndent("", " ")
	if err := e.Encode(v); err != nil && w.err == nil {
		w.err = err
	}
	w.add(name, b.Bytes())
}

// What index.html is made of: one part a language.
type packPart struct {
	Lang, Title, Made, Entries, Notices, NoNotices, Check string
	Facts                                                 [][2]string
	EntryHead                                             []string
	Rows                                                  []packRow
	NoticeRows                                            [][]string
	NoticeHead                                            []string
	Steps                                                 []string
	Documents                                             string
	DocumentHead                                          []string
	DocumentRows                                          []packDocument
	Reviews                                               string
	ReviewHead                                            []string
	ReviewRows                                            [][]string
}

type packDocument struct{ When, Name, File, Size, Hash string }

type packRow struct {
	Number, When, Who, Role, What, Step, Content, File, Proof string
}

func packIndex(zone *time.Location, p evidence.Pack) (parts []packPart) {
	for _, l := range []wording.Lang{wording.Chinese, wording.English} {
		moment := func(ms int64) string { return time.UnixMilli(ms).In(zone).Format("2006-01-02 15:04:05 -07:00") }
		part := packPart{
			Lang: string(l), Title: l.Say("evidence.title", "code", p.Subject.Code), Made: l.Say("evidence.made", "at", moment(p.At)),
			Entries: l.Say("evidence.entries"), Notices: l.Say("evidence.notices"), Check: l.Say("evidence.check"), NoNotices: l.Say("evidence.no_notices"),
			Facts: [][2]string{
				{l.Say("evidence.subject"), l.Say("evidence.kind." + p.Subject.Kind)}, {l.Say("evidence.number"), p.Subject.Code}, {l.Say("evidence.name"), p.Subject.Title},
				{l.Say("evidence.begun"), moment(p.Subject.CreatedAt)}, {l.Say("evidence.changed"), moment(p.Subject.UpdatedAt)},
			},
			EntryHead:    []string{l.Say("journal.number"), l.Say("journal.when"), l.Say("journal.who"), l.Say("journal.role"), l.Say("journal.what"), l.Say("evidence.content"), l.Say("evidence.proof")},
			NoticeHead:   []string{l.Say("journal.when"), l.Say("evidence.to"), l.Say("evidence.about"), l.Say("evidence.read")},
			Documents:    l.Say("evidence.documents"),
			DocumentHead: []string{l.Say("journal.when"), l.Say("evidence.document"), l.Say("evidence.bytes"), "SHA-256"},
			Steps:        []string{l.Say("evidence.step.sums"), l.Say("evidence.step.keys"), l.Say("evidence.step.record"), l.Say("evidence.step.path"), l.Say("evidence.step.verify")},
		}
		for i := range p.Events {
			part.Rows = append(part.Rows, packEntry(l, moment, &p.Events[i]))
		}
		for _, d := range p.Documents {
			part.DocumentRows = append(part.DocumentRows, packDocument{moment(d.AddedAt), d.Name, documentFile(d), strconv.FormatInt(d.Size, 10), hex.EncodeToString(d.Hash[:])})
		}
		part.Reviews, part.ReviewHead, part.ReviewRows = l.Say("evidence.reviews"), []string{l.Say("journal.when"), l.Say("gate.state")}, packReviews(l, moment, p.Reviews)
		for _, c := range gate.Criteria() {
			part.ReviewHead = append(part.ReviewHead, l.Say("gate.criterion_short."+c))
		}
		for _, n := range p.Notices {
			read := l.Say("evidence.unread")
			if n.ReadAt > 0 {
				read = moment(n.ReadAt)
			}
			part.NoticeRows = append(part.NoticeRows, []string{moment(n.At), n.To, noticeName(l, n.Template), read})
		}
		parts = append(parts, part)
	}
	return parts
}

// packReviews are outside reviews in words: a row for each, and one for each
// reviewer's part, without a name.
func packReviews(l wording.Lang, moment func(int64) string, reviews []evidence.Review) (rows [][]string) {
	for _, r := range reviews {
		said := l.Say("gate.purpose."+r.Purpose) + " · " + l.Say("gate.round."+r.State)
		if r.Verdict != "" {
			points := strconv.FormatFloat(float64(r.Points)/2, 'f', -1, 64)
			said += " " + l.Say("gate.verdict."+r.Verdict) + " " + l.Say("gate.review.points", "points", points, "pass", strconv.Itoa(r.Pass), "hold", strconv.Itoa(r.Hold)) + " " + r.Rules
		}
		rows = append(rows, append([]string{moment(r.BegunAt), said}, make([]string, len(gate.Criteria()))...))
		for _, s := range r.Seats {
			said := l.Say("gate.seat." + s.State)
			if s.Tie != "" {
				said += " " + l.Say("gate.tie."+s.Tie, "with", "…")
			}
			row := []string{moment(s.At), said}
			for i := range gate.Criteria() {
				score := ""
				if i < len(s.Scores) {
					score = strconv.Itoa(s.Scores[i])
				}
				row = append(row, score)
			}
			rows = append(rows, row)
		}
	}
	return rows
}

func packEntry(l wording.Lang, moment func(int64) string, e *evidence.Event) packRow {
	r := packRow{When: moment(e.Entry.At), Who: e.Name, Role: e.Entry.Role, What: e.Entry.Verb, Content: e.Entry.Body, Proof: l.Say("evidence.pending")}
	if key := "journal.verb." + e.Entry.Verb; l.Has(key) {
		r.What = l.Say(key)
	}
	if key := "role." + e.Entry.Role; l.Has(key) {
		r.Role = l.Say(key)
	}
	r.Step = packStep(l, e.Entry.Verb, e.Entry.Body)
	if len(e.Entry.Digest) > 0 {
		r.Content = l.Say("evidence.erased")
	}
	if e.Entry.Seq > 0 {
		r.Number = strconv.FormatInt(e.Entry.Seq, 10)
	}
	if e.Proof != nil {
		r.File, r.Proof = proofName(e.Proof.Number), l.Say("evidence.proof_file")
	}
	return r
}

// packStep is a step of a process in words, "" if the entry is of none.
func packStep(l wording.Lang, verb, body string) string {
	var step struct{ Do, From, To string }
	if err := json.Unmarshal([]byte(body), &step); err != nil || step.To == "" {
		return ""
	}
	kind, _, _ := strings.Cut(verb, ".")
	for _, d := range []*process.Definition{contact.Definition, gate.Definition} {
		if do := d.Texts + "do." + step.Do; d.Kind == kind && l.Has(do) {
			return l.Say("evidence.moved", "do", l.Say(do), "from", l.Say(d.Texts+"state."+step.From), "to", l.Say(d.Texts+"state."+step.To))
		}
	}
	return ""
}

// noticeName is what a kind of notices is called.
func noticeName(l wording.Lang, template string) string {
	if key := "evidence.notice." + template; l.Has(key) {
		return l.Say(key)
	}
	return template
}

// packPage loads nothing: it is read from a folder, without a network.
var packPage = page.Must(page.New("pack").Parse(`<!DOCTYPE html>
<html lang="zh-CN"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<title>{{(index . 0).Title}}</title>
<style>
:root{color-scheme:light dark}
body{font:16px/1.7 sans-serif;max-width:64rem;margin:0 auto;padding:1rem}
.wide{overflow-x:auto}
table{border-collapse:collapse;width:100%}
th,td{text-align:left;vertical-align:top;padding:.35rem .6rem;border-bottom:1px solid #8888}
td{overflow-wrap:anywhere;min-width:5rem}
dt{font-weight:bold}dd{margin:0 0 .4rem}
section+section{margin-top:3rem;border-top:2px solid #8888}
@media print{body{max-width:none}}
</style></head><body>
{{range .}}<section lang="{{.Lang}}">
<h1>{{.Title}}</h1><p>{{.Made}}</p>
<dl>{{range .Facts}}<dt>{{index . 0}}</dt><dd>{{index . 1}}</dd>{{end}}</dl>
<h2>{{.Entries}}</h2><div class="wide" tabindex="0"><table><thead><tr>{{range .EntryHead}}<th scope="col">{{.}}</th>{{end}}</tr></thead><tbody>
{{range .Rows}}<tr><td>{{.Number}}</td><td>{{.When}}</td><td>{{.Who}}</td><td>{{.Role}}</td><td>{{.What}}{{with .Step}}<br>{{.}}{{end}}</td><td><code>{{.Content}}</code></td><td>{{if .File}}<a href="{{.File}}">{{.Proof}}</a>{{else}}{{.Proof}}{{end}}</td></tr>
{{end}}</tbody></table></div>
{{if .DocumentRows}}<h2>{{.Documents}}</h2><div class="wide" tabindex="0"><table><thead><tr>{{range .DocumentHead}}<th scope="col">{{.}}</th>{{end}}</tr></thead><tbody>
{{range .DocumentRows}}<tr><td>{{.When}}</td><td><a href="{{.File}}">{{.Name}}</a></td><td>{{.Size}}</td><td><code>{{.Hash}}</code></td></tr>
{{end}}</tbody></table></div>
{{end}}{{if .ReviewRows}}<h2>{{.Reviews}}</h2><div class="wide" tabindex="0"><table><thead><tr>{{range .ReviewHead}}<th scope="col">{{.}}</th>{{end}}</tr></thead><tbody>
{{range .ReviewRows}}<tr>{{range .}}<td>{{.}}</td>{{end}}</tr>
{{end}}</tbody></table></div>
{{end}}<h2>{{.Notices}}</h2>{{if .NoticeRows}}<div class="wide" tabindex="0"><table><thead><tr>{{range .NoticeHead}}<th scope="col">{{.}}</th>{{end}}</tr></thead><tbody>
{{range .NoticeRows}}<tr>{{range .}}<td>{{.}}</td>{{end}}</tr>
{{end}}</tbody></table></div>{{else}}<p>{{.NoNotices}}</p>{{end}}
<h2>{{.Check}}</h2><ol>{{range .Steps}}<li>{{.}}</li>{{end}}</ol>
</section>
{{end}}</body></html>
`))
