package ui

import (
	"context"
	"errors"
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
	Percent int        `json:"percent"`
	Read    string     `json:"read"`
	Found   string     `json:"found"`
	Left    string     `json:"left"`
	Spoken  string     `json:"spoken"` // for whoever cannot see it
	// Parts are the sources and, last, the making of the archive.
	Parts []partView `json:"parts"`
}

// partView is how far one part of the work has come.
type partView struct {
	Name string `json:"name"`
	Word string `json:"word"`
	Tone string `json:"tone"`
	More string `json:"more"`
}

func (p *pages) progressView(view dsr.View) progressView {
	r := view.Request
	status, n := p.statusOf(r), r.Progress
	v := progressView{
		Status: r.Status, Word: status.Word, Tone: status.Tone, Next: p.nextStep(r, mayView{}), Percent: min(max(n.Percent, 0), 100),
		Read:  p.say("%s checked", p.count(n.Records, "record")),
		Found: p.say("%s and %s found so far", p.count(n.Conversations, "conversation"), p.count(n.Messages, "message")),
		Left:  p.say("The time left is not known yet."),
	}
	switch {
	case n.Packaging && n.ETASeconds >= 0:
		v.Left = p.say("Making the archive takes %s.", p.roughly(n.ETASeconds))
	case n.ETASeconds >= 0:
		v.Left = p.say("Done in %s.", p.roughly(n.ETASeconds))
	}
	v.Spoken = p.say("%s %% searched. %s", p.number(int64(v.Percent)), v.Left)
	for _, name := range r.Sources {
		v.Parts = append(v.Parts, p.sourcePart(view, name))
	}
	if !r.Screens() {
		v.Parts = append(v.Parts, p.archivePart(r))
	}
	return v
}

// sourcePart is how far the search of one source has come.
func (p *pages) sourcePart(view dsr.View, name string) partView {
	sp := view.SourceProgress(name)
	covered, _ := view.CoverageOf(name)
	v := partView{Name: name, Word: p.say("waiting"), Tone: "quiet"}
	switch waiting := view.Request.Progress.Waiting; {
	case len(covered.Reasons) > 0:
		v.Word, v.Tone = p.say("incomplete"), "bad"
	case covered.Complete || sp.Ended:
		v.Word, v.Tone = p.say("done"), "good"
	case waiting != nil && waiting.Source == name:
		v.Word, v.Tone = p.say("not answering"), "attention"
		v.More = p.say("Next try at %s; nothing is lost.", waiting.Until.In(p.loc).Format("15:04:05 MST"))
	case view.Request.Status == dsr.Running && sp.Whole > 0 && sp.Done >= sp.Whole:
		v.Word, v.Tone = p.say("collecting the messages"), "busy"
	case view.Request.Status == dsr.Running && (sp.Records > 0 || sp.Whole > 0):
		v.Word, v.Tone = p.say("searching"), "busy"
	}
	if v.More == "" && sp.Records > 0 {
		v.More = p.count(sp.Records, "record")
	}
	return v
}

// archivePart is the last step, which has a time of its own.
func (p *pages) archivePart(r dsr.Request) partView {
	v := partView{Name: p.say("Making the archive"), Word: p.say("waiting"), Tone: "quiet"}
	if r.Progress.Packaging {
		v.Word, v.Tone = p.say("in progress"), "busy"
		if r.Progress.ETASeconds >= 0 {
			v.More = p.roughly(r.Progress.ETASeconds)
		}
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
	if person == nil || p.mustSetUp(person) {
		edge.StartStream(w, r).Send(signedOut, struct{}{})
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
	v, err := p.svc.View(r.Context(), by, id)
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
	ctx, end := edge.WhileAllowed(ctx, func() bool { return p.stillSignedIn(r, by) })
	defer end()
	out := edge.StartStream(w, r)
	ticker := time.NewTicker(progressEvery)
	defer ticker.Stop()
	for out.Send("progress", p.progressView(v)) && v.Request.Status.Open() {
		select {
		case <-ctx.Done():
			if errors.Is(context.Cause(ctx), edge.ErrNotAllowed) {
				out.Send(signedOut, struct{}{})
			}
			return nil
		case <-ticker.C:
		}
		if v, err = p.svc.View(ctx, by, id); err != nil {
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
