package vendor

import (
	"net/http"
	"strconv"
	"time"
)

// defaultSpan is the window of the analytics when no lower bound is given.
const defaultSpan = 3 * 24 * time.Hour

// latestOnly is how many messages /v1 gives when only the upper bound is given.
const latestOnly = 5

// avaamoQuery is a call's parameters, checked.
type avaamoQuery struct {
	from, to int64 // µs, both ends within
	page     int
	perPage  int
	latest   bool // only the newest few, whatever the page
	users    []string
}

func (x *avaamoCall) understand() *refusal {
	x.query = avaamoQuery{page: 1, perPage: 25, from: unplaced, to: x.now.UnixMicro()}
	x.conversation = x.route.object
	for name, values := range x.params {
		if len(values) > 1 && name != "user_ids[]" {
			return refuse(http.StatusUnprocessableEntity, "%s is given more than once", name)
		}
	}
	if refused := x.known(); refused != nil {
		return refused
	}
	if refused := x.pageNumbers(); refused != nil {
		return refused
	}
	x.page = x.query.page
	return x.window()
}

// known refuses what is asked of a conversation that is not there.
func (x *avaamoCall) known() *refusal {
	if x.endpoint != AvaamoConversation && x.endpoint != AvaamoTranscript {
		return nil
	}
	if x.r.Header.Get("Device-Id") == "" {
		return refuse(http.StatusBadRequest, "Device-Id is missing")
	}
	if _, ok := x.s.Data().Conversation(x.route.object); !ok {
		return refuse(http.StatusNotFound, "conversation not found")
	}
	return nil
}

func (x *avaamoCall) pageNumbers() *refusal {
	q := &x.query
	for name, to := range map[string]*int{"page": &q.page, "per_page": &q.perPage} {
		if !x.params.Has(name) {
			continue
		}
		n, err := strconv.Atoi(x.params.Get(name))
		if err != nil || n < 1 {
			return refuse(http.StatusUnprocessableEntity, "%s must be a number from 1", name)
		}
		*to = n
	}
	if q.perPage > avaamoMaxPerPage && x.s.options.Choices.OverPerPage == Refuse {
		return refuse(http.StatusUnprocessableEntity, "per_page must not be above %d", avaamoMaxPerPage)
	}
	q.perPage = min(q.perPage, avaamoMaxPerPage)
	return nil
}

// window reads the time parameters, which every endpoint names in its own way.
func (x *avaamoCall) window() *refusal {
	c := x.s.options.Choices
	var refused *refusal
	switch x.endpoint {
	case AvaamoEntries, AvaamoSessions:
		refused = x.analyticsWindow(c)
	case AvaamoInsights:
		x.query.users = x.params["user_ids[]"]
		_, refused = x.bounds("start_time", "end_time", Microseconds)
	case AvaamoTalk:
		if c.TalkNames == FromSeconds {
			refused = x.latestBounds("from_timetoken", "to_timetoken", Seconds)
		} else {
			refused = x.latestBounds("since_timetoken", "timetoken", Microseconds)
		}
	case AvaamoTranscript:
		refused = x.latestBounds("since_timetoken", "timetoken", Microseconds)
	}
	if refused != nil {
		return refused
	}
	if x.query.to < x.query.from {
		return refuse(http.StatusUnprocessableEntity, "To Date cannot be before From Date")
	}
	return x.tooSlow(c)
}

func (x *avaamoCall) analyticsWindow(c AvaamoChoices) *refusal {
	q := &x.query
	old := x.params.Has("from_date") || x.params.Has("to_date") || x.params.Has("utc_offset")
	if old && c.OldNames == OldRefused {
		return refuse(http.StatusBadRequest, "from_date and to_date are no longer supported")
	}
	lower := false
	if !c.WindowIgnored {
		var refused *refusal
		if lower, refused = x.bounds("from_timetoken", "to_timetoken", c.Unit); refused != nil {
			return refused
		}
		if old && c.OldNames == OldHonoured {
			lower = x.oldBounds() || lower
		}
	}
	if !lower {
		q.from = q.to - defaultSpan.Microseconds()
	}
	return nil
}

// bounds reads the two bounds; lower says whether the first was given.
func (x *avaamoCall) bounds(from, to string, unit TimeUnit) (lower bool, refused *refusal) {
	scale := map[TimeUnit]float64{Seconds: 1e6, Milliseconds: 1e3, Microseconds: 1}[unit]
	for name, target := range map[string]*int64{from: &x.query.from, to: &x.query.to} {
		if !x.params.Has(name) {
			continue
		}
		n, err := strconv.ParseFloat(x.params.Get(name), 64)
		if err != nil || n < 0 {
			return false, refuse(http.StatusUnprocessableEntity, "%s must be a timestamp", name)
		}
		*target = int64(min(n*scale, 9e18))
	}
	return x.params.Has(from), nil
}

// latestBounds reads the bounds of /v1, where the upper one alone gives the newest few.
func (x *avaamoCall) latestBounds(from, to string, unit TimeUnit) *refusal {
	lower, refused := x.bounds(from, to, unit)
	x.query.latest = !lower && x.params.Has(to)
	return refused
}

func (x *avaamoCall) oldBounds() (lower bool) {
	const day = "02/01/2006"
	if t, err := time.Parse(day, x.params.Get("from_date")); err == nil {
		x.query.from, lower = t.UnixMicro(), true
	}
	if t, err := time.Parse(day, x.params.Get("to_date")); err == nil {
		x.query.to = t.AddDate(0, 0, 1).UnixMicro() - 1
	}
	return lower
}

// tooSlow answers as the gateway does after 30 seconds.
func (x *avaamoCall) tooSlow(c AvaamoChoices) *refusal {
	if x.endpoint != AvaamoEntries {
		return nil
	}
	wide := c.SlowSpan > 0 && x.query.to-x.query.from > c.SlowSpan.Microseconds()
	if wide || c.SlowPage > 0 && x.query.page > c.SlowPage {
		return &refusal{status: http.StatusGatewayTimeout, message: "Gateway Timeout", html: true}
	}
	return nil
}
