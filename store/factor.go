package store

import (
	"context"
	"encoding/json"
	"fmt"

	"datai/account"

	"github.com/google/uuid"
)

// Authenticator is the program of an account that makes codes; ok is false if it
// has none.
func (tx *Tx) Authenticator(ctx context.Context, accountID uuid.UUID) (a account.Authenticator, ok bool, err error) {
	var secret []byte
	ok, err = tx.one(ctx, []any{&secret, &a.Version, &a.BegunAt, &a.ConfirmedAt, &a.Step},
		`SELECT secret, version, begun_at, confirmed_at, step FROM authenticator WHERE id = ?`, accountID)
	if err != nil || !ok {
		return account.Authenticator{}, false, err
	}
	a.AccountID = accountID
	a.Secret, err = tx.db.seal.open(secret, accountID)
	return a, err == nil, err
}

// SaveAuthenticator adds an authenticator, if its version is 0, or writes it over
// the one of that version; Conflict if another is there, NotFound if there is no
// such account.
func (tx *Tx) SaveAuthenticator(ctx context.Context, a account.Authenticator) error {
	secret := tx.db.seal.close(a.Secret, a.AccountID)
	if a.Version == 0 {
		return tx.insert(ctx, "authenticator (id, secret, version, begun_at, confirmed_at, step)", 6, []any{a.AccountID, secret, 1, a.BegunAt, a.ConfirmedAt, a.Step})
	}
	return only(tx.exec(ctx, `UPDATE authenticator SET secret = ?, begun_at = ?, confirmed_at = ?, step = ?, version = version + 1 WHERE id = ? AND version = ?`,
		secret, a.BegunAt, a.ConfirmedAt, a.Step, a.AccountID, a.Version))
}

// RemoveAuthenticator takes an account's; false if there is none.
func (tx *Tx) RemoveAuthenticator(ctx context.Context, accountID uuid.UUID) (bool, error) {
	n, err := tx.exec(ctx, `DELETE FROM authenticator WHERE id = ?`, accountID)
	return n == 1, err
}

// recovery is how a recovery code is kept.
func (tx *Tx) recovery(accountID uuid.UUID, code string) []byte {
	return tx.db.seal.index("recovery", accountID.String()+" "+code)
}

// SetRecoveryCodes puts these in place of those of an account; NotFound if there
// is no such account.
func (tx *Tx) SetRecoveryCodes(ctx context.Context, accountID uuid.UUID, codes []string) error {
	if _, err := tx.exec(ctx, `DELETE FROM recovery_code WHERE account_id = ?`, accountID); err != nil {
		return err
	}
	for _, code := range codes {
		if err := tx.insert(ctx, "recovery_code (account_id, key, used_at)", 3, []any{accountID, tx.recovery(accountID, code), 0}); err != nil {
			return err
		}
	}
	return nil
}

// RecoveryCodes counts those of an account that are not used.
func (tx *Tx) RecoveryCodes(ctx context.Context, accountID uuid.UUID) (n int, err error) {
	_, err = tx.one(ctx, []any{&n}, `SELECT count(*) FROM recovery_code WHERE account_id = ? AND used_at = 0`, accountID)
	return n, err
}

// UseRecoveryCode uses one; false if there is none such, or it was used. Of
// several who bring it one has it.
func (tx *Tx) UseRecoveryCode(ctx context.Context, accountID uuid.UUID, code string, now int64) (bool, error) {
	n, err := tx.exec(ctx, `UPDATE recovery_code SET used_at = ? WHERE account_id = ? AND key = ? AND used_at = 0`, now, accountID, tx.recovery(accountID, code))
	return n == 1, err
}

// StrengthenSignIn makes a sign-in of an account strong; false if the account
// has none such that has not ended.
func (tx *Tx) StrengthenSignIn(ctx context.Context, accountID, id uuid.UUID) (bool, error) {
	n, err := tx.exec(ctx, `UPDATE sign_in SET strong = 1 WHERE id = ? AND account_id = ? AND ended_at = 0`, id, accountID)
	return n == 1, err
}

// factorRule names the rule for second factors among those of signing in.
const factorRule = "second_factor"

// FactorRule is the rule for second factors, the default if nobody has set one.
func (tx *Tx) FactorRule(ctx context.Context) (account.FactorRule, error) {
	r, body := account.FactorRule{}, ""
	ok, err := tx.one(ctx, []any{&r.Version, &body}, `SELECT version, body FROM sign_in_rule WHERE name = ?`, factorRule)
	if err != nil || !ok {
		return account.DefaultFactorRule(), err
	}
	if err := json.Unmarshal([]byte(body), &r); err != nil {
		return r, fmt.Errorf("store: rule %s: %w", factorRule, err)
	}
	return r, nil
}

// SetFactorRule writes the rule over the version that it has; Conflict if another
// is there.
func (tx *Tx) SetFactorRule(ctx context.Context, r account.FactorRule) error {
	body, err := json.Marshal(r)
	if err != nil {
		return fmt.Errorf("store: rule %s: %w", factorRule, err)
	}
	if r.Version == 0 {
		return tx.insert(ctx, "sign_in_rule (name, version, body)", 3, []any{factorRule, 1, string(body)})
	}
	return only(tx.exec(ctx, `UPDATE sign_in_rule SET body = ?, version = version + 1 WHERE name = ? AND version = ?`, string(body), factorRule, r.Version))
}
