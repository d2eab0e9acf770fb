package main

import (
	"fmt"
	"net"
	"net/http"
	"regexp"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"dsr-server/internal/fake/chaos"
	"dsr-server/internal/fake/vendor"
)

func TestQ01RepeatedCursor(t *testing.T) {
	t.Parallel()
	for _, kind := range []chaos.FaultKind{chaos.RepeatCursor, chaos.CycleCursor} {
		t.Run(string(kind)+" that heals", func(t *testing.T) {
			t.Parallel()
			data, c := quirkData(t, 60)
			h := open(t, data, quirkSetup())
			h.vendor.Fault(chaos.Fault{Kind: kind, Endpoint: vendor.Conversations, Page: 3})
			id, _ := h.ask(ofQuirk)
			h.wantExact(c, ofQuirk, id)
			h.wantFired(kind, 1)
			h.wantNoViolation()
		})
		t.Run(string(kind)+" for ever", func(t *testing.T) {
			t.Parallel()
			data, _ := quirkData(t, 60)
			h := open(t, data, quirkSetup())
			h.vendor.Fault(chaos.Fault{Kind: kind, Endpoint: vendor.Conversations, Page: 3, Times: chaos.Always})
			id, _ := h.ask(ofQuirk)
			h.wantReason(id, "stuck_cursor")
			if n := h.coverage(id).Sources[0].Retries["stuck"]; n != 2 {
				t.Errorf("the chain was found stuck %d times, want once, and once more after it began again", n)
			}
			h.wantFired(kind, 2)
			h.wantShortChains(2 * 5)
		})
	}
}

func TestQ02CursorThatNeverEnds(t *testing.T) {
	t.Parallel()
	data, c := quirkData(t, 40)
	h := open(t, data, quirkSetup())
	h.vendor.Fault(chaos.Fault{Kind: chaos.NeverNull, Endpoint: vendor.Conversations, Times: chaos.Always})
	id, _ := h.ask(ofQuirk)
	h.wantReason(id, "stuck_cursor")
	conversations, messages := c.expect(t, ofQuirk)
	b := h.download(id)
	b.wantLines(t, "data/bot/conversations.ndjson", conversations) // what was read is kept
	b.wantLines(t, "data/bot/messages.ndjson", messages)
	h.wantFired(chaos.NeverNull, 20)
	h.wantShortChains(2 * (4 + 11))
}

// wantShortChains holds when no part of the timeline was asked for more often.
func (h *harness) wantShortChains(most int) {
	h.t.Helper()
	calls := map[string]int{}
	for _, c := range h.vendor.Calls() {
		calls[c.Endpoint+c.Params.Get("start_time")+c.Params.Get("end_time")+c.Params.Get("conversation_id")]++
	}
	for stretch, n := range calls {
		if n > most {
			h.t.Errorf("%s was asked for %d times, want at most %d", stretch, n, most)
		}
	}
}

var lastCursors = map[string]vendor.LastCursor{"absent": vendor.Absent, "empty": vendor.Empty}

var orders = map[string]vendor.Order{"oldest first": vendor.ByStart, "newest first": vendor.NewestFirst, "shuffled": vendor.Shuffled}

func TestQ03CursorAbsentOrEmpty(t *testing.T) {
	t.Parallel()
	for name, last := range lastCursors {
		for in, order := range orders {
			t.Run(name+", "+in, func(t *testing.T) {
				t.Parallel()
				data, c := quirkData(t, 98)
				s := quirkSetup()
				s.options.Choices.Order = order
				s.options.Choices.LastCursor = last
				h := open(t, data, s)
				id, _ := h.ask(ofQuirk)
				h.wantExact(c, ofQuirk, id)
				if h.anomalies(id, "Q3") == 0 {
					t.Error("the undocumented end is not counted")
				}
				h.wantFewCalls(vendor.Conversations, h.fewestCalls(id, 10)+1) // all lie in one range
				h.wantFewCalls(vendor.Messages, 2*100/5)
				h.wantNoViolation()
			})
		}
	}
}

// fewestCalls is what the ranges read cannot be read with less.
func (h *harness) fewestCalls(id string, pageSize int) (n int) {
	h.t.Helper()
	for _, g := range h.coverage(id).Sources[0].Read {
		n += max(1, (g.Records+pageSize-1)/pageSize)
	}
	return n
}

var cursorMember = regexp.MustCompile(`,"cursor":"[^"]+"`)

// loseCursor takes the cursor out of the nth page that has one; of every page for 0.
func loseCursor(endpoint string, nth int64, lost *atomic.Int64) func(http.Handler) http.Handler {
	var pages atomic.Int64
	return edited(endpoint, func(page []byte) []byte {
		if !cursorMember.Match(page) || nth > 0 && pages.Add(1) != nth {
			return page
		}
		lost.Add(1)
		return cursorMember.ReplaceAll(page, nil)
	})
}

func TestQ03CursorLostInMidChain(t *testing.T) {
	t.Parallel()
	for in, order := range orders {
		for _, field := range []vendor.WindowField{vendor.StartTime, vendor.LastAction} {
			for _, nth := range []int64{1, 4, 0} {
				t.Run(fmt.Sprintf("%s, window by %d, page %d", in, field, nth), func(t *testing.T) {
					t.Parallel()
					data, c := quirkData(t, 60)
					s := quirkSetup()
					s.options.Choices.Order, s.options.Choices.WindowField = order, field
					var lost atomic.Int64
					h := layered(t, data, s, loseCursor(vendor.Conversations, nth, &lost))
					id, _ := h.ask(ofQuirk)
					h.wantExact(c, ofQuirk, id)
					if lost.Load() == 0 {
						t.Error("no cursor was lost")
					}
					h.wantNoViolation()
				})
			}
		}
	}
}

func TestQ03CursorOfMessagesLost(t *testing.T) {
	t.Parallel()
	data, c := mustData(t, records(quirkConversation(0, `{"email":"`+quirkEmail+`"}`)), quirkMessages(0, 45))
	var lost atomic.Int64
	h := layered(t, data, quirkSetup(), loseCursor(vendor.Messages, 2, &lost))
	id, _ := h.ask(ofQuirk)
	h.wantExact(c, ofQuirk, id)
	if lost.Load() != 1 {
		t.Error("no cursor was lost")
	}
}

// TestQ03StoppedBeforeTheTail stops the program between the undocumented end of a chain
// and the look after it.
func TestQ03StoppedBeforeTheTail(t *testing.T) {
	t.Parallel()
	for in, order := range orders {
		t.Run(in, func(t *testing.T) {
			t.Parallel()
			data, c := quirkData(t, 60)
			s := quirkSetup()
			s.options.Choices.Order = order
			var pages atomic.Int64
			reached, release := make(chan struct{}), make(chan struct{})
			h := layered(t, data, s, edited(vendor.Conversations, func(page []byte) []byte {
				if !cursorMember.Match(page) || pages.Add(1) != 3 {
					return page
				}
				close(reached)
				<-release
				return cursorMember.ReplaceAll(page, nil)
			}))
			id := h.submit(ofQuirk.body())
			h.come("the page without a cursor", reached)
			stopped := make(chan struct{})
			go func() { defer close(stopped); h.stop() }()
			h.await("the program stops", func() bool { return !h.listens() })
			close(release)
			<-stopped
			h.start(s)
			h.wantExact(c, ofQuirk, id)
		})
	}
}

func (h *harness) listens() bool {
	conn, err := net.DialTimeout("tcp", strings.TrimPrefix(h.url, "http://"), time.Second)
	if err != nil {
		return false
	}
	_ = conn.Close()
	return true
}

func TestQ04EmptyPageInTheMiddle(t *testing.T) {
	t.Parallel()
	data, c := quirkData(t, 60)
	s := quirkSetup()
	s.options.Choices.TrailingEmptyPage = true
	h := open(t, data, s)
	h.vendor.Fault(chaos.Fault{Kind: chaos.EmptyPage, Endpoint: vendor.Conversations, Times: 5, Match: func(c vendor.Call) bool { return c.Page > 1 }})
	h.vendor.Fault(chaos.Fault{Kind: chaos.EmptyPage, Endpoint: vendor.Messages, Times: 3})
	id, _ := h.ask(ofQuirk)
	h.wantExact(c, ofQuirk, id)
	h.wantFired(chaos.EmptyPage, 8)
}

func TestQ05ShortPageIsNoEnd(t *testing.T) {
	t.Parallel()
	data, c := quirkData(t, 60)
	s := quirkSetup()
	s.pageSize, s.options.Choices.MaxPerPage = 1000, 7 // every page is shorter than asked for
	h := open(t, data, s)
	id, _ := h.ask(ofQuirk)
	h.wantExact(c, ofQuirk, id)
	for _, call := range h.vendor.Calls() {
		if call.Records > 7 {
			t.Fatalf("a page has %d records", call.Records)
		}
	}
}

// TestQ20ExpiredCursor lets a cursor die once, and then all that are deep in a chain.
func TestQ20ExpiredCursor(t *testing.T) {
	t.Parallel()
	for _, status := range []int{http.StatusBadRequest, http.StatusNotFound, http.StatusGone} {
		for name, times := range map[string]int{"once": 1, "beyond the fourth page": chaos.Always} {
			t.Run(fmt.Sprintf("%d %s", status, name), func(t *testing.T) {
				t.Parallel()
				data, c := quirkData(t, 120)
				h := open(t, data, quirkSetup())
				h.vendor.Fault(chaos.Fault{
					Kind: chaos.StatusError, Status: status, Endpoint: vendor.Conversations, Times: times,
					Match: func(c vendor.Call) bool { return c.Page > 4 },
				})
				id, _ := h.ask(ofQuirk)
				h.wantExact(c, ofQuirk, id)
				h.wantFired(chaos.StatusError, 1)
				if n := h.coverage(id).Sources[0].Retries[fmt.Sprintf("status_%d", status)]; n == 0 {
					t.Error("the coverage does not say that cursors were refused")
				}
			})
		}
	}
}
