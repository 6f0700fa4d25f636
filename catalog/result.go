package catalog

import (
	"slices"

	"github.com/google/uuid"
)

// ResultState is where a research result stands (SM1, reduced to what a
// visitor and an officer must be able to tell apart).
type ResultState string

// States of a result. Licensed and transferred results stay in the catalogue:
// that they are taken is a fact a match must tell.
const (
	ResultDraft       ResultState = "draft"
	ResultReview      ResultState = "review"
	ResultListed      ResultState = "listed"
	ResultTalks       ResultState = "talks"
	ResultLicensed    ResultState = "licensed" // ordinary licence: still open to others
	ResultExclusive   ResultState = "exclusive"
	ResultTransferred ResultState = "transferred"
	ResultWithdrawn   ResultState = "withdrawn"
	ResultExpired     ResultState = "expired"
)

// ResultStates lists every state in the order people meet them.
var resultStates = []ResultState{ResultDraft, ResultReview, ResultListed, ResultTalks,
	ResultLicensed, ResultExclusive, ResultTransferred, ResultWithdrawn, ResultExpired}

// ResultStates returns every state in the order people meet them.
func ResultStates() []ResultState { return slices.Clone(resultStates) }

// OnShelf reports whether a result in this state may be shown to the public
// at all (the other condition is PublicConfirmed).
func (s ResultState) OnShelf() bool {
	return s == ResultListed || s == ResultTalks || s == ResultLicensed
}

// Standing is the state in which lists and counts hold a result: one on the shelf
// whose words nobody has confirmed stands in review, whatever has become of its
// rights.
func (r *Result) Standing() ResultState {
	if r.State.OnShelf() && !r.PublicConfirmed {
		return ResultReview
	}
	return r.State
}

// InReview reports whether the result stands before the shelf: the gate holds
// these, and no others.
func (r *Result) InReview() bool {
	s := r.Standing()
	return s == ResultReview || s == ResultDraft
}

// ResultKind tells a result from a patent. A patent is a listing: a result
// with one right.
type ResultKind string

// Kinds of a result.
const (
	KindResult ResultKind = "result"
	KindPatent ResultKind = "patent"
)

// Result is one research result that may be brought to use.
type Result struct {
	ID      uuid.UUID
	Code    string // short public code, e.g. R-7K3M9Q2XAB; stable, in addresses
	GivenID string // the id that the file gave, if any
	Kind    ResultKind
	Version int64
	State   ResultState

	Title         string
	Summary       string // for whom, what problem, how much better; at most 60 characters
	Abstract      string
	Keywords      []string
	Claims        string // of a patent
	Application   string // field of use as written
	Themes        []Theme
	ThemesBy      By       `json:",omitzero"` // who of the office gave them, if somebody did
	Disciplines   []string // names of the list, or codes of GB/T 13745 as written
	DisciplinesBy By       `json:",omitzero"`
	Organization  string   // unit as written (学院, 单位名称)
	Owners        []string // right holders as written, in order
	UnitID        uuid.UUID
	Completers    []Completer
	Indicators    []Indicator
	IndicatorsAs  string // 技术指标 as written
	Rights        []Right
	RightsAs      string // 知识产权形式 as written
	Maturity      Maturity
	Ways          []Way
	Price         Price
	CompletedOn   Date
	Funding       string
	Origin        string // 成果获得方式 as written
	Awards        string
	Market        string // 商业分析
	Remarks       string
	Address       string
	Image         string
	Video         string
	Extra         map[string]string // columns nobody knew, kept for export
	Contact       Contact           `json:"-"` // kept apart, encrypted

	// PublicConfirmed is the officer's 可公开确认; without it nothing is public
	// (never-rule 2). Unfiled means that technical details are not yet filed
	// as a patent: such a result never leaves the office.
	PublicConfirmed bool
	Unfiled         bool
	ListedAt        int64 // unix ms, 0 = never
	ExpiresAt       int64 // unix ms, 0 = no end
	CreatedAt       int64
	UpdatedAt       int64
}

// Public reports whether anyone may see the result at the time now (unix ms).
func (r *Result) Public(now int64) bool {
	return r.PublicConfirmed && !r.Unfiled && r.State.OnShelf() && (r.ExpiresAt == 0 || now < r.ExpiresAt)
}

// Unit is whose result it is where one name must do: the unit as written, else
// the first right holder.
func (r *Result) Unit() string {
	if r.Organization != "" || len(r.Owners) == 0 {
		return r.Organization
	}
	return r.Owners[0]
}

// Right is one intellectual property right in a result.
type Right struct {
	Kind      RightKind
	Number    string // application number in normal form (12 digits, dot, check digit) or registration number
	Published string // publication number
	Status    string // legal status as written
	InForce   bool
	FiledOn   Date
	GrantedOn Date
	ExpiresOn Date
	Holders   []string // several: co-owned, see R17
	IPC       []string
	Inventors []string
}

// CoOwned reports whether transfer or exclusive licence needs the consent of
// others (patent law article 14, R17).
func (r Right) CoOwned() bool { return len(r.Holders) > 1 }

// RightKind names what sort of right it is.
type RightKind string

// Kinds of rights.
const (
	RightInvention RightKind = "invention"
	RightUtility   RightKind = "utility"
	RightDesign    RightKind = "design"
	RightSoftware  RightKind = "software"
	RightSecret    RightKind = "secret" // technical secret (know-how)
	RightLayout    RightKind = "layout" // integrated circuit layout
	RightVariety   RightKind = "variety"
	RightOther     RightKind = "other"
)

// RightKinds returns every kind of right in the order people meet them.
func RightKinds() []RightKind {
	return []RightKind{RightInvention, RightUtility, RightDesign, RightSoftware, RightSecret, RightLayout, RightVariety, RightOther}
}

// Completer is one of the people who made a result.
type Completer struct {
	PersonID uuid.UUID // zero while only a name is known; people of one name are never merged
	Name     string
	Unit     string
	Share    PPM // 0 while not agreed; all shares of a result add up to a million or to 0
}

// PPM is a share in parts per million.
type PPM int64

// WholePPM is everything.
const WholePPM PPM = 1_000_000
