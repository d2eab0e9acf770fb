package api

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"net/http"
	"time"

	"dsr-server/internal/dsr"
	edge "dsr-server/internal/http"
)

// eventsEvery is how often the stream of a request looks for news.
const eventsEvery = time.Second

// statusEvent is the state of the request.
type statusEvent struct {
	Status   dsr.Status `json:"status"`
	Complete *bool      `json:"complete"`
}

// requestNews is what the stream tells of a request, with an id that follows from it
// alone: a reader who comes back with the id is told only what has changed since.
type requestNews struct {
	id               string
	status, progress string
}

func newsOf(r dsr.Request) requestNews {
	n := requestNews{status: event("status", statusEvent{r.Status, r.Complete}), progress: event("progress", progressOf(r.Progress))}
	sum := sha256.Sum256([]byte(n.status + n.progress))
	n.id = hex.EncodeToString(sum[:8])
	return n
}

// event is one event without its end, so that an id can follow. Our own types always
// encode.
func event(name string, data any) string {
	body, _ := json.Marshal(data)
	return fmt.Sprintf("event: %s\ndata: %s\n", name, body)
}

// events streams status and progress until the request is settled, or the caller may not read
// it any more. The last event
// of a look carries the id; the stream of a request that has been settled before, and
// whose reader knows that, is empty (204, which tells browsers not to come back).
func (s *API) events(w http.ResponseWriter, r *http.Request, by dsr.Principal) error {
	req, err := s.requestOf(r, by)
	if err != nil {
		return err
	}
	known := requestNews{id: r.Header.Get("Last-Event-ID")}
	if !req.Status.Open() && newsOf(req).id == known.id {
		w.WriteHeader(http.StatusNoContent)
		return nil
	}
	done, err := s.edge.AdmitStream(by.ID)
	if err != nil {
		return err
	}
	defer done()
	ctx, end := edge.WhileAllowed(r.Context(), func() bool { return s.still(r, dsr.Read) })
	defer end()
	streamEvents(ctx, edge.StartStream(w, r), known, req, func() (dsr.Request, error) { return s.svc.Request(ctx, by, req.ID) })
	return nil
}

func streamEvents(ctx context.Context, out *edge.EventStream, known requestNews, req dsr.Request, look func() (dsr.Request, error)) {
	ticker := time.NewTicker(eventsEvery)
	defer ticker.Stop()
	for {
		now := newsOf(req)
		if !out.WriteText(now.since(known)) || !req.Status.Open() {
			return
		}
		known = now
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		}
		var err error
		if req, err = look(); err != nil {
			return // the answer has begun; the reader comes back and is told then
		}
	}
}

// since is what has changed: a comment when nothing has, so that a reader who has
// gone is noticed.
func (n requestNews) since(before requestNews) string {
	if n.id == before.id {
		return ": still here\n\n"
	}
	text := ""
	if n.status != before.status {
		text += n.status + "\n"
	}
	if n.progress != before.progress {
		text += n.progress + "\n"
	}
	return text[:len(text)-1] + "id: " + n.id + "\n\n"
}
