package match_test

import (
	"fmt"

	"dsr-server/internal/dsr"
	"dsr-server/internal/match"
	"dsr-server/internal/record"
)

func ExampleMatcher_Scan() {
	m, err := match.Compile([]match.Query{
		{Selectors: []dsr.Selector{{ConversationID: "5c80"}}},
		{Selectors: []dsr.Selector{{Metadata: &dsr.Metadata{Key: "email", Value: "Ana@Example.com", Match: dsr.Normalized}}}},
	}, match.Fields{ID: record.MustPath("_id"), Metadata: []record.Path{record.MustPath("metadata")}})
	if err != nil {
		fmt.Println(err)
		return
	}
	lines := `{"_id":"5c80","metadata":{"email":" ANA@example.com"}}
{"_id":"5c81","metadata":{"email":"bo@example.com"}}
{"_id":"5c82","metadata":{"email":
`
	_ = m.Scan([]byte(lines), match.NDJSON, func(r match.Record) bool {
		if r.Err != nil {
			fmt.Println(r.Err)
			return true
		}
		fmt.Printf("%d %s %v\n", r.Number, r.Facts().ID, r.Hits)
		return true
	})
	// Output:
	// 1 5c80 [{0 [{0 }]} {1 [{0 email}]}]
	// 2 5c81 []
	// record 3, byte 142: the text ends where a value must stand
}
