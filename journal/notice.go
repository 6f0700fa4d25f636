package journal

import (
	"encoding/json"
	"fmt"

	"github.com/google/uuid"
)

// NoticeKind is the kind of the messages whose payload is a Notice.
const NoticeKind = "notice"

// Notice tells somebody something. A service puts it into the outbox in the
// transaction in which that became true; the receiver's inbox, mail and short
// messages follow from it. Exactly one of Account, Role (everybody who has it),
// Phone and Email says to whom.
type Notice struct {
	Template string            `json:"template"` // of inbox.Templates; its words are the messages "notice.<template>.…"
	Account  uuid.UUID         `json:"account,omitzero"`
	Role     string            `json:"role,omitempty"`
	Phone    string            `json:"phone,omitempty"`
	Email    string            `json:"email,omitempty"`
	Vars     map[string]string `json:"vars,omitempty"` // those that the template names
	Path     string            `json:"path,omitempty"` // where it leads, such as /contacts/2026-DJ-0001
	Deadline int64             `json:"deadline,omitempty"`
	Urgent   bool              `json:"urgent,omitempty"` // is not left for the digest
	Lang     string            `json:"lang,omitempty"`   // of a Phone or Email; an account has its own
	At       int64             `json:"at"`               // unix ms
}

// Message is the notice for the outbox, due at the time at (unix ms). id, which
// stays through every repetition, is made before the transaction, which may run
// more than once.
func (n Notice) Message(id uuid.UUID, at int64) (Message, error) {
	n.At = at
	text, err := json.Marshal(n)
	if err != nil {
		return Message{}, fmt.Errorf("journal: new notice: %w", err)
	}
	return Message{ID: id, Kind: NoticeKind, Payload: text, Due: at}, nil
}
