package api

import (
	"context"
	"net/http"

	"datai/account"
)

type takePeople struct {
	SentFile
	Dry     bool `query:"dry" default:"true"`
	Full    bool `query:"full"`
	Disable bool `query:"disable"`
}

// PeopleList is what a list of staff or students did, or would do.
type PeopleList struct {
	Dry       bool          `json:"dry"`
	New       int           `json:"new"`
	Changed   int           `json:"changed"`
	Unchanged int           `json:"unchanged"`
	Left      int           `json:"left"`
	Refused   []RefusedLine `json:"refused"`
	Missing   []Missing     `json:"missing"`
	Disabled  int           `json:"disabled"`
	Waiting   int           `json:"waiting"` // numbers and addresses that wait for their owner or the security administrator
}

// RefusedLine is a line that cannot be used, and why. What stood there is not
// repeated.
type RefusedLine struct {
	Row    int    `json:"row"`
	Reason string `json:"reason"`
}

// Missing is somebody whom a full list does not have.
type Missing struct {
	Name   string `json:"name"`
	Number string `json:"number"`
}

func (a *API) people() {
	add(a, operation{id: "take-people", method: http.MethodPost, path: "/accounts/lists", tag: "accounts", do: account.ManageAccounts, write: true, limit: fileLimit, adjust: fileBody},
		func(ctx context.Context, c caller, in *takePeople) (*struct{ Body PeopleList }, error) {
			done, err := a.Files.Roster(ctx, c.who, in.Name, in.body, account.RosterOptions{DryRun: in.Dry, Full: in.Full || in.Disable, Disable: in.Disable})
			if err != nil {
				return nil, err
			}
			out := PeopleList{Dry: in.Dry, New: done.Fates[account.FateNew], Changed: done.Fates[account.FateChanged], Unchanged: done.Fates[account.FateUnchanged],
				Left: done.Fates[account.FateLeft], Refused: []RefusedLine{}, Missing: []Missing{}, Disabled: done.Disabled, Waiting: done.Waiting}
			for _, l := range done.Refused {
				out.Refused = append(out.Refused, RefusedLine{l.Row, c.lang.SayArgs(l.Refusal.Key, l.Refusal.Args)})
			}
			for _, l := range done.Leavers {
				out.Missing = append(out.Missing, Missing{l.Name, l.Number})
			}
			return &struct{ Body PeopleList }{out}, nil
		})
}
