package wording

import (
	"fmt"
	"strconv"
	"strings"
	"time"
)

// Count is n with thousands separated: 2,316.
func (l Lang) Count(n int) string {
	digits := strconv.Itoa(n)
	sign := ""
	if n < 0 {
		sign, digits = "-", digits[1:]
	}
	var b strings.Builder
	for i := range len(digits) {
		if i > 0 && (len(digits)-i)%3 == 0 {
			b.WriteByte(',')
		}
		b.WriteByte(digits[i])
	}
	return sign + b.String()
}

// Day is a date as precise as it is known: 2023年4月7日, 2023年4月, 2023年; month
// and day are 0 when they are not known. It is empty for year 0.
func (l Lang) Day(year, month, day int) string {
	switch {
	case year == 0:
		return ""
	case month == 0:
		return l.Say("date.year", "year", strconv.Itoa(year))
	}
	pairs := []string{"year", strconv.Itoa(year), "month", l.month(month)}
	if day == 0 {
		return l.Say("date.month", pairs...)
	}
	return l.Say("date.day", append(pairs, "day", strconv.Itoa(day))...)
}

func (l Lang) month(m int) string { return l.Say("month." + strconv.Itoa(m)) }

// Date is the day of t in its own zone, without the time.
func (l Lang) Date(t time.Time) string { return l.Day(t.Year(), int(t.Month()), t.Day()) }

// Moment is t in its own zone: 2023年4月7日 (周五) 09:00.
func (l Lang) Moment(t time.Time) string {
	return l.Say("date.moment", "date", l.Date(t),
		"weekday", l.Say("weekday."+strconv.Itoa(int(t.Weekday()))), "time", t.Format("15:04"))
}

const fenInWan = 10_000 * 100

// Money is an amount from minFen to maxFen the way people say it, 80–120 万元,
// and exactly, 800,000–1,200,000 元. Chinese says 万元 from ten thousand yuan on
// where two places suffice; English has no such unit and always says it all.
func (l Lang) Money(minFen, maxFen int64) (said, exact string) {
	exact = l.Say("money.yuan", "amount", span(l.yuan(minFen), l.yuan(maxFen)))
	if l != Chinese || minFen < fenInWan || minFen%(fenInWan/100) != 0 || maxFen%(fenInWan/100) != 0 {
		return exact, exact
	}
	return l.Say("money.wan", "amount", span(l.wan(minFen), l.wan(maxFen))), exact
}

func span(from, to string) string {
	if from == to {
		return from
	}
	return from + "–" + to
}

func (l Lang) yuan(fen int64) string {
	whole := l.Count(int(fen / 100))
	if fen%100 == 0 {
		return whole
	}
	return fmt.Sprintf("%s.%02d", whole, fen%100)
}

// wan is fen in units of ten thousand yuan with at most two places.
func (l Lang) wan(fen int64) string {
	whole, rest := l.Count(int(fen/fenInWan)), fen%fenInWan/(fenInWan/100)
	if rest == 0 {
		return whole
	}
	return strings.TrimRight(fmt.Sprintf("%s.%02d", whole, rest), "0")
}

// Short is t in its own zone as briefly as people say it: 4月7日09:00.
func (l Lang) Short(t time.Time) string {
	return l.Say("date.short", "month", l.month(int(t.Month())), "day", strconv.Itoa(t.Day()), "time", t.Format("15:04"))
}
