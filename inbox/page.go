package inbox

import (
	"context"

	"datai/account"
	"datai/catalog"

	"github.com/google/uuid"
)

// List is one page of p's own notices, newest first.
func (s *Service) List(ctx context.Context, p account.Principal, page Page) (ns []Notice, next Page, err error) {
	if err := own(p); err != nil {
		return nil, Page{}, err
	}
	err = s.db.Read(ctx, func(tx Tx) (err error) {
		ns, next, err = tx.Notices(ctx, p.ID, readable(p), page)
		return err
	})
	return ns, next, err
}

// Unread counts p's notices that p has not read; nobody has none.
func (s *Service) Unread(ctx context.Context, p account.Principal) (n int, err error) {
	if p.ID == uuid.Nil {
		return 0, nil
	}
	err = s.db.Read(ctx, func(tx Tx) (err error) {
		n, err = tx.CountUnread(ctx, p.ID, readable(p))
		return err
	})
	return n, err
}

// Read marks one of p's notices as read and returns where it leads, "" if
// nowhere; NotFound if p has no such notice.
func (s *Service) Read(ctx context.Context, p account.Principal, id uuid.UUID) (path string, err error) {
	if err := own(p); err != nil {
		return "", err
	}
	at := s.now().UnixMilli()
	err = s.db.Write(ctx, func(tx Tx) error {
		n, ok, err := tx.NoticeOf(ctx, p.ID, readable(p), id)
		if err != nil {
			return err
		}
		if !ok {
			return catalog.Refuse(catalog.NotFound, "error.not_found")
		}
		path = n.Body.Path
		_, err = tx.ReadNotices(ctx, p.ID, readable(p), id, n.At, at)
		return err
	})
	return path, err
}

// ReadAll marks p's notices up to the moment until (unix ms), which is that of
// the newest one that p saw, as read, and returns how many were not.
func (s *Service) ReadAll(ctx context.Context, p account.Principal, until int64) (n int, err error) {
	if err := own(p); err != nil {
		return 0, err
	}
	at := s.now().UnixMilli()
	err = s.db.Write(ctx, func(tx Tx) (err error) {
		n, err = tx.ReadNotices(ctx, p.ID, readable(p), uuid.Nil, until, at)
		return err
	})
	return n, err
}

// own refuses who has no account and so no inbox.
func own(p account.Principal) error {
	if p.ID == uuid.Nil || !p.May(account.OwnNotices) {
		return catalog.Refuse(catalog.Forbidden, "inbox.sign_in")
	}
	return nil
}

// readable are the templates that p reads in the acting role.
func readable(p account.Principal) []string {
	var out []string
	for _, t := range templates {
		if t.Do == "" || p.May(t.Do) {
			out = append(out, t.Key)
		}
	}
	return out
}
