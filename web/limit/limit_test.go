package limit_test

import (
	"fmt"
	"net/netip"
	"testing"
	"time"

	"datai/web/limit"
)

func TestWhoAsksTooOftenWaits(t *testing.T) {
	at := time.Unix(1000, 0)
	l := limit.New(func() time.Time { return at }, 60, 3)
	for i := range 3 {
		if wait := l.Take("a"); wait != 0 {
			t.Fatalf("number %d waits %v", i, wait)
		}
	}
	if wait := l.Take("a"); wait != time.Second {
		t.Errorf("one too many waits %v, want 1s", wait)
	}
	if wait := l.Take("b"); wait != 0 {
		t.Errorf("another one waits %v", wait)
	}
	at = at.Add(500 * time.Millisecond)
	if wait := l.Take("a"); wait != 500*time.Millisecond {
		t.Errorf("half a second later: %v, want 500ms", wait)
	}
	at = at.Add(500 * time.Millisecond)
	if wait := l.Take("a"); wait != 0 {
		t.Errorf("a second later: %v", wait)
	}
	at = at.Add(time.Hour)
	for i := range 4 {
		if wait := l.Take("a"); (wait != 0) != (i == 3) {
			t.Errorf("an hour later number %d waits %v", i, wait)
		}
	}
}

func TestManyAskersDoNotFillTheMemory(t *testing.T) {
	at := time.Unix(1000, 0)
	l := limit.New(func() time.Time { return at }, 60, 1)
	for i := range 100_000 {
		l.Take(fmt.Sprint(i))
	}
	if l.Take("0") == 0 {
		t.Error("a known one is not counted")
	}
	for range 2 {
		if l.Take("new") != 0 {
			t.Error("one too many to remember is held back")
		}
	}
	at = at.Add(time.Minute)
	first, second := l.Take("new"), l.Take("new")
	if first != 0 || second == 0 {
		t.Errorf("the old ones were not forgotten: %v, %v", first, second)
	}
}

func TestAddress(t *testing.T) {
	for in, want := range map[string]string{"192.0.2.7": "192.0.2.7", "::ffff:192.0.2.7": "192.0.2.7",
		"2001:db8:1:2:3:4:5:6": "2001:db8:1:2::/64", "fe80::1%eth0": "fe80::/64"} {
		if got := limit.Address(netip.MustParseAddr(in)); got != want {
			t.Errorf("%s: %s, want %s", in, got, want)
		}
	}
}
