package archive_test

import (
	"encoding/csv"
	"fmt"
	"strings"
	"testing"
)

// table reads a table of the archive; its first row are the columns' names.
func table(t *testing.T, text []byte) [][]string {
	t.Helper()
	rows, err := csv.NewReader(strings.NewReader(strings.TrimPrefix(string(text), "\uFEFF"))).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	return rows
}

func TestMetadataHasColumnsOfItsOwn(t *testing.T) {
	t.Parallel()
	in := sample(t)
	f := newFound()
	f.conversation("support-bot", `{"_id":"a","startTime":1,"metadata":{"email":"ana@example.com","customer":{"emails":["a@x.example","b@x.example"],"vip":true,"none":null},"n":12345678901234567890}}`)
	f.conversation("support-bot", `{"_id":"b","startTime":2,"metadata":{"email":"=1+1","plan":"gold"}}`)
	f.conversation("support-bot", `{"_id":"c","startTime":3,"metadata":"a text"}`)
	f.conversation("support-bot", `{"_id":"d","startTime":4,"metadata":null}`)
	in.Contents = f
	_, content := unpack(t, write(t, in))
	rows := table(t, content["data/support-bot/conversations.csv"])
	want := []string{
		"id|metadata|metadata.customer.emails|metadata.customer.vip|metadata.email|metadata.n|metadata.plan",
		"a||a@x.example; b@x.example|true|ana@example.com|12345678901234567890|",
		"b||||'=1+1||gold", "c|a text|||||", "d||||||",
	}
	for i, row := range rows {
		got := strings.Join(append(row[:1:1], row[6:len(row)-1]...), "|")
		if got != want[i] {
			t.Errorf("row %d: got %s, want %s", i, got, want[i])
		}
	}
	if last := rows[0][len(rows[0])-1]; last != "raw_json" || len(rows) != len(want) {
		t.Errorf("%d rows, the last column is %s", len(rows), last)
	}
}

func TestColumnsAreBounded(t *testing.T) {
	t.Parallel()
	in := sample(t)
	f := newFound()
	for i := range 300 {
		f.conversation("support-bot", fmt.Sprintf(`{"_id":"c%03d","startTime":%d,"metadata":{"k%03d":"x"}}`, i, i+1, 299-i))
	}
	in.Contents = f
	_, content := unpack(t, write(t, in))
	names := table(t, content["data/support-bot/conversations.csv"])[0]
	if len(names) != 7+200 || names[6] != "metadata.k000" || names[205] != "metadata.k199" {
		t.Errorf("%d columns, from %s to %s", len(names), names[6], names[len(names)-2])
	}
}
