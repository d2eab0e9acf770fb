package chaos

import (
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"

	"dsr-server/internal/fake/vendor"
)

// outcomes are the statuses of calls in order.
func outcomes(c *client, endpoint string, queries ...url.Values) []int {
	var got []int
	for _, q := range queries {
		got = append(got, c.get(endpoint, q).status)
	}
	return got
}

func TestFaultScopes(t *testing.T) {
	t.Parallel()
	of := func(id string) url.Values { return ask("conversation_id", id) }
	for _, tc := range []struct {
		name    string
		fault   Fault
		queries []url.Values
		want    []int
	}{
		{"once", Fault{}, []url.Values{ask(), ask()}, []int{500, 200}},
		{"burst", Fault{Times: 3, Status: 502}, []url.Values{ask(), ask(), ask(), ask()}, []int{502, 502, 502, 200}},
		{"always", Fault{Times: Always}, []url.Values{ask(), ask(), ask()}, []int{500, 500, 500}},
		{"endpoint", Fault{Endpoint: vendor.Conversations, Times: Always}, []url.Values{ask()}, []int{200}},
		{"this endpoint", Fault{Endpoint: vendor.Messages}, []url.Values{ask()}, []int{500}},
		{"conversation", Fault{ConversationID: "c001"}, []url.Values{ask(), of("c000"), of("c001"), of("c001")}, []int{200, 200, 500, 200}},
		{"page", Fault{Page: 2}, []url.Values{ask(), ask()}, []int{200, 200}},
		{"record", Fault{Record: "m004", Times: Always}, []url.Values{of("c000"), of("c001"), ask()}, []int{200, 500, 500}},
		{"match", Fault{Match: func(c vendor.Call) bool { return c.Params.Get("per_page") == "7" }}, []url.Values{ask(), ask("per_page", "7")}, []int{200, 500}},
		{"refused calls use none up", Fault{}, []url.Values{ask("bot_name", ""), ask()}, []int{400, 500}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			s, c := serve(t, 3, 9, nil)
			tc.fault.Kind = StatusError
			s.Fault(tc.fault)
			if got := outcomes(c, vendor.Messages, tc.queries...); !slices.Equal(got, tc.want) {
				t.Errorf("got %v, want %v", got, tc.want)
			}
		})
	}
}

func TestFaultsQueueAndCombine(t *testing.T) {
	t.Parallel()
	s, c := serve(t, 3, 9, nil)
	s.Fault(Fault{Kind: StatusError, Status: 500})
	s.Fault(Fault{Kind: StatusError, Status: 502})
	if got := outcomes(c, vendor.Messages, ask(), ask(), ask()); !slices.Equal(got, []int{500, 502, 200}) {
		t.Errorf("got %v: two that decide over the whole answer take one call each", got)
	}
	s.Fault(Fault{Kind: DropRecord, Record: "m000"})
	s.Fault(Fault{Kind: DuplicateRecord, Record: "m008"})
	if got, _ := c.get(vendor.Messages, ask()).ids(); !slices.Equal(got, strings.Fields("m001 m002 m003 m004 m005 m006 m007 m008 m008")) {
		t.Errorf("one dropped and one sent twice: got %v", got)
	}
	s.Fault(Fault{Kind: StatusError, Times: Always})
	s.ClearFaults()
	if got := outcomes(c, vendor.Messages, ask()); got[0] != 200 {
		t.Errorf("got %v after healing", got)
	}
}

func TestBadRecordSpoilsEveryPageItIsIn(t *testing.T) {
	t.Parallel()
	s, c := serve(t, 8, 0, nil)
	s.Fault(Fault{Kind: BadRecord, Record: "c005", Times: Always})
	for _, tc := range []struct {
		perPage    string
		start, end string
		good       bool
	}{
		{"8", "1000", "1007", false}, {"5", "1000", "1007", true}, {"1", "1004", "1005", true},
		{"1", "1005", "1005", false}, {"8", "1006", "1007", true},
	} {
		a := c.get(vendor.Conversations, ask("per_page", tc.perPage, "start_time", tc.start, "end_time", tc.end))
		if parses(a) != tc.good {
			t.Errorf("%s per page of %s to %s: parses is %v", tc.perPage, tc.start, tc.end, parses(a))
		}
	}
}

func TestProbabilityIsSeededAndAboutRight(t *testing.T) {
	t.Parallel()
	run := func(seed uint64) []int {
		s, c := serve(t, 1, 0, nil)
		s.Fault(Fault{Kind: StatusError, Times: Always, Probability: 0.3, Seed: seed})
		return outcomes(c, vendor.Conversations, slices.Repeat([]url.Values{ask()}, 150)...)
	}
	first := run(1)
	failed := 0
	for _, status := range first {
		if status == 500 {
			failed++
		}
	}
	if failed < 25 || failed > 65 {
		t.Errorf("%d of 150 failed, want about 45", failed)
	}
	if !slices.Equal(first, run(1)) {
		t.Error("the same seed fails differently")
	}
	if slices.Equal(first, run(2)) {
		t.Error("another seed fails alike")
	}
}

func TestFlakyIsASeededMixThatPasses(t *testing.T) {
	t.Parallel()
	run := func() (kinds []string, faulty int) {
		s, c := serve(t, 3, 0, nil)
		s.Flaky(0.5, 3)
		for range 100 {
			once(c, "")
		}
		for _, call := range s.Calls() {
			kinds = append(kinds, call.Faults...)
			if len(call.Faults) > 0 {
				faulty++
			}
		}
		return kinds, faulty
	}
	kinds, faulty := run()
	if faulty < 30 || faulty > 70 {
		t.Errorf("%d of 100 calls failed, want about 50", faulty)
	}
	different := slices.Compact(slices.Sorted(slices.Values(kinds)))
	if want := 8; len(different) < want || slices.Contains(different, string(Transient)) {
		t.Errorf("got kinds %v, want at least %d", different, want)
	}
	if again, _ := run(); !slices.Equal(kinds, again) {
		t.Error("the same seed fails differently")
	}
}

func TestUseFromManyGoroutines(t *testing.T) {
	t.Parallel()
	s, c := serve(t, 50, 50, func(vendor.Call) {})
	var group sync.WaitGroup
	for i := range 4 {
		group.Go(func() {
			for range 10 {
				c.get([]string{vendor.Conversations, vendor.Messages}[i%2], ask("per_page", "5"))
				s.Fault(Fault{Kind: DropRecord})
				s.ClearFaults()
			}
		})
	}
	group.Wait()
	if got := s.Count(""); got != 40 {
		t.Errorf("got %d calls, want 40", got)
	}
}
