// Package match finds what helps with a need: results, patents, needs, parties and people, ranked, with the reason for
// each. It is pure: an in-process index over text, no database, no network; texts may stand in files (record.go). The database is the truth, an Index is a copy
// of it that can be rebuilt at any time.
//
// Text is cut into single Han characters, pairs of adjacent ones, and words of other scripts (see analyse.go). Scores are
// BM25 with a length norm for each field, held as 8-bit impacts in segments of at most 16,384 documents (segment.go, list.go).
// A search adds up impacts exactly, keeps the best few, and re-ranks those by reading their text again (rerank.go).
// Visibility is decided inside the scan: a document that the viewer may not see is never counted, listed or quoted.
package match

// Kind says what a document stands for.
type Kind uint8

// The kinds of documents.
const (
	KindResult Kind = 1 + iota
	KindNeed
	KindParty
	KindPerson
)

// Audience is a set of reader groups. A document is visible to a viewer iff doc.Audience & viewer != 0.
type Audience uint8

// Reader groups; a viewer holds every group that he belongs to.
const (
	AudPublic   Audience = 1 << iota // anybody
	AudSignedIn                      // anybody with an account
	AudParty                         // the parties of a case
	AudOffice                        // the transfer office
)

// Doc is one entry of the index. Texts are taken as they are; control characters and invalid UTF-8 separate words.
type Doc struct {
	ID         string // unique over all kinds
	Kind       Kind
	Title      string
	Keywords   []string
	Abstract   string // summary, application, anything that describes it
	Claims     string // patent claims; searched with a low weight, never quoted in snippets
	Tags       []string
	Indicators []Indicator // declared ones; further ones are read out of title and abstract
	Audience   Audience
	Time       int64  // unix milliseconds; of two equal hits the later one comes first
	Until      int64  // unix milliseconds from which only AudOffice sees it where Filter.Now says so; 0 = no end
	Key        string // its place in the order ByKey
	Level      uint8  // its place in the order ByLevel
}

// Filter narrows a search to documents that hold everywhere.
type Filter struct {
	Kinds   []Kind     // none means all
	Viewer  Audience   // no group sees nothing
	Any     [][]string // every group must hold, at most 64; one tag of a group suffices; an empty group is ignored
	Exclude []string   // document ids left out
	Now     int64      // unix milliseconds; what has lapsed by then is left out, 0 = nothing has
}

// Query is a problem and what has been learned about it.
type Query struct {
	Text      string   // the problem in everyday words; any length, any bytes
	Title     string   // optional parts of a need, weighted higher
	Keywords  []string //
	Terms     []string // technical terms that a person accepted
	Useful    []string // ids of documents marked useful; ignored when the viewer may not see them
	NotUseful []string // ids of documents marked not useful; likewise
	Wants     []Indicator
	Filter    Filter
	K         int      // hits wanted; 0 means 10, at most 1000
	Floor     float64  // instead of Params.Floor, and nothing below it is a hit; 0 = as there
	Facets    []string // tag prefixes to count, such as "theme:"
	Explain   bool
	Further   int  // more hits wanted below the K, never explained; together at most 1000
	Uncounted bool // Total and Facets are not wanted, which is quicker
	Suggest   int  // terms wanted that could make the question clearer
}

// Label says how much a hit can be relied upon.
type Label uint8

// Labels in rising order; LabelNone means that the page had better stay silent about the hit.
const (
	LabelNone     Label = iota
	LabelWeak           // 仅供参考
	LabelPossible       // 可能相关
	LabelStrong         // 强相关
)

// Hit is one document found. Score is comparable between hits of one query and, roughly, between queries.
type Hit struct {
	ID       string
	Kind     Kind
	Score    float64
	Label    Label
	Evidence Evidence    // what the label rests on; zero when the hit was not read again
	Why      Explanation // of the first K, when Query.Explain is set
}

// Result of a search. Total and Facets count visible documents whose first-stage score reaches Params.Floor, before the
// re-ranking; Hits may go on below it, labelled LabelNone. A facet counts what each of its values would bring beside the
// other filters: a group of Filter.Any whose tags all begin with the facet's prefix does not narrow that facet.
type Result struct {
	Hits        []Hit
	Total       int
	Facets      map[string]map[string]int // prefix → full tag → number of documents
	Suggestions []Suggestion              // at most Query.Suggest, the strongest first
}

// Explanation is data; the page words it.
type Explanation struct {
	Terms   []Term // strongest first
	Rows    []Row  // the indicator table, in the order of the need
	Title   []Span // what to highlight in the document's title
	Snippet Snippet
}

// Source says where a term of an explanation comes from.
type Source uint8

// Sources of terms.
const (
	FromNeed    Source = iota // words of the question
	FromTerm                  // an accepted term
	FromLexicon               // a technical word for an everyday word of the question: Text is the latter, Via the former
	FromUseful                // taken from a document marked useful; Text is empty, Via holds the words
)

// Term is a phrase that carried the score.
type Term struct {
	Text   string  // as the question writes it
	Via    string  // as the document has it, when that differs
	Source Source  //
	Share  float64 // part of the hit's score before re-ranking, 0 to 1
}

// Span is a half-open range of bytes.
type Span struct{ Start, End int }

// Snippet is the best sentence of a document. Spans are byte offsets into Text.
type Snippet struct {
	Text  string
	Spans []Span
}
