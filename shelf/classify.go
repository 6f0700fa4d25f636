package shelf

import (
	"context"

	"datai/account"
	"datai/catalog"

	"github.com/google/uuid"
)

// Label is what somebody of the office says a thing is about: its theme, its
// discipline, or both; what is empty stays as it is.
type Label struct {
	Ref
	Theme      catalog.Theme
	Discipline string // a name of the list
}

// ClassifyResults gives results their theme and discipline, under the name of
// p. public is the officer's 可公开确认 of the labels: what stands confirmed as
// public keeps that confirmation with it, and is left without (never-rule 2).
func (s *Service) ClassifyResults(ctx context.Context, p account.Principal, labels []Label, public bool) (Outcome, error) {
	return classify(ctx, s, p, labels, public, "classify.result", "result", classOps[catalog.Result]{
		kindOps: kindOps[catalog.Result]{load: Tx.Results, save: Tx.SaveResult, head: resultHead},
		fields: func(r *catalog.Result) classified {
			return classified{r.ID, r.PublicConfirmed, &r.Themes, &r.ThemesBy, &r.Disciplines, &r.DisciplinesBy, &r.UpdatedAt}
		},
	})
}

// ClassifyNeeds gives needs their theme and discipline, as ClassifyResults.
func (s *Service) ClassifyNeeds(ctx context.Context, p account.Principal, labels []Label, public bool) (Outcome, error) {
	return classify(ctx, s, p, labels, public, "classify.need", "need", classOps[catalog.Need]{
		kindOps: kindOps[catalog.Need]{load: Tx.Needs, save: Tx.SaveNeed, head: needHead},
		fields: func(n *catalog.Need) classified {
			return classified{n.ID, n.PublicConfirmed, &n.Themes, &n.ThemesBy, &n.Disciplines, &n.DisciplinesBy, &n.UpdatedAt}
		},
	})
}

// classified are the parts of a thing that a label touches.
type classified struct {
	id            uuid.UUID
	confirmed     bool
	themes        *[]catalog.Theme
	themesBy      *catalog.By
	disciplines   *[]string
	disciplinesBy *catalog.By
	updatedAt     *int64
}

type classOps[T any] struct {
	kindOps[T]
	fields func(*T) classified
}

func classify[T any](ctx context.Context, s *Service, p account.Principal, labels []Label, public bool, verb, kind string, ops classOps[T]) (Outcome, error) {
	if !p.May(account.Classify) {
		return Outcome{}, catalog.Refuse(catalog.Forbidden, "error.forbidden")
	}
	refs := make([]Ref, len(labels))
	of := make(map[uuid.UUID]Label, len(labels))
	ops.note = make(map[uuid.UUID]map[string]string, len(labels))
	ops.edited = make(map[uuid.UUID][]string, len(labels))
	for i, l := range labels {
		if l.Theme == "" && l.Discipline == "" || l.Theme != "" && !catalog.KnownTheme(l.Theme) || l.Discipline != "" && !catalog.KnownDiscipline(l.Discipline) {
			return Outcome{}, catalog.Refuse(catalog.Invalid, "classify.unknown")
		}
		refs[i], of[l.ID] = l.Ref, l
		said := map[string]string{}
		if l.Theme != "" {
			said["theme"] = string(l.Theme)
			ops.edited[l.ID] = append(ops.edited[l.ID], "Themes")
		}
		if l.Discipline != "" {
			said["discipline"] = l.Discipline
			ops.edited[l.ID] = append(ops.edited[l.ID], "Disciplines")
		}
		ops.note[l.ID] = said
	}
	by := catalog.By{ID: p.ID, Name: p.Name, At: s.now().UnixMilli()}
	ops.change = func(t *T) *catalog.Error {
		f := ops.fields(t)
		if f.confirmed && !public {
			return catalog.Refuse(catalog.Invalid, "classify.confirm_required")
		}
		l := of[f.id]
		if l.Theme != "" {
			*f.themes, *f.themesBy = []catalog.Theme{l.Theme}, by
		}
		if l.Discipline != "" {
			*f.disciplines, *f.disciplinesBy = []string{l.Discipline}, by
		}
		*f.updatedAt = by.At
		return nil
	}
	return bulk(ctx, s, p, refs, verb, "", kind, ops.kindOps)
}
