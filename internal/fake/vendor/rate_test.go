package vendor

import (
	"slices"
	"strings"
	"testing"
	"time"
)

// at calls conversations at these milliseconds and returns which calls were admitted.
func at(clk *clock, c *client, milliseconds ...int) []bool {
	begin := clk.Now()
	var admitted []bool
	for _, ms := range milliseconds {
		clk.advance(begin.Add(time.Duration(ms) * time.Millisecond).Sub(clk.Now()))
		admitted = append(admitted, c.get(Conversations, ask()).status == 200)
	}
	return admitted
}

func TestLimitCountsCallsInItsWindow(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		name   string
		window RateWindow
		at     []int
		want   string // + admitted, - refused
	}{
		{"sliding: three at once", Sliding, []int{0, 0, 0, 0, 999, 1000, 1000, 1000, 1000}, "+++--+++-"},
		{"sliding: over the edge of a second", Sliding, []int{900, 950, 990, 1000, 1899, 1900, 1950, 1989, 1990}, "+++--++-+"},
		{"sliding: evenly", Sliding, []int{0, 334, 668, 1002, 1336}, "+++++"},
		{"fixed: refilled at the second", Fixed, []int{900, 950, 990, 999, 1000, 1001, 1002, 1003}, "+++-+++-"},
		{"bucket: refilled evenly", TokenBucket, []int{0, 0, 0, 0, 333, 334, 335, 667, 668, 5000, 5000, 5000, 5000}, "+++--+-+-+++-"},
		{"off", Off, []int{0, 0, 0, 0, 0}, "+++++"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			clk := newClock()
			s, c := serve(t, data(t, 1, 1), Options{Now: clk.Now, Rate: 3, RateWindow: tc.window})
			var got strings.Builder
			for _, ok := range at(clk, c, tc.at...) {
				got.WriteByte("-+"[btoi(ok)])
			}
			if got.String() != tc.want {
				t.Errorf("got %s, want %s", got.String(), tc.want)
			}
			if n, want := len(s.Violations()), strings.Count(tc.want, "-"); n != want {
				t.Errorf("got %d violations, want %d", n, want)
			}
		})
	}
}

func btoi(b bool) int {
	if b {
		return 1
	}
	return 0
}

func TestLimitIsThreePerSecondByDefault(t *testing.T) {
	t.Parallel()
	clk := newClock()
	s := New(data(t, 1, 1), Options{Now: clk.Now})
	admit := func() bool {
		x := &call{core: &s.core, now: clk.Now()}
		return x.withinLimit(Messages) == nil
	}
	if got, want := []bool{admit(), admit(), admit(), admit()}, []bool{true, true, true, false}; !slices.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
	clk.advance(time.Second)
	if !admit() {
		t.Error("refused after a second")
	}
}

func TestLimitIsPerEndpointOverAllKeys(t *testing.T) {
	t.Parallel()
	clk := newClock()
	s, c := serve(t, data(t, 1, 1), Options{Now: clk.Now, Rate: 1, Keys: []string{testKey, "second"}})
	status := func(key, endpoint string) int {
		c.key = key
		return c.get(endpoint, ask()).status
	}
	got := []int{
		status(testKey, Conversations), status("second", Conversations), status(testKey, Messages), status(testKey, Messages),
	}
	if want := []int{200, 429, 200, 429}; !slices.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
	clk.advance(time.Second)
	got = []int{status("wrong", Conversations), status(testKey, Conversations)}
	if want := []int{403, 429}; !slices.Equal(got, want) {
		t.Errorf("a refused call counts: got %v, want %v", got, want)
	}
	if calls := s.Calls(); !calls[1].Limited || calls[0].Limited || calls[4].Limited {
		t.Error("the log does not say which calls the limit refused")
	}
}

func TestFormOfTooManyIsAChoice(t *testing.T) {
	t.Parallel()
	for form, want := range map[RetryAfter]string{
		RetryNone: "", RetrySeconds: "1", RetryZero: "0", RetryDay: "86400", RetryDate: "Tue, 01 Jul 2025 00:00:01 GMT",
	} {
		for _, html := range []bool{false, true} {
			_, c := serve(t, data(t, 1, 0), Options{Now: newClock().Now, Rate: 1, Choices: Choices{RateRetryAfter: form, RateHTML: html}})
			c.get(Conversations, ask())
			a := c.get(Conversations, ask())
			if a.status != 429 || a.header.Get("Retry-After") != want || strings.HasPrefix(a.body, "<html>") != html {
				t.Errorf("got %d, Retry-After %q, %s; want %q", a.status, a.header.Get("Retry-After"), a.body, want)
			}
		}
	}
}
