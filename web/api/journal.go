package api

import (
	"context"
	"fmt"
	"net/http"
	"strconv"
	"time"

	"datai/account"
)

// Record is an entry of the journal: who did what to which thing, in which role
// and when.
type Record struct {
	Number  int64     `json:"number,omitempty"`
	At      time.Time `json:"at"`
	Who     string    `json:"who,omitempty"`
	Role    string    `json:"role"`
	What    string    `json:"what"`
	Kind    string    `json:"kind"`
	Subject string    `json:"subject" format:"uuid"`
}

type listJournal struct {
	Paging
	Who  string    `query:"who" maxLength:"60"`
	Role string    `query:"role" maxLength:"20"`
	What string    `query:"what" maxLength:"60"`
	From time.Time `query:"from"`
	Till time.Time `query:"till"`
}

func (a *API) journal() {
	add(a, operation{id: "list-journal", method: http.MethodGet, path: "/journal", tag: "accounts", do: account.SeeJournal},
		func(ctx context.Context, c caller, in *listJournal) (*listed[Record], error) {
			f := account.RecordFilter{Name: in.Who, Role: account.Role(in.Role), Verb: in.What}
			query := map[string][]string{}
			for name, value := range map[string]string{"who": in.Who, "role": in.Role, "what": in.What} {
				if value != "" {
					query[name] = []string{value}
				}
			}
			for name, t := range map[string]time.Time{"from": in.From, "till": in.Till} {
				if !t.IsZero() {
					query[name] = []string{t.Format(time.RFC3339Nano)}
				}
			}
			if !in.From.IsZero() {
				f.From = in.From.UnixMilli()
			}
			if !in.Till.IsZero() {
				f.Till = in.Till.UnixMilli()
			}
			from, err := in.page("journal", f)
			if err != nil {
				return nil, err
			}
			page := account.RecordPage{ID: from.ID, Limit: in.Limit}
			if from.SortKey != "" {
				if page.At, err = strconv.ParseInt(from.SortKey, 10, 64); err != nil {
					return nil, errCursor
				}
			}
			found, next, err := a.Account.Records(ctx, c.who, f, page)
			if err != nil {
				return nil, err
			}
			items := make([]Record, 0, len(found))
			for _, r := range found {
				items = append(items, Record{Number: r.Seq, At: moment(r.At), Who: r.Name, Role: string(r.Role), What: r.Verb, Kind: r.Kind, Subject: r.Subject.String()})
			}
			after := from
			after.SortKey, after.ID, after.Limit = fmt.Sprint(next.At), next.ID, next.Limit
			return pageOf("journal", f, items, after, query)
		})
}
