package account

import (
	"context"
	"crypto/sha256"
	"errors"
	"io"
	"slices"
	"strconv"
	"time"

	"datai/catalog"
	"datai/journal"

	"github.com/google/uuid"
)

// Join is that two accounts become one. Both owners say so who ever came in: it
// is one person, who signs in to each. Nobody else says it for them.
type Join struct {
	ID        uuid.UUID
	Keep      uuid.UUID // stays
	Gone      uuid.UUID // zero until its owner has typed the code
	By        uuid.UUID // who proposed it; Keep where the person did
	Hash      [32]byte  // SHA-256 of the code
	At        int64     // unix ms
	ExpiresAt int64
	KeepAt    int64 // unix ms: when the owner of Keep said so, 0 = not yet
	GoneAt    int64
}

// How long a join waits: one that an administrator proposed, and one that its
// owner began.
const (
	JoinLife      = 7 * 24 * time.Hour
	JoinBegunLife = 30 * time.Minute
)

// own reports whether its owner began a join, who may say which account stays.
func (j Join) own() bool { return j.By == j.Keep || j.By == j.Gone }

// OwnJoin is a join with what each account has, for its owner.
type OwnJoin struct {
	Join
	Here, There Side // Here is the account that is signed in
	Chooses     bool // the owner says which one stays
	Roles       []Role
	Asked       []Role // roles that wait for the security administrator afterwards
}

// Stays is the name of the account that stays.
func (j OwnJoin) Stays() string {
	if j.Here.Account.ID == j.Keep {
		return j.Here.Account.Name
	}
	return j.There.Account.Name
}

// ProposeJoin proposes that two accounts become one and tells both. Who came in
// by neither cannot say so: one at least was in use.
func (s *Service) ProposeJoin(ctx context.Context, p Principal, keep, gone uuid.UUID) (j Join, err error) {
	switch {
	case !p.May(JoinAccounts):
		return j, ErrForbidden
	case keep == gone:
		return j, catalog.Refuse(catalog.Invalid, "joins.same")
	case p.ID == keep || p.ID == gone:
		return j, catalog.Refuse(catalog.Forbidden, "accounts.own")
	}
	now := s.now()
	made, _, err := s.newJoin(now, JoinLife)
	if err != nil {
		return j, err
	}
	made.Keep, made.Gone, made.By = keep, gone, p.ID
	entry, err := s.entry(p, now, "account.propose_join")
	if err != nil {
		return j, err
	}
	var told [2]journal.Message
	for i, id := range []uuid.UUID{keep, gone} {
		if told[i], err = s.tellJoin(id, "join_proposed", now); err != nil {
			return j, err
		}
	}
	err = s.db.Write(ctx, func(tx Tx) error {
		j = made
		a, err := joinable(ctx, tx, keep)
		if err != nil {
			return err
		}
		b, err := joinable(ctx, tx, gone)
		if err != nil {
			return err
		}
		switch {
		case a.EnteredAt == 0 && b.EnteredAt == 0:
			return catalog.Refuse(catalog.Conflict, "joins.nobody_in")
		case a.EnteredAt == 0: // whoever was in can say so
			j.Keep, j.Gone = gone, keep
		}
		if err := tx.AddJoin(ctx, j); err != nil {
			return err
		}
		for _, m := range told {
			if err := tx.EnqueueMessage(ctx, m); err != nil {
				return err
			}
		}
		e := entry
		e.Subject, e.Body = j.Keep, map[string]string{"gone": j.Gone.String()}
		return tx.Append(ctx, e)
	})
	return j, err
}

func (s *Service) tellJoin(id uuid.UUID, template string, now time.Time) (journal.Message, error) {
	mid, err := uuid.NewV7FromReader(s.rand)
	if err != nil {
		return journal.Message{}, err
	}
	return journal.Notice{Template: template, Account: id, Path: "/me/join", Urgent: true}.Message(mid, now.UnixMilli())
}

// newJoin draws a join and its code.
func (s *Service) newJoin(now time.Time, life time.Duration) (j Join, code string, err error) {
	if j.ID, err = uuid.NewV7FromReader(s.rand); err != nil {
		return j, "", err
	}
	raw := make([]byte, recoveryLength*5/8)
	if _, err := io.ReadFull(s.rand, raw); err != nil {
		return j, "", err
	}
	code = bare32.EncodeToString(raw)
	j.Hash, j.At, j.ExpiresAt = sha256.Sum256([]byte(code)), now.UnixMilli(), now.Add(life).UnixMilli()
	return j, code, nil
}

// joinable is an account that may become one with another.
func joinable(ctx context.Context, tx Tx, id uuid.UUID) (Account, error) {
	a, err := mustHave(tx.Account(ctx, id))
	if err == nil && a.ClosedAt > 0 {
		err = errClosed()
	}
	return a, err
}

// BeginJoin is the first half of a join that its owner wants, who has come in to
// p's account by the sign-in not long ago: a code to type where they have signed
// in to the other one. It works once, for JoinBegunLife.
func (s *Service) BeginJoin(ctx context.Context, p Principal, in SignIn) (code string, err error) {
	if err := s.fresh(p, in); err != nil {
		return "", err
	}
	now := s.now()
	j, code, err := s.newJoin(now, JoinBegunLife)
	if err != nil {
		return "", err
	}
	j.Keep, j.By, j.KeepAt = p.ID, p.ID, now.UnixMilli()
	entry, err := s.entry(p, now, "account.begin_join")
	if err != nil {
		return "", err
	}
	err = s.db.Write(ctx, func(tx Tx) error {
		if err := tx.AddJoin(ctx, j); err != nil {
			return err
		}
		e := entry
		e.Subject = p.ID
		return tx.Append(ctx, e)
	})
	return PrintCode(code), err
}

// TakeJoin is the second half: the code is typed by whoever has come in to the
// other account not long ago. Nothing is joined yet: AgreeJoin does that.
func (s *Service) TakeJoin(ctx context.Context, p Principal, in SignIn, text string) error {
	if err := s.fresh(p, in); err != nil {
		return err
	}
	hash, now := sha256.Sum256([]byte(readCode(text))), s.now().UnixMilli()
	return s.db.Write(ctx, func(tx Tx) error {
		ok, err := tx.TakeJoin(ctx, hash, p.ID, now)
		if err == nil && !ok {
			err = catalog.Refuse(catalog.Invalid, "joins.code")
		}
		return err
	})
}

// Joins lists those of p's own account that wait, with what each account has:
// whoever was told of one knows both.
func (s *Service) Joins(ctx context.Context, p Principal) (list []OwnJoin, err error) {
	if !p.May(OwnAccount) {
		return nil, ErrForbidden
	}
	now := s.now().UnixMilli()
	err = s.db.Read(ctx, func(tx Tx) error {
		list = nil
		joins, err := tx.JoinsOf(ctx, p.ID, now)
		if err != nil {
			return err
		}
		for _, j := range joins {
			if j.Gone == uuid.Nil {
				continue
			}
			x := OwnJoin{Join: j, Chooses: j.own()}
			there := j.Gone
			if there == p.ID {
				there = j.Keep
			}
			if x.Here, err = side(ctx, tx, p.ID); err != nil {
				return err
			}
			if x.There, err = side(ctx, tx, there); err != nil {
				return err
			}
			if j.KeepAt == 0 && there == j.Keep || j.GoneAt == 0 && there == j.Gone {
				x.There.LastIn, x.There.Has = 0, nil // it may be a stranger's
			}
			keep, gone := x.Here.Account, x.There.Account
			if keep.ID != j.Keep {
				keep, gone = gone, keep
			}
			x.Roles, x.Asked = joinedRoles(keep, gone)
			list = append(list, x)
		}
		return nil
	})
	return list, err
}

// joinedRoles are those of two accounts in one: what sees the office's data or
// administers waits for the security administrator again, and of two
// administrators the one who stays is one.
func joinedRoles(keep, gone Account) (roles, asked []Role) {
	roles, asked = slices.Clone(keep.Roles), slices.Clone(keep.Asked)
	for _, r := range slices.Concat(gone.Roles, gone.Asked) {
		to := &roles
		if r.Privileged() {
			to = &asked
		}
		if slices.Contains(roles, r) || slices.Contains(asked, r) {
			continue
		}
		if _, err := fitRoles(append(slices.Concat(roles, asked), r)); err == nil {
			*to = append(*to, r)
		}
	}
	inOrder := func(rs []Role) []Role {
		return slices.DeleteFunc(Assignable(), func(r Role) bool { return !slices.Contains(rs, r) })
	}
	return inOrder(roles), inOrder(asked)
}

// RefuseJoin says that the other account is not one's own: the join goes, and the
// security administrators hear of it.
func (s *Service) RefuseJoin(ctx context.Context, p Principal, id uuid.UUID) error {
	if !p.May(OwnAccount) {
		return ErrForbidden
	}
	now := s.now()
	entry, err := s.entry(p, now, "account.refuse_join")
	if err != nil {
		return err
	}
	mid, err := uuid.NewV7FromReader(s.rand)
	if err != nil {
		return err
	}
	told, err := journal.Notice{Template: "join_refused", Role: string(Security), Path: "/account-conflicts"}.Message(mid, now.UnixMilli())
	if err != nil {
		return err
	}
	return s.db.Write(ctx, func(tx Tx) error {
		j, err := ownJoin(ctx, tx, p, id, now.UnixMilli())
		if err != nil {
			return err
		}
		if err := errors.Join(tx.DropJoin(ctx, j.ID), tx.EnqueueMessage(ctx, told)); err != nil {
			return err
		}
		e := entry
		e.Subject, e.Body = j.Keep, map[string]string{"gone": j.Gone.String()}
		return tx.Append(ctx, e)
	})
}

func ownJoin(ctx context.Context, tx Tx, p Principal, id uuid.UUID, now int64) (Join, error) {
	list, err := tx.JoinsOf(ctx, p.ID, now)
	if err != nil {
		return Join{}, err
	}
	at := slices.IndexFunc(list, func(j Join) bool { return j.ID == id && j.Gone != uuid.Nil })
	if at < 0 {
		return Join{}, catalog.Refuse(catalog.NotFound, "joins.not_found")
	}
	return list[at], nil
}

// AgreeJoin is the word of p, who has come in by the sign-in not long ago, that
// the other account is theirs, too; keep is which one stays, zero for the one
// that was proposed. Once both owners have said so the accounts are one: done.
func (s *Service) AgreeJoin(ctx context.Context, p Principal, in SignIn, id, keep uuid.UUID) (done bool, err error) {
	if err := s.fresh(p, in); err != nil {
		return false, err
	}
	now := s.now()
	agreed, err := s.entry(p, now, "account.agree_join")
	if err != nil {
		return false, err
	}
	joined, err := s.entry(p, now, "account.join")
	if err != nil {
		return false, err
	}
	ids := make([]uuid.UUID, 1+2*noticesOfJoin)
	for i := range ids {
		if ids[i], err = uuid.NewV7FromReader(s.rand); err != nil {
			return false, err
		}
	}
	err = s.db.Write(ctx, func(tx Tx) error {
		done = false
		j, err := ownJoin(ctx, tx, p, id, now.UnixMilli())
		if err != nil {
			return err
		}
		if p.ID == j.Keep {
			j.KeepAt = now.UnixMilli()
		} else {
			j.GoneAt = now.UnixMilli()
		}
		if j.own() && keep == j.Gone {
			j.Keep, j.Gone, j.KeepAt, j.GoneAt = j.Gone, j.Keep, j.GoneAt, j.KeepAt
		}
		a, err := joinable(ctx, tx, j.Keep)
		if err != nil {
			return err
		}
		b, err := joinable(ctx, tx, j.Gone)
		if err != nil {
			return err
		}
		e := agreed
		e.Subject, e.Body = p.ID, map[string]string{"with": j.other(p.ID).String()}
		if err := tx.Append(ctx, e); err != nil {
			return err
		}
		// Nobody was ever in to an account that a list made: nobody can say so for it,
		// and what it brings waits as from a list.
		if j.KeepAt == 0 || j.GoneAt == 0 && b.EnteredAt > 0 {
			return tx.SaveJoin(ctx, j)
		}
		done = true
		x := joining{tx: tx, keep: a, gone: b, proven: j.GoneAt > 0, at: now.UnixMilli(), entry: joined, asked: ids[0], ids: ids[1:]}
		return x.do(ctx)
	})
	return done, err
}

// other is the account of two that is not this one.
func (j Join) other(id uuid.UUID) uuid.UUID {
	if id == j.Keep {
		return j.Gone
	}
	return j.Keep
}

// noticesOfJoin is how many addresses of an account hear of it at the most.
const noticesOfJoin = 2*addressesMost + 1

// joining makes two accounts one inside a transaction.
type joining struct {
	tx         Tx
	keep, gone Account
	proven     bool // the owner of gone said so, too
	at         int64
	entry      journal.Entry
	asked      uuid.UUID   // of the notice that roles wait
	ids        []uuid.UUID // of the others
}

func (x *joining) do(ctx context.Context) error {
	if x.gone.administers() {
		if err := keepOne(ctx, x.tx, x.gone.ID, x.at); err != nil {
			return err
		}
	}
	// Read before anything goes: all hear of it.
	to := []journal.Notice{{Account: x.keep.ID}}
	for _, a := range []Account{x.keep, x.gone} {
		known, err := x.tx.Identities(ctx, a.ID)
		if err != nil {
			return err
		}
		for _, i := range known {
			switch {
			case !i.Counts(a):
			case i.Provider == ByEmail:
				to = append(to, journal.Notice{Email: i.Value})
			case i.Provider == ByPhone:
				to = append(to, journal.Notice{Phone: i.Value})
			}
		}
	}
	for i, n := range to[:min(len(to), len(x.ids))] {
		n.Template, n.Urgent = "accounts_joined", true
		m, err := n.Message(x.ids[i], x.at)
		if err != nil {
			return err
		}
		if err := x.tx.EnqueueMessage(ctx, m); err != nil {
			return err
		}
	}
	for _, a := range []Account{x.keep, x.gone} {
		if err := errors.Join(endAll(ctx, x.tx, a.ID, x.at), x.tx.DropWays(ctx, a.ID)); err != nil {
			return err
		}
	}
	if !x.proven {
		known, err := x.tx.Identities(ctx, x.gone.ID)
		if err != nil {
			return err
		}
		for _, i := range known {
			if err := x.tx.TrustIdentity(ctx, i.ID, Doubtful); err != nil {
				return err
			}
		}
	}
	next := x.keep
	next.Roles, next.Asked = joinedRoles(x.keep, x.gone)
	if next.Unit == "" {
		next.Unit = x.gone.Unit
	}
	if err := x.tx.SaveAccount(ctx, next); err != nil {
		return err
	}
	if err := x.tx.JoinAccount(ctx, next, x.gone, x.at); err != nil {
		return err
	}
	if len(next.Asked) > len(x.keep.Asked) {
		m, err := askedNotice(next.ID).Message(x.asked, x.at)
		if err != nil {
			return err
		}
		if err := x.tx.EnqueueMessage(ctx, m); err != nil {
			return err
		}
	}
	e := x.entry
	e.Subject, e.Body = x.keep.ID, map[string]string{"gone": x.gone.ID.String(), "roles": join(next.Roles), "asked": join(next.Asked), "proven": strconv.FormatBool(x.proven)}
	return x.tx.Append(ctx, e)
}
