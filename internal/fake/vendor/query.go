package vendor

import (
	"fmt"
	"net/http"
	"net/url"
	"path"
	"strconv"
	"time"
)

const (
	maxPerPage = 1000
	// farthest is the last second of year 9999: beyond it a time in microseconds would
	// overflow long before it made sense.
	farthest = 253402300799
)

// query is a call's parameters, checked.
type query struct {
	endpoint     string
	bot          string
	conversation string
	from, to     int64 // µs
	perPage      int
	cursor       string
	binding      string // what the cursor belongs to, but for the key
}

// refusal is an answer other than a page.
type refusal struct {
	status  int
	message string
	html    bool // with an HTML body
}

func refuse(status int, format string, args ...any) *refusal {
	return &refusal{status: status, message: fmt.Sprintf(format, args...)}
}

// endpointOf names the endpoint at a path; empty for no endpoint.
func endpointOf(urlPath string) string {
	switch urlPath {
	case ConversationsPath, MessagesPath:
		return path.Base(urlPath)
	default:
		return ""
	}
}

// parseQuery checks the parameters of a call.
func parseQuery(endpoint string, params url.Values, c Choices) (query, *refusal) {
	q := query{endpoint: endpoint, bot: params.Get("bot_name"), cursor: params.Get("cursor")}
	for name, values := range params {
		if len(values) > 1 {
			return q, refuse(http.StatusBadRequest, "%s is given more than once", name)
		}
	}
	if q.bot == "" {
		return q, refuse(http.StatusBadRequest, "bot_name is required")
	}
	if r := q.parseWindow(params, c.MaxSpan); r != nil {
		return q, r
	}
	if r := q.parsePerPage(params, c); r != nil {
		return q, r
	}
	if endpoint == Messages {
		q.conversation = params.Get("conversation_id")
	}
	rest := url.Values{}
	for name, values := range params {
		if name != "cursor" {
			rest[name] = values
		}
	}
	q.binding = endpoint + "?" + rest.Encode()
	return q, nil
}

func (q *query) parseWindow(params url.Values, maxSpan time.Duration) *refusal {
	var seconds [2]int64
	for i, name := range []string{"start_time", "end_time"} {
		if !params.Has(name) {
			return refuse(http.StatusBadRequest, "%s is required", name)
		}
		n, err := strconv.ParseInt(params.Get(name), 10, 64)
		if err != nil || n > farthest || n < -farthest {
			return refuse(http.StatusBadRequest, "%s must be an integer", name)
		}
		seconds[i] = n
	}
	if seconds[0] > seconds[1] {
		return refuse(http.StatusBadRequest, "start_time must not be after end_time")
	}
	q.from, q.to = seconds[0]*1e6, seconds[1]*1e6
	if maxSpan > 0 && q.to-q.from > maxSpan.Microseconds() {
		return refuse(http.StatusBadRequest, "the export window is limited to %d seconds", int64(maxSpan.Seconds()))
	}
	return nil
}

func (q *query) parsePerPage(params url.Values, c Choices) *refusal {
	q.perPage = c.DefaultPerPage
	if params.Has("per_page") {
		n, err := strconv.Atoi(params.Get("per_page"))
		if err != nil || n < 1 {
			return refuse(http.StatusBadRequest, "per_page must be an integer from 1 to %d", maxPerPage)
		}
		if n > maxPerPage && c.OverPerPage == Refuse {
			return refuse(http.StatusBadRequest, "per_page must not be above %d", maxPerPage)
		}
		q.perPage = n
	}
	q.perPage = min(q.perPage, maxPerPage, c.MaxPerPage)
	return nil
}
