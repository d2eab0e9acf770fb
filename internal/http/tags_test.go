package http_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	edge "dsr-server/internal/http"
)

func TestTagsAreReadAsTheyAreWritten(t *testing.T) {
	t.Parallel()
	for header, want := range map[string][]string{
		"":                       nil,
		`"3"`:                    {`"3"`},
		`"3","4" , W/"5"`:        {`"3"`, `"4"`, `W/"5"`},
		`"a,b", "c"`:             {`"a,b"`, `"c"`},
		`3, "4", "5, ',", W/, "`: {`"4"`, `"5, ',"`},
		`w/"5"`:                  nil,
	} {
		got, anyTag := edge.Tags([]string{header})
		if diff := cmp.Diff(want, got); diff != "" || anyTag {
			t.Errorf("%s (-want +got):\n%s", header, diff)
		}
	}
	if _, anyTag := edge.Tags([]string{`"1"`, "*"}); !anyTag {
		t.Error("* does not stand for any")
	}
}
