package catalog

// Entered says how a need came to be typed in. The zero Entered is that of a
// need which a file gave.
type Entered struct {
	By     By     // who typed it
	Role   string `json:",omitempty"` // in which role
	Behalf bool   `json:",omitempty"` // 代录: by somebody of the office for its owner; it stays so for ever
	Answer Answer `json:",omitzero"`  // what the owner said of the words that stand there now
}

// AnswerState is what an owner said of a proxy entry.
type AnswerState string

// States of an answer.
const (
	Unanswered      AnswerState = ""
	AnswerConfirmed AnswerState = "confirmed"
	AnswerRefused   AnswerState = "refused"
)

// How an answer came.
const (
	ByLink  = "link"  // one-time link, opened by the owner
	ByPhone = "phone" // told by telephone and noted by somebody of the office
)

// Answer is what the owner of a proxy entry said, and how. Who it was and the
// reason of a refusal are kept apart, encrypted.
type Answer struct {
	State    AnswerState
	At       int64  // unix ms
	How      string // ByLink or ByPhone
	Noted    By     `json:",omitzero"` // by telephone: who of the office noted it
	CalledOn Date   // by telephone: the day of the call
	Consent  string // the words that were agreed to
}

// Waits reports whether a proxy entry may not be public because its owner has
// not confirmed the words that stand there.
func (e Entered) Waits() bool { return e.Behalf && e.Answer.State != AnswerConfirmed }

// For is what a viewer of class c may know: everybody that it is a proxy
// entry, the owner also what they answered, the office who typed it.
func (e Entered) For(c Class) Entered {
	switch {
	case c >= Office:
		return e
	case c >= Concerned:
		e.By, e.Role, e.Answer.Noted = By{}, "", By{}
		return e
	}
	return Entered{Behalf: e.Behalf}
}

// Reworded takes away what was confirmed of words that stand there no longer:
// that they may be public, that the owner's name may stand beside them, and
// what the owner of a proxy entry said.
func (n *Need) Reworded() {
	n.PublicConfirmed, n.ShowOwner = false, false
	if n.State == NeedOpen {
		n.State = NeedReview
	}
	if n.Entered.Behalf {
		n.Entered.Answer = Answer{}
		if n.State == NeedReview {
			n.State = NeedDraft
		}
	}
}
