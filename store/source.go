package store

import (
	"context"
	"encoding/json"
	"fmt"

	"datai/account"

	"github.com/google/uuid"
)

// Sources lists the sources of sign-in in the order in which they were made.
func (tx *Tx) Sources(ctx context.Context) ([]account.Source, error) {
	var out []account.Source
	err := tx.each(ctx, func(s scanner) error {
		var src account.Source
		var body string
		var sealed []byte
		if err := s.Scan(&src.ID, &src.Name, &src.Version, &src.Disabled, &src.CreatedAt, &body, &sealed); err != nil {
			return err
		}
		if err := json.Unmarshal([]byte(body), &src.SourceSetup); err != nil {
			return fmt.Errorf("store: source %s: %w", src.ID, err)
		}
		secrets, err := tx.db.seal.open(sealed, src.ID)
		if err == nil {
			err = json.Unmarshal(secrets, &src.Secrets)
		}
		out = append(out, src)
		return err
	}, `SELECT id, name, version, disabled, created_at, body, secret FROM source ORDER BY created_at, id`)
	return out, err
}

// AddSource adds a source; Conflict if its name is taken.
func (tx *Tx) AddSource(ctx context.Context, src account.Source) error {
	body, sealed, err := tx.sourceParts(src)
	if err != nil {
		return err
	}
	return tx.insert(ctx, "source (id, name, version, disabled, created_at, body, secret)", 7, []any{src.ID, src.Name, src.Version, src.Disabled,
		src.CreatedAt, body, sealed})
}

func (tx *Tx) sourceParts(src account.Source) (body string, sealed []byte, err error) {
	b, err := json.Marshal(src.SourceSetup)
	if err != nil {
		return "", nil, fmt.Errorf("store: source: %w", err)
	}
	secrets, err := json.Marshal(src.Secrets) //nolint:gosec // it is sealed right below
	if err != nil {
		return "", nil, fmt.Errorf("store: source: %w", err)
	}
	return string(b), tx.db.seal.close(secrets, src.ID), nil
}

// SetSource changes a source whose version is one less; Conflict if it is not.
func (tx *Tx) SetSource(ctx context.Context, src account.Source) error {
	body, sealed, err := tx.sourceParts(src)
	if err != nil {
		return err
	}
	n, err := tx.exec(ctx, `UPDATE source SET version = ?, disabled = ?, body = ?, secret = ? WHERE id = ? AND version = ?`, src.Version, src.Disabled,
		body, sealed, src.ID, src.Version-1)
	if err == nil && n == 0 {
		return conflict()
	}
	return err
}

// Spend notes until when (unix ms) something of a provider that may be used once
// is remembered; false if it was used already, by whoever came first. What need
// not be remembered any more goes.
func (tx *Tx) Spend(ctx context.Context, p account.Provider, once string, until int64) (bool, error) {
	if _, err := tx.exec(ctx, `DELETE FROM spent WHERE until < ?`, tx.at); err != nil {
		return false, err
	}
	n, err := tx.exec(ctx, `INSERT INTO spent (provider, key, until) VALUES (?, ?, ?) ON CONFLICT (provider, key) DO NOTHING`,
		string(p), tx.db.seal.index(string(p)+" once", once), until)
	return n == 1, err
}

// Presence is what became of the last list of people of a source; the zero one if
// there was none.
func (tx *Tx) Presence(ctx context.Context, sourceID uuid.UUID) (account.Presence, error) {
	r := account.Presence{SourceID: sourceID}
	_, err := tx.one(ctx, []any{&r.Due, &r.ReadAt, &r.State, &r.Listed, &r.Total, &r.Gone, &r.Allowed},
		`SELECT due, read_at, state, listed, total, gone, allowed FROM presence WHERE source_id = ?`, sourceID)
	return r, err
}

// SetPresence keeps what became of the list of a source.
func (tx *Tx) SetPresence(ctx context.Context, r account.Presence) error {
	_, err := tx.exec(ctx, `INSERT INTO presence (source_id, due, read_at, state, listed, total, gone, allowed) VALUES (?, ?, ?, ?, ?, ?, ?, ?)
		ON CONFLICT (source_id) DO UPDATE SET due = excluded.due, read_at = excluded.read_at, state = excluded.state, listed = excluded.listed,
		total = excluded.total, gone = excluded.gone, allowed = excluded.allowed`, r.SourceID, r.Due, r.ReadAt, string(r.State), r.Listed, r.Total, r.Gone, r.Allowed)
	return err
}

// TakePresence makes the next list of a source due at next (unix ms), if one is
// due at now; of several who ask at once one gets it.
func (tx *Tx) TakePresence(ctx context.Context, sourceID uuid.UUID, now, next int64) (bool, error) {
	n, err := tx.exec(ctx, `INSERT INTO presence (source_id, due, read_at, state, listed, total, gone, allowed) VALUES (?, ?, 0, '', 0, 0, 0, 0)
		ON CONFLICT (source_id) DO UPDATE SET due = excluded.due WHERE presence.due <= ?`, sourceID, next, now)
	return n == 1, err
}

// Holders lists who has numbers and is not disabled, in the order of their ids,
// with which of the numbers are theirs. Numbers are compared by their keyed
// hashes, so nobody's is decrypted.
func (tx *Tx) Holders(ctx context.Context, via account.Provider, numbers []string) ([]account.Holder, error) {
	at := make(map[string]int, len(numbers))
	for i, n := range numbers {
		at[string(tx.db.seal.index(string(account.ByNumber), n))] = i
	}
	var out []account.Holder
	err := tx.each(ctx, func(s scanner) error {
		var id uuid.UUID
		var key []byte
		var linked bool
		if err := s.Scan(&id, &key, &linked); err != nil {
			return err
		}
		if len(out) == 0 || out[len(out)-1].AccountID != id {
			out = append(out, account.Holder{AccountID: id, Linked: linked})
		}
		if i, listed := at[string(key)]; listed {
			h := &out[len(out)-1]
			h.Listed = append(h.Listed, i)
		}
		return nil
	}, `SELECT i.account_id, i.key, CASE WHEN EXISTS (SELECT 1 FROM identity AS l WHERE l.account_id = i.account_id AND l.provider = ?) THEN 1 ELSE 0 END
		FROM identity AS i JOIN account AS a ON a.id = i.account_id WHERE i.provider = ? AND a.disabled = 0 ORDER BY i.account_id, i.id`,
		string(via), string(account.ByNumber))
	return out, err
}
