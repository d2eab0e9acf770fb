package http_test

import (
	"bufio"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"dsr-server/internal/app/apptest"
	edge "dsr-server/internal/http"
)

func TestBodyOverOneMiBIsRefused(t *testing.T) {
	t.Parallel()
	g := apptest.NewRig(t)
	head, tail := `{"selectors":[{"conversation_id":"c"}],"notes":"`, `"}`
	exactly := head + strings.Repeat(" ", 16<<10) + tail
	exactly += strings.Repeat(" ", edge.MaxBody-len(exactly)) // white space after the object
	g.Call("POST", "/api/v1/requests", "requester", exactly).Want(201)
	p := g.Call("POST", "/api/v1/requests", "requester", exactly+" ").Problem(http.StatusRequestEntityTooLarge, "body_too_large")
	if !strings.Contains(p.Detail, "1048576") {
		t.Errorf("the detail does not name the limit: %q", p.Detail)
	}
	id := g.Submit(apptest.Minimal)
	g.Call("POST", "/api/v1/requests/"+id+"/cancel", "requester", strings.Repeat(" ", edge.MaxBody+1)).Problem(413, "body_too_large")
}

func TestEveryPhaseOfACallHasALimit(t *testing.T) {
	t.Parallel()
	s := edge.NewHTTPServer("127.0.0.1:0", http.NotFoundHandler())
	for name, d := range map[string]time.Duration{"header": s.ReadHeaderTimeout, "read": s.ReadTimeout, "write": s.WriteTimeout, "idle": s.IdleTimeout} {
		if d <= 0 || d > 5*time.Minute {
			t.Errorf("%s timeout is %v", name, d)
		}
	}
	if s.MaxHeaderBytes <= 0 || s.Addr != "127.0.0.1:0" || s.Handler == nil {
		t.Errorf("got %+v", s)
	}
}

// TestAmbiguousMessagesAreRefused: where a proxy and we could disagree on where a message
// ends, none is taken for two.
func TestAmbiguousMessagesAreRefused(t *testing.T) {
	t.Parallel()
	asked := make(chan string, 10)
	srv := httptest.NewUnstartedServer(nil)
	srv.Config = edge.NewHTTPServer("", http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		asked <- r.URL.Path + " " + string(body)
	}))
	srv.Start()
	defer srv.Close()
	const smuggled = "GET /smuggled HTTP/1.1\r\nHost: x\r\n\r\n"
	for name, c := range map[string]struct {
		head, body string
		status     int
	}{
		"two lengths":                {"Content-Length: 4\r\nContent-Length: 44\r\n", "body" + smuggled, http.StatusBadRequest},
		"a length that is none":      {"Content-Length: +4\r\n", "body" + smuggled, http.StatusBadRequest},
		"an unknown coding":          {"Transfer-Encoding: xchunked\r\nContent-Length: 4\r\n", "body" + smuggled, http.StatusNotImplemented},
		"two codings":                {"Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n", "0\r\n\r\n" + smuggled, http.StatusNotImplemented},
		"a space before the colon":   {"Content-Length : 4\r\n", "body" + smuggled, http.StatusBadRequest},
		"chunks beside a length":     {"Transfer-Encoding: chunked\r\nContent-Length: 4\r\nConnection: close\r\n", "4\r\nbody\r\n0\r\n\r\n" + smuggled, http.StatusOK},
		"a size of a chunk too long": {"Transfer-Encoding: chunked\r\nConnection: close\r\n", "00000000000000004\r\nbody\r\n0\r\n\r\n" + smuggled, http.StatusOK},
	} {
		conn, err := net.Dial("tcp", srv.Listener.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		_, err = io.WriteString(conn, "POST /asked HTTP/1.1\r\nHost: x\r\n"+c.head+"\r\n"+c.body)
		if err != nil {
			t.Fatal(err)
		}
		resp, err := http.ReadResponse(bufio.NewReader(conn), nil)
		if err != nil || resp.StatusCode != c.status {
			t.Errorf("%s: got %v, %v, want %d", name, resp, err, c.status)
		}
		if err == nil {
			_ = resp.Body.Close()
		}
		_ = conn.Close()
	}
	srv.Close()
	close(asked)
	for got := range asked {
		if strings.HasPrefix(got, "/smuggled") {
			t.Error("what stood in a body was taken for a call")
		}
	}
}
