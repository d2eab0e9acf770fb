package dsr

import (
	"errors"
	"math"
	"regexp"
	"strconv"
	"strings"
	"time"
)

// Rate is how often a vendor may be called. The zero value is no limit, which only
// a dump has.
type Rate struct {
	Count float64
	Per   time.Duration
}

// PerSecond is the rate in calls per second; without a limit it is +Inf.
func (r Rate) PerSecond() float64 {
	if r.Per == 0 {
		return math.Inf(1)
	}
	return r.Count / r.Per.Seconds()
}

func (r Rate) String() string {
	if r.Per == 0 {
		return "unlimited"
	}
	unit, many := largestUnit(r.Per)
	if many == "1" {
		many = ""
	}
	return strconv.FormatFloat(r.Count, 'f', -1, 64) + "/" + many + unit
}

// largestUnit is the longest unit of which per is a multiple, and how many of it.
func largestUnit(per time.Duration) (unit, many string) {
	best := time.Second
	unit = "s"
	for name, length := range rateUnits {
		if per%length == 0 && length > best {
			unit, best = name, length
		}
	}
	return unit, strconv.FormatInt(int64(per/best), 10)
}

var (
	rateUnits   = map[string]time.Duration{"s": time.Second, "min": time.Minute, "h": time.Hour}
	ratePattern = regexp.MustCompile(`^(\d{1,9}(?:\.\d{1,9})?)/(\d{0,4})(s|min|h)$`)
)

var errNotRate = errors.New("is not a rate; write a number of calls above zero and a unit, as in 3/s, 50/min, 500/h or 1000/5min")

// ParseRate reads a rate. The error is a sentence and does not repeat the text.
func ParseRate(text string) (Rate, error) {
	m := ratePattern.FindStringSubmatch(strings.ReplaceAll(text, " ", ""))
	if m == nil {
		return Rate{}, errNotRate
	}
	many := 1
	if m[2] != "" {
		many, _ = strconv.Atoi(m[2]) // four digits at most
	}
	n, err := strconv.ParseFloat(m[1], 64)
	if err != nil || n <= 0 || many == 0 {
		return Rate{}, errNotRate
	}
	return Rate{Count: n, Per: time.Duration(many) * rateUnits[m[3]]}, nil
}
