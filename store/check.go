package store

import (
	"context"

	"datai/matchmaker"

	"github.com/google/uuid"
)

// ChecksOn returns the checks of the matches of a need, oldest first.
func (tx *Tx) ChecksOn(ctx context.Context, need uuid.UUID) ([]matchmaker.Check, error) {
	var out []matchmaker.Check
	err := tx.each(ctx, func(s scanner) error {
		var c matchmaker.Check
		if err := s.Scan(&c.Need, &c.Result, &c.NeedVersion, &c.ResultVersion, &c.Note, &c.By, &c.Name, &c.At); err != nil {
			return err
		}
		out = append(out, c)
		return nil
	}, `SELECT need_id, result_id, need_version, result_version, note, checked_by, name, at FROM match_check WHERE need_id = ? ORDER BY at, result_id`, need)
	return out, err
}

// SaveCheck replaces the check of a match. The versions in it are those that
// need and result have now, or it is a Conflict, as it is if one is not there.
func (tx *Tx) SaveCheck(ctx context.Context, c matchmaker.Check) error {
	// The versions stand in the WHERE: what was read may have moved meanwhile.
	touched, err := tx.exec(ctx, `INSERT INTO match_check (need_id, result_id, need_version, result_version, note, checked_by, name, at)
		SELECT need.id, result.id, need.version, result.version, ?, ?, ?, ? FROM need, result
		WHERE need.id = ? AND need.version = ? AND result.id = ? AND result.version = ?
		ON CONFLICT (need_id, result_id) DO UPDATE
		SET need_version = excluded.need_version, result_version = excluded.result_version, note = excluded.note,
			checked_by = excluded.checked_by, name = excluded.name, at = excluded.at`,
		c.Note, c.By, c.Name, c.At, c.Need, c.NeedVersion, c.Result, c.ResultVersion)
	if err != nil {
		return err
	}
	if touched == 0 {
		return conflict()
	}
	return tx.changed(ctx, "check", c.Need)
}

// DropCheck takes a check away; NotFound if there is none.
func (tx *Tx) DropCheck(ctx context.Context, need, result uuid.UUID) error {
	touched, err := tx.exec(ctx, `DELETE FROM match_check WHERE need_id = ? AND result_id = ?`, need, result)
	if err != nil {
		return err
	}
	if touched == 0 {
		return notFound()
	}
	return tx.changed(ctx, "check", need)
}
