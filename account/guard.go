package account

import (
	"strings"
	"time"
)

// From is where an attempt to sign in comes from, as limits count it.
type From struct {
	Device  string // long and random, kept by the browser; "" if it keeps nothing
	Address string // of the network; "" counts for nothing
	Hall    bool   // the address is one of a hall or a campus, behind which hundreds of phones are
}

// How much is taken in window, in wrong passwords. Devices by which somebody
// came in before have a count of their own for that account, so nobody is kept
// out by others who guess: Slow Down Online Guessing Attacks with Device
// Cookies, https://owasp.org/www-community/Slow_Down_Online_Guessing_Attacks_with_Device_Cookies
const (
	window      = 15 * time.Minute
	writtenMost = 5 // of one name, from all devices that it does not know
	knownMost   = 5 // of one account, from a device that it knows
	deviceMost  = 10
	bareMost    = 20 // of an address, from browsers that keep no device
	addressMost = 50
	hallMost    = 1000
)

// How many codes are sent.
const (
	codesOfPhone   = 10 // in a day
	codesOfDevice  = 5  // in window
	codesOfAddress = 600
	codesOfHall    = 2000
)

// guard holds back who guesses. What it suspects is refused before anything is
// worked out, and may come in by a code or a link.
type guard struct{ quarter, day *tries }

func newGuard(now func() time.Time) *guard {
	return &guard{newTries(now, window), newTries(now, 24*time.Hour)}
}

// attempt is one that guard has let through; it is right or wrong afterwards.
type attempt struct {
	g       *guard
	keys    []string
	address string
	left    int
}

// let counts an attempt before the password is looked at; ok is false if it is
// suspected. known is the account that knows the device, "" if none does.
func (g *guard) let(name, known string, from From) (a attempt, ok bool) {
	a = attempt{g: g, left: writtenMost - 1}
	if known != "" {
		return a, a.count("known "+known+" "+from.Device, knownMost)
	}
	most, bare := addressMost, bareMost
	if from.Hall {
		most, bare = hallMost, hallMost
	}
	if from.Address != "" {
		// Only what was wrong counts, and only afterwards: a hall that comes in at
		// once is many attempts under way.
		if a.address = "address " + from.Address; g.quarter.left(a.address, most) == 0 {
			return a, false
		}
	}
	ok = a.count("name "+written(name), writtenMost)
	if from.Device != "" {
		return a, a.count("device "+from.Device, deviceMost) && ok
	}
	return a, a.count("bare "+from.Address, bare) && ok
}

func (a *attempt) count(key string, most int) bool {
	left, ok := a.g.quarter.take(key, most)
	if ok {
		a.keys = append(a.keys, key)
	}
	a.left = min(a.left, left)
	return ok
}

func (a *attempt) right() {
	for _, key := range a.keys {
		a.g.quarter.giveBack(key)
	}
}

func (a *attempt) wrong() {
	if a.address != "" {
		a.g.quarter.take(a.address, hallMost)
	}
}

// code counts a code that is to be sent; ok is false if that is too many.
func (g *guard) code(phone string, from From) (ok bool) {
	most := codesOfAddress
	if from.Hall {
		most = codesOfHall
	}
	if _, ok := g.quarter.take("codes of "+from.Device, codesOfDevice); !ok {
		return false
	}
	if _, ok := g.quarter.take("codes at "+from.Address, most); !ok {
		return false
	}
	_, ok = g.day.take("codes to "+phone, codesOfPhone)
	return ok
}

// written is one spelling of what somebody wrote as a name, so that blanks and
// capitals make no new one.
func written(name string) string {
	for _, p := range []Provider{ByEmail, ByPhone} {
		if value, err := Canonical(p, name); err == nil {
			return value
		}
	}
	return strings.ToLower(strings.Join(strings.Fields(name), " "))
}
