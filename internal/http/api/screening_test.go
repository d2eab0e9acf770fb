package api_test

import (
	"fmt"
	"strings"
	"testing"

	"dsr-server/internal/app/apptest"
	"dsr-server/internal/dsr"
)

const screeningPath = "/api/v1/reports/screening"

// TestScreeningShowsWhatIsNotKnownYet: as null and as an empty cell, and a source that was not
// asked likewise.
func TestScreeningShowsWhatIsNotKnownYet(t *testing.T) {
	t.Parallel()
	g := apptest.NewRig(t)
	one := g.Submit(`{"mode":"screen","reference":"=1+1","selectors":[{"identifier":"ana@example.com"}],"sources":["it-desk"]}`)
	two := g.Submit(`{"mode":"screen","selectors":[{"identifier":"ben@example.com"}],"sources":["support-bot"]}`)
	body := fmt.Sprintf(`{"requests":[%q,%q]}`, two, one)
	want := `{"sources":["it-desk","support-bot"],"requests":[` +
		`{"id":"` + two + `","reference":null,"status":"queued","held":{"support-bot":{"conversations":null,"complete":null}}},` +
		`{"id":"` + one + `","reference":"=1+1","status":"queued","held":{"it-desk":{"conversations":null,"complete":null}}}]}` + "\n"
	if got := string(g.Call("POST", screeningPath, "auditor", body).Want(200).Body); got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	want = "\uFEFF" + `"request","reference","status","it-desk conversations","it-desk complete","support-bot conversations","support-bot complete"` + "\r\n" +
		`"` + two + `","","queued","","","",""` + "\r\n" + `"` + one + `","'=1+1","queued","","","",""` + "\r\n"
	if got := string(g.Call("POST", screeningPath+"?format=csv", "auditor", body).Want(200).Body); got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

func TestScreeningIsOfRequestsThatScreen(t *testing.T) {
	t.Parallel()
	g := apptest.NewRig(t)
	screens := g.Submit(`{"mode":"screen","selectors":[{"conversation_id":"c"}]}`)
	for _, c := range []struct{ query, body, field string }{
		{"", fmt.Sprintf(`{"requests":[%q,%q]}`, screens, g.Submit(apptest.Minimal)), "requests[1]"},
		{"", `{"requests":["nothing"]}`, "requests[0]"},
		{"", `{"requests":[]}`, "requests"},
		{"", `{"requests":[` + strings.Repeat(`"x",`, dsr.MaxBatch) + `"x"]}`, "requests"},
		{"?format=xml", fmt.Sprintf(`{"requests":[%q]}`, screens), "format"},
	} {
		if p := g.Call("POST", screeningPath+c.query, "requester", c.body).Problem(422, "invalid_value"); p.Field != c.field {
			t.Errorf("%.60s: got field %q", c.body, p.Field)
		}
	}
}
