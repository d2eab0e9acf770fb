package export

import (
	"testing"

	"dsr-server/internal/dsr"
)

// TestWhatAPageSaysOfItself, in the words of many vendors. Members of records say nothing.
func TestWhatAPageSaysOfItself(t *testing.T) {
	t.Parallel()
	for beside, want := range map[string]Said{
		`"cursor":null`: {}, `"total":3`: {Total: 3}, `"total":"3"`: {Total: 3}, `"count":3`: {Total: 3}, `"totalCount":3.0`: {Total: 3}, `"total_count":3`: {Total: 3},
		`"meta":{"total":3}`: {Total: 3}, `"pagination":{"total":3,"page":1}`: {Total: 3}, `"total":{"value":3,"relation":"eq"}`: {Total: 3}, `"total":{"$numberLong":"3"}`: {Total: 3},
		`"hits":{"total":{"value":3}}`: {Total: 3}, `"@odata.count":3`: {Total: 3}, `"page":{"totalElements":3}`: {Total: 3}, `"meta":{"pagination":{"total":3}}`: {Total: 3},
		`"total":-1`: {}, `"total":null`: {}, `"total":"many"`: {}, `"filter":{"total":3,"next":"x"}`: {}, `"_shards":{"total":5,"successful":5,"skipped":0,"failed":0}`: {},

		`"cursor":"a"`: {More: true}, `"cursor":7`: {More: true}, `"next_cursor":"a"`: {More: true}, `"paging":{"next":"https://x"}`: {More: true}, `"links":{"next":"https://x","self":"y"}`: {More: true},
		`"_links":{"next":{"href":"x"}}`: {More: true}, `"links":[{"rel":"self","href":"x"},{"rel":"next","href":"y"}]`: {More: true}, `"has_more":true`: {More: true}, `"hasMore":"true"`: {More: true},
		`"meta":{"has_more":1}`: {More: true}, `"nextPageToken":"a"`: {More: true}, `"@odata.nextLink":"x"`: {More: true}, `"pageInfo":{"hasNextPage":true,"endCursor":"x"}`: {More: true},
		`"paging":{"cursors":{"before":"x","after":"y"}}`: {}, `"links":{"next":null,"self":"y"}`: {}, `"links":[{"rel":"self","href":"x"}]`: {}, `"pageInfo":{"hasNextPage":false,"endCursor":"x"}`: {},
		`"has_more":false`: {}, `"hasMore":"no"`: {}, `"hasMore":0`: {}, `"next":""`: {}, `"next":false`: {}, `"cursor":{"next":null}`: {}, `"nextPageToken":null`: {},

		`"done":false`: {More: true}, `"is_last":"False"`: {More: true}, `"last":false`: {More: true}, `"page":{"isLastPage":false}`: {More: true}, `"lastPage":false`: {More: true},
		`"done":true`: {}, `"last":true`: {}, `"last":"https://x?page=3"`: {}, `"links":{"last":"https://x"}`: {}, `"done":0`: {},
		`"totalPages":4`: {Pages: 4}, `"meta":{"page_count":"4"}`: {Pages: 4}, `"pagination":{"pages":4,"page":1}`: {Pages: 4}, `"last_page":4`: {Pages: 4}, `"pages":[1,2]`: {}, `"totalPages":null`: {},
		`"complete":false`: {Partial: []string{saidPart}}, `"meta":{"isComplete":"no"}`: {Partial: []string{saidPart}}, `"complete":true,"completed":null`: {},

		`"partial":true`: {Partial: []string{saidPart}}, `"meta":{"partial":true}`: {Partial: []string{saidPart}}, `"is_truncated":"yes"`: {Partial: []string{saidPart}}, `"incomplete_results":1`: {Partial: []string{saidPart}},
		`"timed_out":true`: {Partial: []string{saidTooLong}}, `"meta":{"timedOut":true}`: {Partial: []string{saidTooLong}}, `"timeout":30`: {},
		`"error":{"code":5}`: {Partial: []string{saidError}}, `"errors":["x"],"error":"x"`: {Partial: []string{saidError}}, `"_shards":{"total":5,"failed":1}`: {Partial: []string{saidError}}, `"_shards":{"failures":[{"shard":0}]}`: {Partial: []string{saidError}},
		`"status":"error"`: {Partial: []string{saidError}}, `"status":500`: {Partial: []string{saidError}}, `"success":false`: {Partial: []string{saidError}}, `"response":{"status":"FAILED"}`: {Partial: []string{saidError}},
		`"error":null,"errors":[],"status":"ok","success":true,"partial":false,"timed_out":false`: {}, `"error":{"code":0,"message":""}`: {}, `"errors":{"count":0,"items":[]}`: {}, `"error":"none"`: {}, `"status":200`: {}, `"status":{"code":"ok"}`: {},
	} {
		text := `{"data":[{"total":99,"partial":true,"error":"x","next":"y"}],` + beside + `}`
		e, err := parsePage([]byte(text), NewBudget(DefaultMemory).bounds(t.Context(), 1))
		if err != nil {
			t.Errorf("%s: %v", beside, err)
			continue
		}
		got := readSaid([]byte(text))
		if got.Total != want.Total || got.Pages != want.Pages || got.More != want.More || len(got.Partial) != len(want.Partial) || len(want.Partial) > 0 && got.Partial[0] != want.Partial[0] {
			t.Errorf("%s: in a file %+v, want %+v", beside, got, want)
		}
		if e.said.Total != want.Total || e.said.Pages != want.Pages || len(e.said.Partial) != len(want.Partial) || e.cursor == "" && e.said.More != want.More {
			t.Errorf("%s: of a vendor %+v, want %+v", beside, e.said, want)
		}
		if why := got.faults("a page"); len(why) != len(want.Partial) || len(why) > 0 && why[0].Code != dsr.ReasonPartial {
			t.Errorf("%s: named as %v", beside, why)
		}
	}
}

// TestWhatIsAnError, and what says that there is none: noughts, success in words, codes of
// success. A code of success beside words of an error is none.
func TestWhatIsAnError(t *testing.T) {
	t.Parallel()
	for beside, want := range map[string]bool{
		`"error":{"code":0}`: false, `"error":0`: false, `"error":"0"`: false, `"error":"00000"`: false, `"error":200`: false, `"errorCode":"200"`: false, `"errorCode":204`: false,
		`"error":"ok"`: false, `"error":"OK."`: false, `"errorMessage":"Success"`: false, `"error":"no error"`: false, `"error":"No errors"`: false, `"error":"200 OK"`: false, `"error":"none"`: false, `"errorMessage":"n/a"`: false,
		`"error":{"code":0,"message":"Success"}`: false, `"error":{"code":200,"message":"OK"}`: false, `"error":{"code":"200","status":"success"}`: false, `"errors":[{"code":0,"message":"ok"}]`: false, `"errors":[{}]`: false, `"errors":{}`: false,
		`"meta":{"error":{"code":0,"type":"none"}}`: false, `"exception":null`: false, `"failures":0`: false, `"failures":0.0`: false, `"status":{"code":200,"message":"OK"}`: false, `"statusCode":200`: false, `"failed":false`: false,

		`"error":{"code":5}`: true, `"error":1`: true, `"error":true`: true, `"error":"x"`: true, `"error":404`: true, `"errorCode":"E17"`: true, `"error":-1`: true, `"error":0.5`: true,
		`"error":{"code":200,"message":"shard failed"}`: true, `"error":"200 shard failed"`: true, `"status":200,"error":"not found"`: true, `"error":{"code":0,"message":"timeout"}`: true, `"errors":["x"]`: true, `"errors":[{"code":"shard_failed"}]`: true,
		`"errors":[{"message":"ok"},{"message":"lost"}]`: true, `"errors":[{"path":"a"}]`: true, `"error":{"details":{"reason":"lost"}}`: true,
		`"errors":200`: true, `"failed":204`: true, `"_shards":{"failed":200}`: true, `"failures":[{"shard":0}]`: true, `"error":{"failed":200}`: true,
		`"statusCode":500`: true, `"status":{"code":503}`: true, `"status":{"code":200,"error":"lost"}`: true,
	} {
		said := readSaid([]byte(`{"data":[],` + beside + `}`))
		if got := len(said.Partial) > 0; got != want {
			t.Errorf("%s: an error: %t, want %t", beside, got, want)
		}
	}
}

// TestHowAPageNamesTheNextIsToldWhole: the same name twice is not as if there were none.
func TestHowAPageNamesTheNextIsToldWhole(t *testing.T) {
	t.Parallel()
	told := map[int64]string{}
	for _, beside := range []string{`"cursor":null`, `"next":"x"`, `"next":"y"`, `"next":"x","links":{"next":"x"}`, `"links":{"next":"x"},"meta":{"next":"x"},"next":"x"`, `"cursor":"x","next":"x"`} {
		next := readSaid([]byte(`{"data":[],` + beside + `}`)).Next
		if other, known := told[next]; known {
			t.Errorf("%s is told as %s", beside, other)
		}
		told[next] = beside
	}
}
