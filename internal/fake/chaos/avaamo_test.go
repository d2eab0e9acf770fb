package chaos

import (
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"dsr-server/internal/fake/vendor"
)

func TestAvaamoFaultsOfPaging(t *testing.T) {
	t.Parallel()
	for kind, want := range map[FaultKind]map[int]string{
		RepeatCursor: {1: "m019", 2: "m019", 3: "m014"},
		CycleCursor:  {1: "m019", 2: "m014", 3: "m019"},
		NeverNull:    {4: "m004", 5: "m004", 9: "m004"},
		EmptyPage:    {1: "", 2: ""},
	} {
		s, c := serveAvaamo(t, 20)
		s.Fault(Fault{Kind: kind, Endpoint: vendor.AvaamoEntries, Times: Always})
		for n, first := range want {
			a := c.entries(n)
			got, _ := a.ids()
			if a.status != http.StatusOK || append(got, "")[0] != first {
				t.Errorf("%s, page %d: got status %d, records %v, want %q first", kind, n, a.status, got, first)
			}
		}
	}
}

// TestAvaamoFaultsSpoilTheAnswer goes through every kind: each must show, and pass.
func TestAvaamoFaultsSpoilTheAnswer(t *testing.T) {
	t.Parallel()
	for _, kind := range FaultKinds() {
		t.Run(string(kind), func(t *testing.T) {
			t.Parallel()
			s, c := serveAvaamo(t, 20)
			f, page := Fault{Kind: kind}, 3
			switch kind {
			case Hang:
				f.Delay = time.Millisecond
				f.Kind = ResetEarly // hanging for ever is for the client's tests
			case SlowDrip:
				f.Delay = time.Millisecond
			case DateSkew:
				f.Delay = time.Hour
			case NeverNull:
				page = 9
			}
			good := c.entries(page)
			s.Fault(f)
			bad := c.entries(page)
			same := bad.err == nil && bad.status == good.status && bad.body == good.body && bad.header.Get("Date") == good.header.Get("Date")
			if same && kind != SlowDrip && kind != ChunkedAbort {
				t.Errorf("the fault does not show: %d %.100s", bad.status, bad.body)
			}
			if last := s.Calls()[len(s.Calls())-1]; !slices.Contains(last.Faults, string(f.Kind)) {
				t.Errorf("the log holds %v", last.Faults)
			}
			if again := c.entries(page); again.status != http.StatusOK || again.body != good.body {
				t.Errorf("it does not pass: %d %v", again.status, again.err)
			}
		})
	}
}

func TestAvaamoListUnderItsOwnNameWhenItsDataIsWrong(t *testing.T) {
	t.Parallel()
	for kind, want := range map[FaultKind]string{DataNull: `"entries":null`, DataNotArray: `"entries":{"0":`, DataMissing: `"time_token":`} {
		s, c := serveAvaamo(t, 3)
		s.Fault(Fault{Kind: kind})
		got := c.entries(1).body
		if !strings.Contains(got, want) || strings.Contains(got, `"entries"`) == (kind == DataMissing) {
			t.Errorf("%s: got %s", kind, got)
		}
	}
}

func TestVariantsAreNamedAndDiffer(t *testing.T) {
	t.Parallel()
	names, choices := map[string]bool{}, map[any]bool{}
	add := func(vendor, name string, c any) {
		if names[vendor+name] || choices[c] {
			t.Errorf("%s: variant %q is there twice", vendor, name)
		}
		names[vendor+name], choices[c] = true, true
	}
	for _, v := range Variants() {
		add("converse", v.Name, v.Choices)
	}
	for _, v := range AvaamoVariants() {
		add("avaamo", v.Name, v.Choices)
	}
	for _, l := range vendor.Layouts() {
		choices = map[any]bool{}
		for _, v := range RestVariants(l) {
			add(l.Name(), v.Name, v.Choices)
		}
		if len(choices) < 3 {
			t.Errorf("%s: %d variants", l.Name(), len(choices))
		}
	}
}
