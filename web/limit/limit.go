// Package limit holds back whoever asks too often. It counts in memory, so
// each server counts for itself and forgets when it ends.
package limit

import (
	"net/netip"
	"sync"
	"time"
)

// most is how many askers are remembered; beyond it new ones are not counted.
const most = 100_000

// Limiter lets each key have burst at once and rate more a second.
type Limiter struct {
	now   func() time.Time
	rate  float64
	burst float64

	mu      sync.Mutex
	buckets map[string]bucket
	swept   time.Time
}

// bucket is what a key had left at a time.
type bucket struct {
	left float64
	at   time.Time
}

// New makes a limiter of so many a minute, of which burst may come at once.
func New(now func() time.Time, perMinute, burst int) *Limiter {
	return &Limiter{now: now, rate: float64(perMinute) / 60, burst: float64(burst), buckets: map[string]bucket{}}
}

// Take counts one for key. It returns how long to wait if that is too many,
// 0 if it is not.
func (l *Limiter) Take(key string) time.Duration {
	l.mu.Lock()
	defer l.mu.Unlock()
	now := l.now()
	b, known := l.buckets[key]
	if !known {
		if l.sweep(now); len(l.buckets) >= most {
			return 0
		}
		b = bucket{l.burst, now}
	}
	b.left = min(l.burst, b.left+l.rate*now.Sub(b.at).Seconds())
	b.at = now
	if b.left < 1 {
		l.buckets[key] = b
		return time.Duration((1 - b.left) / l.rate * float64(time.Second)).Round(time.Millisecond)
	}
	b.left--
	l.buckets[key] = b
	return 0
}

// sweep forgets, once in a while, those who have everything left again.
func (l *Limiter) sweep(now time.Time) {
	full := time.Duration(l.burst / l.rate * float64(time.Second))
	if now.Sub(l.swept) < full {
		return
	}
	l.swept = now
	for key, b := range l.buckets {
		if now.Sub(b.at) >= full {
			delete(l.buckets, key)
		}
	}
}

// Address is the key of a network address: of IPv6 the first 64 bits, which
// one device has to itself.
func Address(a netip.Addr) string {
	if a = a.Unmap(); a.Is6() {
		if p, err := a.WithZone("").Prefix(64); err == nil {
			return p.String()
		}
	}
	return a.String()
}
