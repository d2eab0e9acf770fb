package http_test

import (
	"net/http"
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
