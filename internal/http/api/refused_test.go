package api_test

import (
	"errors"
	"strconv"
	"strings"
	"testing"

	"github.com/go-json-experiment/json/jsontext"

	"dsr-server/internal/app/apptest"
	"dsr-server/internal/audit"
	"dsr-server/internal/http/api"
)

// canary is a value that must never come back in an error or in the log.
const canary = "canary-3f9e@example.com"

func TestBadSubmissionsAreRefused(t *testing.T) {
	t.Parallel()
	sel := func(s string) string { return `{"selectors":[` + s + `]}` }
	with := func(s string) string { return `{"selectors":[{"conversation_id":"c"}],` + s + `}` }
	long := strings.Repeat("x", 1025)
	g := apptest.NewRig(t)
	for name, c := range map[string]struct {
		body        string
		status      int
		code, field string
	}{
		"no selectors":              {`{}`, 422, "invalid_value", "selectors"},
		"null selectors":            {`{"selectors":null}`, 422, "invalid_value", "selectors"},
		"empty selectors":           {sel(``), 422, "invalid_value", "selectors"},
		"101 selectors":             {sel(strings.Repeat(`{"conversation_id":"c"},`, 100) + `{"conversation_id":"c"}`), 422, "invalid_value", "selectors"},
		"empty selector":            {sel(`{}`), 422, "invalid_value", "selectors[0]"},
		"null selector":             {sel(`{"conversation_id":"c"},null`), 422, "invalid_value", "selectors[1]"},
		"both kinds in one":         {sel(`{"conversation_id":"c","metadata":{"value":"v"}}`), 422, "invalid_value", "selectors[0]"},
		"empty conversation id":     {sel(`{"conversation_id":"","metadata":{"value":"v"}}`), 422, "invalid_value", "selectors[0].conversation_id"},
		"white conversation id":     {sel(`{"conversation_id":" \t\u2003"}`), 422, "invalid_value", "selectors[0].conversation_id"},
		"no value":                  {sel(`{"metadata":{"key":"email"}}`), 422, "invalid_value", "selectors[0].metadata.value"},
		"empty value":               {sel(`{"metadata":{"key":"email","value":""}}`), 422, "invalid_value", "selectors[0].metadata.value"},
		"white value":               {sel(`{"metadata":{"key":"email","value":" \n\u00a0\u3000"}}`), 422, "invalid_value", "selectors[0].metadata.value"},
		"value over 1 KiB":          {sel(`{"metadata":{"value":"` + long + `"}}`), 422, "invalid_value", "selectors[0].metadata.value"},
		"id over 1 KiB":             {sel(`{"conversation_id":"` + long + `"}`), 422, "invalid_value", "selectors[0].conversation_id"},
		"key over 1 KiB":            {sel(`{"metadata":{"key":"` + long + `","value":"v"}}`), 422, "invalid_value", "selectors[0].metadata.key"},
		"unknown match mode":        {sel(`{"metadata":{"value":"v","match":"` + canary + `"}}`), 422, "invalid_value", "selectors[0].metadata.match"},
		"no phone number":           {sel(`{"metadata":{"value":"` + canary + `","match":"phone"}}`), 422, "invalid_value", "selectors[0].metadata.value"},
		"phone without a region":    {sel(`{"metadata":{"value":"030 123456","match":"phone"}}`), 422, "invalid_value", "selectors[0].metadata.value"},
		"unknown region":            {sel(`{"metadata":{"value":"030 123456","match":"phone","region":"` + canary + `"}}`), 422, "invalid_value", "selectors[0].metadata.region"},
		"empty region":              {sel(`{"metadata":{"value":"030 123456","match":"phone","region":""}}`), 422, "invalid_value", "selectors[0].metadata.region"},
		"region without phone":      {sel(`{"metadata":{"value":"030 123456","region":"DE"}}`), 422, "invalid_value", "selectors[0].metadata.region"},
		"empty match mode":          {sel(`{"metadata":{"value":"v","match":""}}`), 422, "invalid_value", "selectors[0].metadata.match"},
		"end before start":          {with(`"window":{"start":"2025-02-01T00:00:00Z","end":"2025-01-01T00:00:00Z"}`), 422, "invalid_value", "window.end"},
		"end equals start":          {with(`"window":{"start":"2025-02-01T00:00:00Z","end":"2025-02-01T01:00:00+01:00"}`), 422, "invalid_value", "window.end"},
		"start in the future":       {with(`"window":{"start":"2025-06-30T10:00:01Z"}`), 422, "invalid_value", "window.start"},
		"start no time":             {with(`"window":{"start":"` + canary + `"}`), 422, "invalid_value", "window.start"},
		"start a date":              {with(`"window":{"start":"2025-01-01"}`), 422, "invalid_value", "window.start"},
		"end without offset":        {with(`"window":{"end":"2025-01-01T00:00:00"}`), 422, "invalid_value", "window.end"},
		"end on the 30th February":  {with(`"window":{"end":"2025-02-30T00:00:00Z"}`), 422, "invalid_value", "window.end"},
		"end in the year 1":         {with(`"window":{"end":"0001-01-01T00:00:00Z"}`), 422, "invalid_value", "window.end"},
		"start empty":               {with(`"window":{"start":""}`), 422, "invalid_value", "window.start"},
		"received in the future":    {with(`"received_at":"2025-07-01T00:00:00Z"`), 422, "invalid_value", "received_at"},
		"received no time":          {with(`"received_at":"yesterday"`), 422, "invalid_value", "received_at"},
		"unknown source":            {with(`"sources":["support-bot","` + canary + `"]`), 422, "invalid_value", "sources[1]"},
		"empty source":              {with(`"sources":[""]`), 422, "invalid_value", "sources[0]"},
		"reference of two lines":    {with(`"reference":"a\n` + canary + `"`), 422, "invalid_value", "reference"},
		"reference too long":        {with(`"reference":"` + long + `"`), 422, "invalid_value", "reference"},
		"unknown language":          {with(`"language":"` + canary + `"`), 422, "invalid_value", "language"},
		"empty language":            {with(`"language":""`), 422, "invalid_value", "language"},
		"notes too long":            {with(`"notes":"` + strings.Repeat("n", 16<<10+1) + `"`), 422, "invalid_value", "notes"},
		"unknown field":             {with(`"selector":"` + canary + `"`), 400, "unknown_field", "selector"},
		"state from outside":        {with(`"status":"ready"`), 400, "unknown_field", "status"},
		"due date from outside":     {with(`"due_at":"2030-01-01T00:00:00Z"`), 400, "unknown_field", "due_at"},
		"field in capitals":         {with(`"Reference":"x"`), 400, "unknown_field", "Reference"},
		"unknown field deep inside": {sel(`{"metadata":{"value":"v","mtach":"` + canary + `"}}`), 400, "unknown_field", "selectors[0].metadata.mtach"},
		"personal data for a field": {with(`"` + canary + `":1`), 400, "unknown_field", ""},
		"personal data in a window": {with(`"window":{"` + canary + `":1}`), 400, "unknown_field", "window"},
		"repeated field":            {with(`"reference":"a","reference":"` + canary + `"`), 400, "repeated_field", "reference"},
		"number for text":           {with(`"reference":1042`), 400, "wrong_type", "reference"},
		"object for a list":         {`{"selectors":{"conversation_id":"` + canary + `"}}`, 400, "wrong_type", "selectors"},
		"text for an object":        {sel(`"` + canary + `"`), 400, "wrong_type", "selectors[0]"},
		"number for a time":         {with(`"received_at":1751270400`), 400, "wrong_type", "received_at"},
		"number for a value":        {sel(`{"metadata":{"value":7}}`), 400, "wrong_type", "selectors[0].metadata.value"},
		"two objects":               {apptest.Minimal + apptest.Minimal, 400, "malformed", ""},
		"text after the object":     {apptest.Minimal + canary, 400, "malformed", ""},
		"cut short":                 {`{"selectors":[{"conversation_id":"` + canary, 400, "malformed", ""},
		"not UTF-8":                 {"{\"selectors\":[{\"conversation_id\":\"\xff" + canary + "\"}]}", 400, "malformed", ""},
		"half a surrogate":          {sel(`{"conversation_id":"\ud800"}`), 400, "malformed", ""},
		"comments":                  {`{"selectors":[{"conversation_id":"c"}] /* ` + canary + ` */}`, 400, "malformed", ""},
		"a list":                    {`[` + apptest.Minimal + `]`, 400, "malformed", ""},
		"null":                      {`null`, 400, "malformed", ""},
		"text":                      {`"` + canary + `"`, 400, "malformed", ""},
		"white space":               {` `, 400, "malformed", ""},
		"nothing":                   {``, 400, "malformed", ""},
		"nested too deep":           {`{"selectors":` + strings.Repeat("[", 100000), 400, "", ""},
	} {
		t.Run(name, func(t *testing.T) {
			a := g.Call("POST", "/api/v1/requests", "requester", c.body, "Content-Type", "application/json")
			if c.code == "" {
				a.Want(c.status)
			} else if p := a.Problem(c.status, c.code); p.Field != c.field {
				t.Errorf("got field %q, want %q; %s", p.Field, c.field, p.Detail)
			}
			if events := g.Events(audit.RequestSubmitted); len(events) != 0 {
				t.Error("a request was stored")
			}
			noCanary(t, a, g)
		})
	}
}

// errSecret is an internal error whose text is not for callers.
var errSecret = errors.New("open /var/lib/dsr/dsr.db: no such table requests")

func noCanary(t *testing.T, a apptest.Answer, g *apptest.Rig) {
	t.Helper()
	for _, part := range []string{canary, "canary-3f9e"} {
		if strings.Contains(string(a.Body), part) {
			t.Errorf("the answer repeats a value: %s", a.Body)
		}
		if strings.Contains(g.Log.String(), part) {
			t.Errorf("the log repeats a value:\n%s", g.Log)
		}
	}
}

func TestNoValueOfACallComesBackInAnErrorOrInTheLog(t *testing.T) {
	t.Parallel()
	g := apptest.NewRig(t)
	submission := func(broken string) string {
		return `{"reference":"` + canary + `","selectors":[{"conversation_id":"` + canary + `"},{"metadata":{"key":"` + canary + `","value":"` + canary +
			`"}}],"language":"en","notes":"` + canary + `","sources":["support-bot"]` + broken + `}`
	}
	g.Call("POST", "/api/v1/requests", "requester", submission("")).Want(201)
	id := g.Submit(apptest.Minimal)
	answers := []apptest.Answer{
		g.Call("POST", "/api/v1/requests", "requester", submission("")).Want(409),
		g.Call("POST", "/api/v1/requests", "requester", submission(`,"received_at":"`+canary+`"`)).Want(422),
		g.Call("POST", "/api/v1/requests", "requester", submission(`,"reference":"x"`)).Want(400),
		g.Call("POST", "/api/v1/requests", "requester", submission(`,"x":{"`+canary+`":"`+canary+`"}`)).Want(400),
		g.Call("POST", "/api/v1/requests", "requester", submission(""), "Content-Type", "text/"+canary).Want(415),
		g.Call("POST", "/api/v1/requests", "requester", submission(""), "Idempotency-Key", canary+"\xc3\xbc").Want(422),
		g.Call("POST", "/api/v1/requests", canary, submission("")).Want(401),
		g.Call("GET", "/api/v1/requests/"+canary, "requester", "").Want(404),
		g.Call("GET", "/api/v1/"+canary, "requester", "").Want(404),
		g.Call("GET", "/"+canary, "requester", "").Want(404),
		g.Call("GET", "/api/v1/requests?"+canary+"="+canary, "requester", "").Want(400),
		g.Call("GET", "/api/v1/requests?cursor="+canary, "requester", "").Want(422),
		g.Call("GET", "/api/v1/requests?status="+canary, "requester", "").Want(422),
		g.Call("POST", "/api/v1/requests/"+id+"/cancel", "requester", `{"reason":"`+canary+`"}`).Want(400),
		g.Call("CANARY-3F9E", "/api/v1/requests", "requester", "").Want(405),
	}
	for _, method := range []string{"Submit", "Request", "Requests", "View", "OpenArchive", "Cancel"} {
		g.Intercept.Fail(func(m string) error {
			if m == method {
				return errSecret
			}
			return nil
		})
		answers = append(answers,
			g.Call("POST", "/api/v1/requests", "requester", strings.Replace(submission(""), canary, method, 1)),
			g.Call("GET", "/api/v1/requests?q="+canary, "requester", ""),
			g.Call("GET", "/api/v1/requests/"+id+"/archive?x="+canary, "requester", ""),
			g.Call("POST", "/api/v1/requests/"+id+"/cancel?x="+canary, "requester", ""))
	}
	for _, a := range answers {
		if a.Status >= 400 {
			noCanary(t, a, g)
		}
	}
	if strings.Contains(strings.ToLower(g.Log.String()), "canary") {
		t.Errorf("the log repeats a value:\n%s", g.Log)
	}
}

func TestBadFiltersAreRefused(t *testing.T) {
	t.Parallel()
	g := apptest.NewRig(t)
	for query, want := range map[string]struct {
		status int
		field  string
	}{
		"limit=0":                              {422, "limit"},
		"limit=201":                            {422, "limit"},
		"limit=-1":                             {422, "limit"},
		"limit=ten":                            {422, "limit"},
		"limit=1e2":                            {422, "limit"},
		"limit=" + strings.Repeat("9", 30):     {422, "limit"},
		"status=open":                          {422, "status"},
		"status=READY":                         {422, "status"},
		"due_before=tomorrow":                  {422, "due_before"},
		"due_before=2025-07-01":                {422, "due_before"},
		"due_before=2025-07-01T00:00:00+02:00": {422, "due_before"}, // a bare + is a space in a query
		"cursor=nonsense":                      {422, "cursor"},
		"stauts=ready":                         {400, "stauts"},
		"limit=1&limit=2":                      {400, "limit"},
		"ana@example.com=1":                    {400, ""},
		"q=%zz":                                {400, ""},
		"status=ready;limit=1":                 {400, ""},
	} {
		a := g.Call("GET", "/api/v1/requests?"+query, "requester", "")
		if got, _ := a.Object()["field"].(string); a.Status != want.status || got != want.field {
			t.Errorf("%s: got %d about %q, want %d about %q", query, a.Status, got, want.status, want.field)
		}
	}
}

func TestBodyMustSayThatItIsJSON(t *testing.T) {
	t.Parallel()
	g := apptest.NewRig(t)
	for contentType, status := range map[string]int{"application/json": 201, "application/json; charset=utf-8": 201, "Application/JSON": 201,
		"application/json; charset=UTF-8": 201,
		"":                                415, "text/plain": 415, "application/x-www-form-urlencoded": 415, "application/json-patch+json": 415, "json": 415, "application/json; charset=latin1": 415} {
		if a := g.Call("POST", "/api/v1/requests", "requester", apptest.Minimal, "Content-Type", contentType); a.Status != status {
			t.Errorf("Content-Type %q: got %d, want %d", contentType, a.Status, status)
		}
	}
}

func TestDuplicateReferenceNamesTheOtherRequest(t *testing.T) {
	t.Parallel()
	g := apptest.NewRig(t)
	id := g.Submit(full)
	p := g.Call("POST", "/api/v1/requests", "approver", full).Problem(409, "duplicate_reference")
	if p.ExistingID != id || p.Field != "reference" {
		t.Errorf("got %+v, want existing_id %s", p, id)
	}
}

func TestFieldNamesAreWrittenAsInJavaScript(t *testing.T) {
	t.Parallel()
	for pointer, want := range map[string]string{"": "", "/a": "a", "/selectors/0/metadata/value": "selectors[0].metadata.value",
		"/a/" + strings.Repeat("b", 41): "a", "/a~1b/c": "", "/" + strconv.Itoa(7) + "/x": "[7].x"} {
		if got := api.FieldName(jsontext.Pointer(pointer)); got != want {
			t.Errorf("%s: got %q, want %q", pointer, got, want)
		}
	}
}

// TestRefusalsNameTheLimitAndTheRemedy holds for what people get wrong most.
func TestRefusalsNameTheLimitAndTheRemedy(t *testing.T) {
	t.Parallel()
	g := apptest.NewRig(t)
	long := strings.Repeat("x", 1025)
	for _, c := range []struct{ body, field, says string }{
		{`{"selectors":[{"metadata":{"value":"` + long + `"}}]}`, "selectors[0].metadata.value", "1024 bytes; this limit is fixed, shorten it"},
		{`{"selectors":[{"metadata":{"key":"` + long + `","value":"v"}}]}`, "selectors[0].metadata.key", "1024 bytes; this limit is fixed, shorten it"},
		{`{"selectors":[{"conversation_id":"c"}],"reference":"` + long + `"}`, "reference", "200 characters; this limit is fixed, shorten it"},
		{`{"selectors":[{"conversation_id":"c"}],"notes":"` + strings.Repeat("n", 16<<10+1) + `"}`, "notes", "16384 bytes; this limit is fixed, shorten it"},
		{`{"selectors":[{"conversation_id":"c"}],"window":{"start":"2025-02-01T00:00:00Z","end":"2025-01-01T00:00:00Z"}}`, "window.end", "make it later"},
		{`{"selectors":[{"conversation_id":"c"}],"window":{"start":"2999-01-01T00:00:00Z"}}`, "window.start", "make it earlier"},
		{`{"selectors":[{"conversation_id":"c"}],"received_at":"2999-01-01T00:00:00Z"}`, "received_at", "make it earlier"},
	} {
		p := g.Call("POST", "/api/v1/requests", "requester", c.body).Problem(422, "invalid_value")
		if p.Field != c.field || !strings.Contains(p.Detail, c.says) {
			t.Errorf("got %s: %q, want %s and %q", p.Field, p.Detail, c.field, c.says)
		}
	}
	p := g.Call("GET", "/api/v1/audit", "requester", "").Problem(403, "forbidden")
	if want := `the role "requester" may not read the audit log; this needs one of: auditor, admin`; p.Detail != want {
		t.Errorf("got %q, want %q", p.Detail, want)
	}
}
