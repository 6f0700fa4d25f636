package store

import (
	"context"

	"datai/account"

	"github.com/google/uuid"
)

// AddConsent keeps that somebody agreed, and the words if nobody agreed to them
// before: equal words are one version, whoever keeps them first.
func (tx *Tx) AddConsent(ctx context.Context, c account.Consent) error {
	if _, err := tx.exec(ctx, `INSERT INTO consent_text (version, since, words) VALUES (?, ?, ?)
		ON CONFLICT (version) DO UPDATE SET version = excluded.version`, c.Version, c.GivenAt, c.Words); err != nil {
		return err
	}
	return tx.insert(ctx, "consent (id, account_id, thing_id, purpose, party_id, party, version, how, by_id, guardian, given_at, ended_at)", 12,
		[]any{c.ID, c.AccountID, c.Thing, string(c.Purpose), c.PartyID, c.Party, c.Version, c.How, c.By, c.Guardian, c.GivenAt, c.EndedAt})
}

// ConsentsOn lists those about a thing, the newest first.
func (tx *Tx) ConsentsOn(ctx context.Context, thing uuid.UUID) ([]account.Consent, error) {
	return tx.consents(ctx, "thing_id = ?", thing)
}

// ConsentsOf lists those of an account and of the sign-up that it came of, the
// newest first.
func (tx *Tx) ConsentsOf(ctx context.Context, accountID uuid.UUID) ([]account.Consent, error) {
	return tx.consents(ctx, "(account_id = ? OR thing_id IN (SELECT id FROM enterprise_sign_up WHERE account_id = ?))", accountID, accountID)
}

func (tx *Tx) consents(ctx context.Context, which string, args ...any) ([]account.Consent, error) {
	var out []account.Consent
	err := tx.each(ctx, func(s scanner) error {
		var c account.Consent
		err := s.Scan(&c.ID, &c.AccountID, &c.Thing, &c.Purpose, &c.PartyID, &c.Party, &c.Version, &c.Words, &c.How, &c.By, &c.Guardian, &c.GivenAt, &c.EndedAt)
		out = append(out, c)
		return err
	}, `SELECT c.id, account_id, thing_id, purpose, party_id, party, c.version, words, how, by_id, guardian, given_at, ended_at
		FROM consent AS c JOIN consent_text AS t ON t.version = c.version WHERE `+which+` ORDER BY given_at DESC, c.id DESC`, args...)
	return out, err
}

// EndConsent withdraws one; false if it is not there or was withdrawn already.
func (tx *Tx) EndConsent(ctx context.Context, id uuid.UUID, at int64) (bool, error) {
	n, err := tx.exec(ctx, `UPDATE consent SET ended_at = ? WHERE id = ? AND ended_at = 0`, at, id)
	return n == 1, err
}
