package catalog

import (
	"slices"

	"github.com/google/uuid"
)

// NeedState is where a need stands.
type NeedState string

// States of a need.
const (
	NeedDraft     NeedState = "draft"
	NeedReview    NeedState = "review"
	NeedOpen      NeedState = "open"
	NeedHold      NeedState = "hold"
	NeedSolved    NeedState = "solved"
	NeedWithdrawn NeedState = "withdrawn"
	NeedExpired   NeedState = "expired"
)

var needStates = []NeedState{NeedDraft, NeedReview, NeedOpen, NeedHold, NeedSolved, NeedWithdrawn, NeedExpired}

// NeedStates returns every state in the order people meet them.
func NeedStates() []NeedState { return slices.Clone(needStates) }

// Need is what an enterprise cannot solve by itself.
type Need struct {
	ID      uuid.UUID
	Code    string // short public code, e.g. N-4T8W2C9PLE
	GivenID string
	Version int64
	State   NeedState

	Title         string
	Text          string // the problem in the enterprise's words
	Keywords      []string
	Field         string // 需求领域 as written
	Themes        []Theme
	ThemesBy      By       `json:",omitzero"` // who of the office gave them, if somebody did
	Disciplines   []string // names of the list
	DisciplinesBy By       `json:",omitzero"`
	Category      string   // 需求类别 as written
	Indicators    []Indicator
	IndicatorsAs  string // 技术指标 as written
	Ways          []Way
	WaysAs        string
	Budget        Price
	WishParty     string // 意向合作单位
	WishExpert    string // 意向合作专家
	Until         Date
	OwnerID       uuid.UUID // the party, zero while only a name is known
	OwnerName     string    // class office: never in the public index
	ShowOwner     bool      `json:",omitempty"` // the owner wants its name beside the words
	Entered       Entered   `json:",omitzero"`
	Address       string
	Image         string
	Video         string
	Extra         map[string]string
	Contact       Contact `json:"-"` // kept apart, encrypted

	PublicConfirmed bool
	ExpiresAt       int64
	CreatedAt       int64
	UpdatedAt       int64
}

// Public reports whether anyone may see the need at the time now (unix ms).
// Its owner's name and its matches stay with the owner and the office.
func (n *Need) Public(now int64) bool {
	return n.PublicConfirmed && !n.Entered.Waits() && n.State == NeedOpen && (n.ExpiresAt == 0 || now < n.ExpiresAt)
}
