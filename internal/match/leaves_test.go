package match

import (
	"slices"
	"testing"

	"dsr-server/internal/record"
)

func TestLeavesAreWhatSelectorsSearch(t *testing.T) {
	t.Parallel()
	fields := Fields{ID: record.MustPath("_id"), Metadata: []record.Path{record.MustPath("metadata")}}
	for record, want := range map[string][]string{
		`{"_id":"a","note":"not searched","metadata":{"email":"\u0061@x","n":1,"list":["b",{"c":"d"}],"email":"again"}}`: {"email=a@x", "list=b", "list.c=d", "email=again"},
		`{"metadata":{"json":"{\"mail\":\"e@x\"}"}}`:          {`json={"mail":"e@x"}`, "json.mail=e@x"},
		`{"metadata":{"json":"{\"mail\":\"e@x\"} and more"}}`: {`json={"mail":"e@x"} and more`},
		`{"metadata":"alone"}`:                                {"=alone"},
		`{"metadata":{"a":"b"}} more`:                         nil,
		`[]`:                                                  nil,
		`{"metadata":null}`:                                   nil,
	} {
		var got []string
		fields.Leaves([]byte(record), func(path, text string) { got = append(got, path+"="+text) })
		if !slices.Equal(got, want) {
			t.Errorf("%s: got %q, want %q", record, got, want)
		}
	}
}
