package chaos

import (
	"fmt"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"dsr-server/internal/fake/vendor"
)

// serveRest starts a shop of ten chats, one each second, three a page.
func serveRest(t *testing.T, next vendor.Next) (*Rest, func(params ...string) answered) {
	t.Helper()
	var records []vendor.RestRecord
	for i := range 10 {
		at := time.Unix(entriesBegin+int64(i), 0)
		records = append(records, vendor.RestRecord{ID: fmt.Sprintf("c%d", i), Start: at, Raw: fmt.Appendf(nil, `{"_id":"c%d","opened":%d}`, i, at.Unix())})
	}
	data, err := vendor.NewRestData(records)
	if err != nil {
		t.Fatal(err)
	}
	l := vendor.Shop(next).WithAuth(vendor.Auth{Header: "X-Api-Key"})
	s := NewRest(l, data, vendor.RestOptions{Keys: []string{testKey}, RateWindow: vendor.Off, Now: noon})
	c := dial(t, s)
	return s, func(params ...string) answered {
		v := url.Values{"from": {fmt.Sprint(entriesBegin)}, "to": {fmt.Sprint(entriesBegin + 100)}, "limit": {"3"}}
		for i := 0; i+1 < len(params); i += 2 {
			v.Set(params[i], params[i+1])
		}
		return c.do(c.request("/v1/chats", v))
	}
}

// idsIn are the ids of the chats of an answer.
func idsIn(a answered) (ids []string) {
	for part := range strings.SplitSeq(a.body, `"_id":"`) {
		if id, _, ok := strings.Cut(part, `"`); ok && strings.HasPrefix(id, "c") && len(id) == 2 {
			ids = append(ids, id)
		}
	}
	return ids
}

func TestRestFaultsOfPaging(t *testing.T) {
	t.Parallel()
	for name, next := range map[string]vendor.Next{
		"page": {Kind: vendor.ByPage, To: "query.page"}, "offset": {Kind: vendor.ByOffset, To: "query.offset"},
	} {
		s, ask := serveRest(t, next)
		third := map[string][]string{"page": {"page", "3"}, "offset": {"offset", "6"}}[name]
		for kind, want := range map[FaultKind][]string{RepeatCursor: {"c3", "c4", "c5"}, CycleCursor: {"c0", "c1", "c2"}, EmptyPage: nil} {
			s.Fault(Fault{Kind: kind})
			if got := idsIn(ask(third...)); !slices.Equal(got, want) {
				t.Errorf("%s, %s: got %v, want %v", name, kind, got, want)
			}
		}
	}
	for next, want := range map[vendor.Next]string{
		{Kind: vendor.ByCursor, To: "query.cursor", From: "next"}: `"next":"`, {Kind: vendor.ByKeyset}: `"chats":[]`,
	} {
		s, ask := serveRest(t, next)
		s.Fault(Fault{Kind: EmptyPage})
		if a := ask(); idsIn(a) != nil || !strings.Contains(a.body, want) {
			t.Errorf("an empty page: got %s", a.body)
		}
	}
}

func TestRestListUnderItsOwnNameWhenItsDataIsWrong(t *testing.T) {
	t.Parallel()
	for kind, want := range map[FaultKind]string{DataNull: `"result":{"chats":null}`, DataNotArray: `"chats":{"0":`, DataMissing: `{"next":null`} {
		s, ask := serveRest(t, vendor.Next{Kind: vendor.ByCursor, To: "query.cursor", From: "next"})
		s.Fault(Fault{Kind: kind})
		if got := ask().body; !strings.Contains(got, want) {
			t.Errorf("%s: got %s", kind, got)
		}
	}
}
