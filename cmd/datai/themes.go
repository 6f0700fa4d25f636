package main

import (
	"context"
	"time"
)

// learnEvery is how often the server looks whether themes are to be learned
// once more.
const learnEvery = 5 * time.Minute

// learnThemes keeps the model of themes up to date until ctx ends.
func (a *app) learnThemes(ctx context.Context) {
	tick := time.NewTicker(learnEvery)
	defer tick.Stop()
	for {
		started := time.Now()
		n, err := a.match.LearnThemes(ctx)
		switch {
		case ctx.Err() != nil:
			return
		case err != nil:
			a.log.Error("themes are not learned; those learned before stay in use", "err", err)
		case n > 0:
			a.log.Info("themes learned", "examples", n, "after", time.Since(started).Round(time.Millisecond))
		}
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
}
