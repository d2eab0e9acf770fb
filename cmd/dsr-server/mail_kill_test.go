package main

import (
	"fmt"
	"io"
	"math/rand/v2"
	"mime/quotedprintable"
	"net/http"
	"net/mail"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"dsr-server/internal/dsr"
	"dsr-server/internal/mail/mailtest"
	"dsr-server/internal/store"
)

// colleagues are those to whom requests are assigned in turn.
var colleagues = []string{"ana", "bo"}

// TestNoMailIsLostByKills: the process is killed again and again while requests are assigned
// as fast as it goes. Of every assignment that was committed the mail server has a message, and
// of none that was not.
func TestNoMailIsLostByKills(t *testing.T) {
	t.Parallel()
	kills := 3
	if os.Getenv("DSR_SOAK") != "" {
		kills = 60
	}
	server := mailtest.New(t, mailtest.Options{})
	h := prepareDump(t, nil, fmt.Sprintf("}\nlimits: {reads_per_second: 1000000, submissions_per_second: 1000000}\n"+
		"mail: {host: 127.0.0.1, port: %d, from: dsr@example.com, ca_file: ./ca.pem", server.Port))
	h.write("ca.pem", string(server.PEM))
	p := h.spawn()
	h.withMailboxes()
	var ids []string
	for range 4 {
		ids = append(ids, h.submit(ofAna.body()))
	}
	random := rand.New(rand.NewPCG(16, 5))
	for range kills {
		h.assignUntilKilled(p, ids, random)
		p = h.spawn()
	}
	h.wantMailed(server, ids)
	p.terminate(func() {})
}

// withMailboxes makes the colleagues, who want mail, beside the running program.
func (h *harness) withMailboxes() {
	h.t.Helper()
	ctx := h.t.Context()
	s, err := store.Open(ctx, store.Options{Dir: filepath.Join(h.dir, "data")})
	if err != nil {
		h.t.Fatal(err)
	}
	defer func() { _ = s.Close() }()
	for _, login := range colleagues {
		person, _ := dsr.NewPerson(login, "", dsr.Requester)
		person.PasswordHash = "$argon2id$none" // nobody signs in
		if _, err = s.CreatePerson(ctx, operator, person); err == nil {
			err = s.SetMailbox(ctx, person.Principal(), dsr.Mailbox{Address: login + "@example.com", Mode: dsr.MailEach, Language: "en"})
		}
		if err != nil {
			h.t.Fatal(err)
		}
	}
}

// assignUntilKilled assigns the requests to one colleague after the other until the process is
// killed after some of that. It begins with who does not have a request, so that each is a change.
func (h *harness) assignUntilKilled(p *process, ids []string, random *rand.Rand) {
	h.t.Helper()
	url := h.url
	var rows sync.WaitGroup
	var done atomic.Int64
	for _, id := range ids {
		turn := h.number(`SELECT assignee IS ? FROM requests WHERE id = ?`, colleagues[0], id)
		rows.Go(func() {
			for ; ; turn++ {
				login := colleagues[turn%len(colleagues)]
				if _, err := send(h.t, http.MethodPatch, url+"/api/v1/requests/"+id, `{"assignee":"`+login+`"}`); err != nil {
					return
				}
				done.Add(1)
			}
		})
	}
	enough := int64(1 + random.IntN(20))
	h.await("some assignments", func() bool { return done.Load() >= enough })
	pause(h.t, time.Duration(random.IntN(20))*time.Millisecond)
	p.kill()
	rows.Wait()
}

// wantMailed holds what the mail server has taken against the audit log.
func (h *harness) wantMailed(server *mailtest.Server, ids []string) {
	h.t.Helper()
	h.await("nothing waits to be sent", func() bool { return h.number(`SELECT count(*) FROM notices WHERE state = 'waiting'`) == 0 })
	arrived, total := map[string]map[string]bool{}, 0
	for _, m := range server.Messages() {
		parsed, err := mail.ReadMessage(strings.NewReader(m.Text))
		if err != nil {
			h.t.Fatal(err)
		}
		body, err := io.ReadAll(quotedprintable.NewReader(parsed.Body))
		if err != nil {
			h.t.Fatal(err)
		}
		for _, id := range ids {
			if strings.Contains(string(body), id) {
				arrived[id] = with(arrived[id], parsed.Header.Get("Message-ID"))
			}
		}
	}
	for _, id := range ids {
		committed := h.events("request.amended", id)
		if got := len(arrived[id]); got != committed {
			h.t.Errorf("%d assignments have a message, %d are committed", got, committed)
		}
		total += committed
	}
	h.t.Logf("%d assignments committed and told, %d messages", total, len(server.Messages()))
}

func with(set map[string]bool, member string) map[string]bool {
	if set == nil {
		set = map[string]bool{}
	}
	set[member] = true
	return set
}
