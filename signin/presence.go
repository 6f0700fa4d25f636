package signin

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"strings"
	"time"

	"datai/account"
	"datai/catalog"
)

// Bounds of a list of people.
const (
	presenceMost  = 32 << 20        // bytes
	presenceLimit = 2 * time.Minute // for one answer
	numbersMost   = 1_000_000
)

// Presence asks a source for its list of people, which ReadPresence reads.
func (c *Client) Presence(ctx context.Context, src account.Source) ([]account.Member, error) {
	ctx, cancel := context.WithTimeout(ctx, presenceLimit)
	defer cancel()
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, src.Presence.Address, nil)
	if err != nil {
		return nil, err
	}
	r.Header.Set("Accept", "application/json")
	if src.PresenceKey != "" {
		r.Header.Set("Authorization", "Bearer "+src.PresenceKey)
	}
	res, err := c.lists.Do(r)
	if err != nil {
		return nil, silent(err)
	}
	defer res.Body.Close()
	if res.StatusCode != http.StatusOK {
		return nil, silent(errors.New(res.Status))
	}
	text, err := io.ReadAll(res.Body)
	if err != nil {
		return nil, silent(err)
	}
	return ReadPresence(text)
}

// ReadPresence reads a list of people, which is a JSON document:
//
//	{"people": [{"number": "T2010033"}, {"number": "S2003007", "left": true}]}
//
// A list that breaks off, holds anything but numbers and states, or too much, is
// refused as a whole: half a list would put out the other half.
func ReadPresence(text []byte) ([]account.Member, error) {
	unclear := catalog.Refuse(catalog.Invalid, "sources.presence_unclear")
	var list struct {
		People []struct {
			Number string `json:"number"`
			Left   bool   `json:"left"`
		} `json:"people"`
	}
	d := json.NewDecoder(bytes.NewReader(text))
	d.DisallowUnknownFields()
	if err := d.Decode(&list); err != nil {
		return nil, unclear.Because(err)
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return nil, unclear.Because(errors.New("something follows the list"))
	}
	if len(list.People) > numbersMost {
		return nil, unclear.Because(errors.New("too many people"))
	}
	out := make([]account.Member, len(list.People))
	for i, p := range list.People {
		if strings.TrimSpace(p.Number) == "" {
			return nil, unclear.Because(errors.New("a line has no number"))
		}
		out[i] = account.Member{Number: p.Number, Left: p.Left}
	}
	return out, nil
}

// Keeper reads the lists of sources when they are due, one after the other.
type Keeper struct {
	Client  *Client
	Account *account.Service
	Logger  *slog.Logger
	Every   time.Duration // how often it looks what is due; 0 means every half minute
}

// Run works until ctx ends.
func (k Keeper) Run(ctx context.Context) {
	if k.Every == 0 {
		k.Every = 30 * time.Second
	}
	tick := time.NewTicker(k.Every)
	defer tick.Stop()
	for {
		for k.next(ctx) {
		}
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
}

// next reads one list that is due; false if there is none.
func (k Keeper) next(ctx context.Context) bool {
	src, ok, err := k.Account.DuePresence(ctx)
	if err != nil || !ok {
		if err != nil && ctx.Err() == nil {
			k.Logger.Error("lists of people are not looked at", "err", err)
		}
		return false
	}
	r, err := k.Read(ctx, src, false)
	if err != nil && ctx.Err() == nil {
		k.Logger.Error("a list of people is not read", "source", src.Name, "err", err)
		if err := k.Account.FailPresence(ctx, src); err != nil {
			k.Logger.Error("it is not kept that a list of people failed", "source", src.Name, "err", err)
		}
	}
	if err == nil {
		k.Logger.Info("a list of people was read", "source", src.Name, "state", string(r.State), "listed", r.Listed, "accounts", r.Total, "gone", r.Gone)
	}
	return ctx.Err() == nil
}

// Read asks for the list of a source and puts out who left; with dry it only
// says how many that would be.
func (k Keeper) Read(ctx context.Context, src account.Source, dry bool) (account.Presence, error) {
	members, err := k.Client.Presence(ctx, src)
	if err != nil {
		return account.Presence{}, err
	}
	return k.Account.ApplyPresence(ctx, src, members, dry)
}
