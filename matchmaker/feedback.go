package matchmaker

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"unicode/utf8"

	"datai/account"
	"datai/catalog"
	"datai/journal"

	"github.com/google/uuid"
)

// Say keeps what somebody thinks of one match of a need; the next ForNeed
// starts from it. A verdict of "" takes back what they said. Some reasons ask
// for words, which text holds.
func (s *Service) Say(ctx context.Context, p account.Principal, need catalog.Need, resultCode string, v Verdict, reason, text string) error {
	if !p.May(account.GiveFeedback) {
		return catalog.Refuse(catalog.Forbidden, "error.forbidden")
	}
	v, text, err := settle(v, reason, text)
	if err != nil {
		return err
	}
	id, err := uuid.NewV7FromReader(s.rand)
	if err != nil {
		return fmt.Errorf("matchmaker: say: %w", err)
	}
	at := s.now().UnixMilli()
	entry, err := journal.New(s.rand, at, p.ID, string(p.Acting), "match.feedback", "need")
	if err != nil {
		return err
	}
	return s.db.Write(ctx, func(tx Tx) error {
		r, err := tx.ResultByCode(ctx, strings.TrimSpace(resultCode))
		if err != nil {
			return err
		}
		f := Feedback{ID: id, Need: need.ID, Result: r.ID, Verdict: v, Reason: reason, Text: text, By: p.ID, At: at}
		if err := tx.SaveFeedback(ctx, f); err != nil {
			return err
		}
		e := entry
		e.Subject = need.ID
		e.Body = map[string]string{"result": r.Code, "verdict": string(v), "reason": reason}
		return tx.Append(ctx, e)
	})
}

const reasonMost = 200 // characters of the words beside a reason

// settle checks that the reason belongs to the verdict and has the words that
// it asks for; words that nobody asked for are dropped. A reason that is work
// for the office turns "not useful" into a task, which never trains anything.
func settle(v Verdict, reason, text string) (Verdict, string, error) {
	switch v {
	case "", Useful, NotUseful, Task:
	default:
		return "", "", catalog.Refuse(catalog.Invalid, "feedback.unknown")
	}
	if reason == "" {
		return v, "", nil
	}
	for _, r := range reasons {
		if r.Code != reason || (r.Verdict != v && !(r.Verdict == Task && v == NotUseful)) {
			continue
		}
		if !r.Asks {
			return r.Verdict, "", nil
		}
		text = catalog.Clean(text)
		if text == "" || utf8.RuneCountInString(text) > reasonMost {
			return "", "", catalog.Refuse(catalog.Invalid, "feedback.text_required", "max", strconv.Itoa(reasonMost))
		}
		return r.Verdict, text, nil
	}
	return "", "", catalog.Refuse(catalog.Invalid, "feedback.unknown")
}
