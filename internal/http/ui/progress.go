package ui

import (
	"context"
	"fmt"
	"net/http"
	"time"

	"dsr-server/internal/dsr"
	edge "dsr-server/internal/http"
)

// progressView is how far a search has come. The page shows it, and the stream
// sends it while it changes.
type progressView struct {
	Status  dsr.Status `json:"status"`
	Word    string     `json:"word"`
	Tone    string     `json:"tone"`
	Next    string     `json:"next"` // what happens now
	Step    string     `json:"step"`
	Percent int        `json:"percent"`
	Read    string     `json:"read"`
	Found   string     `json:"found"`
	Left    string     `json:"left"`
	Waiting string     `json:"waiting"` // why nothing moves at present; empty when it does
}

func (p *pages) progressView(r dsr.Request) progressView {
	status, n := p.statusOf(r), r.Progress
	v := progressView{
		Status: r.Status, Word: status.Word, Tone: status.Tone, Next: p.nextStep(r, mayView{}), Percent: min(max(n.Percent, 0), 100), Step: "Searching",
		Read:  p.count(n.Records, "record") + " checked",
		Found: p.count(n.Conversations, "conversation") + " and " + p.count(n.Messages, "message") + " found so far",
		Left:  "The time left is not known yet.",
	}
	if n.ETASeconds >= 0 {
		v.Left = "Done in " + p.roughly(n.ETASeconds) + "."
	}
	if n.Packaging {
		v.Step, v.Left = "Searched", "Making the archive takes "+p.roughly(n.ETASeconds)+"."
	}
	if n.Waiting != nil {
		v.Waiting = fmt.Sprintf("%s is not answering. The next try is at %s; nothing is lost.",
			n.Waiting.Source, n.Waiting.Until.In(p.loc).Format("15:04:05 MST"))
	}
	return v
}

// How often the stream looks, and how long one answer lasts at most; browsers
// connect again by themselves.
const (
	progressEvery = time.Second
	progressLife  = 5 * time.Minute
)

// progressOrEnd is progress for whoever is signed in. A stream cannot lead to the
// sign-in, so to others it says that there is none, and the page goes there itself.
func (p *pages) progressOrEnd(w http.ResponseWriter, r *http.Request) error {
	person := personOf(r.Context())
	if person == nil {
		edge.StartStream(w).Send(signedOut, struct{}{})
		return nil
	}
	if err := person.Principal().Require(dsr.Read); err != nil {
		return err
	}
	return p.progress(w, r, person.Principal())
}

// progress streams how far the search has come until it has ended, the reader has
// gone or is no longer signed in.
func (p *pages) progress(w http.ResponseWriter, r *http.Request, by dsr.Principal) error {
	id, err := edge.RequestID(r)
	if err != nil {
		return err
	}
	req, err := p.svc.Request(r.Context(), by, id)
	if err != nil {
		return err
	}
	done, err := p.edge.AdmitStream(by.ID)
	if err != nil {
		return err
	}
	defer done()
	ctx, cancel := context.WithTimeout(r.Context(), progressLife)
	defer cancel()
	out := edge.StartStream(w)
	ticker := time.NewTicker(progressEvery)
	defer ticker.Stop()
	for out.Send("progress", p.progressView(req)) && req.Status.Open() {
		select {
		case <-ctx.Done():
			return nil
		case <-ticker.C:
		}
		if !p.stillSignedIn(r, by) {
			out.Send(signedOut, struct{}{})
			return nil
		}
		if req, err = p.svc.Request(ctx, by, req.ID); err != nil {
			return nil // the answer has begun; the browser asks again and is told then
		}
	}
	return nil
}

// stillSignedIn looks the session up again: signing out ends streams too.
func (p *pages) stillSignedIn(r *http.Request, by dsr.Principal) bool {
	// Not the call's context: it holds the session as it was when the stream began.
	ctx, cancel := context.WithTimeout(context.Background(), edge.StreamStall)
	defer cancel()
	ctx, err := p.sessions.Load(ctx, p.token(r))
	if err != nil {
		return true // cannot be told now; the next look decides
	}
	person, err := p.signedIn(ctx)
	return err != nil || person != nil && person.ID == by.ID
}

// signedOut is the event that tells the page that its sign-in has ended.
const signedOut = "signed-out"
