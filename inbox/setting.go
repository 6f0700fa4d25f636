package inbox

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"datai/account"
	"datai/catalog"
	"datai/journal"
	"datai/wording"

	"github.com/google/uuid"
)

// Reach is how p is told, for the page on which p says so.
type Reach struct {
	Setting
	Channels     Channels
	Email, Phone string // masked, "" where none is known
}

// Reach is p's own setting.
func (s *Service) Reach(ctx context.Context, p account.Principal) (out Reach, err error) {
	if err := own(p); err != nil {
		return out, err
	}
	var r reach
	err = s.db.Read(ctx, func(tx Tx) (err error) {
		r, err = s.reach(ctx, tx, p.ID)
		return err
	})
	masked := catalog.Contact{Email: r.email, Phone: r.phone}.Masked()
	return Reach{Setting: r.Setting, Channels: s.Channels, Email: masked.Email, Phone: masked.Phone}, err
}

// Set keeps how p wants to be told; p's inbox holds everything in any case.
func (s *Service) Set(ctx context.Context, p account.Principal, to Setting) error {
	if err := own(p); err != nil {
		return err
	}
	if !slices.Contains(Mails(), to.Mail) || (to.Lang != string(wording.Chinese) && to.Lang != string(wording.English)) {
		return catalog.Refuse(catalog.Invalid, "error.form")
	}
	return s.db.Write(ctx, func(tx Tx) error {
		was, _, err := tx.Setting(ctx, p.ID)
		if err != nil {
			return err
		}
		set := to
		set.DigestAt = was.DigestAt
		return tx.SaveSetting(ctx, p.ID, set)
	})
}

// Digests go out on Mondays at nine (design, notices), office time.
const (
	digestDay  = time.Monday
	digestHour = 9
	// digestMost is how many notices a digest names; it says how many more wait.
	digestMost = 50
)

// digestDue is the last Monday at nine that is not after now.
func digestDue(now time.Time) time.Time {
	y, m, d := now.Date()
	due := time.Date(y, m, d-(int(now.Weekday()-digestDay)+7)%7, digestHour, 0, 0, 0, now.Location())
	if due.After(now) {
		due = due.AddDate(0, 0, -7)
	}
	return due
}

// Digest sends what has waited until the last Monday at nine, one mail a person,
// and returns how many it made. It is called every minute and does each once,
// also with several servers.
func (s *Service) Digest(ctx context.Context) (made int, err error) {
	now := s.now()
	due := digestDue(now).UnixMilli()
	for {
		var ids []uuid.UUID
		err := s.db.Read(ctx, func(tx Tx) (err error) {
			ids, err = tx.DueDigests(ctx, due, 100)
			return err
		})
		if err != nil || len(ids) == 0 {
			return made, err
		}
		for _, id := range ids {
			sent := false
			err := s.db.Write(ctx, func(tx Tx) (err error) {
				sent, err = s.digest(ctx, tx, id, due, now.UnixMilli())
				return err
			})
			if err != nil {
				return made, err
			}
			if sent {
				made++
			}
		}
	}
}

// digest makes the digest of an account, of what it has not read.
func (s *Service) digest(ctx context.Context, tx Tx, id uuid.UUID, due, at int64) (bool, error) {
	r, err := s.reach(ctx, tx, id)
	if err != nil || r.DigestAt >= due {
		return false, err
	}
	r.DigestAt = due
	if err := tx.SaveSetting(ctx, id, r.Setting); err != nil {
		return false, err
	}
	ns, err := tx.Unmailed(ctx, id, due)
	if err != nil {
		return false, err
	}
	if err := tx.MarkMailed(ctx, id, due, at); err != nil {
		return false, err
	}
	letter := Letter{To: r.email, Lang: r.Lang, Digest: true}
	for _, n := range ns {
		if n.ReadAt > 0 {
			continue
		}
		if len(letter.Items) < digestMost {
			letter.Items = append(letter.Items, Item{Template: n.Template, At: n.At, Body: n.Body})
		} else {
			letter.More++
		}
	}
	if len(letter.Items) == 0 || r.email == "" || r.Mail == MailOff {
		return false, nil
	}
	text, err := json.Marshal(letter)
	if err != nil {
		return false, fmt.Errorf("inbox: digest: %w", err)
	}
	return true, tx.EnqueueMessage(ctx, journal.Message{ID: uuid.NewSHA1(id, fmt.Append(nil, "digest ", due)), Kind: MailLane, Payload: text, Due: at})
}
