package api

import (
	"time"

	"dsr-server/internal/dsr"
)

// requestBody is a request as the API shows it. Every field is always there; what
// is absent is null.
type requestBody struct {
	ID          string         `json:"id"`
	Reference   *string        `json:"reference"`
	Status      dsr.Status     `json:"status"`
	Complete    *bool          `json:"complete"`
	Selectors   []dsr.Selector `json:"selectors"`
	Sources     []string       `json:"sources"`
	Window      windowBody     `json:"window"`
	Mode        dsr.Mode       `json:"mode"`
	ReceivedAt  time.Time      `json:"received_at"`
	DueAt       time.Time      `json:"due_at"`
	DueBecause  string         `json:"due_because"`
	Regime      string         `json:"regime"`
	Language    string         `json:"language"`
	Labels      labelsBody     `json:"labels"`
	Assignee    *string        `json:"assignee"`
	Channel     *dsr.Channel   `json:"channel"`
	Extended    bool           `json:"extended"`
	Pauses      []pauseBody    `json:"pauses"`
	AnsweredAt  *time.Time     `json:"answered_at"`
	Answer      *answerBody    `json:"answer"`
	CreatedAt   time.Time      `json:"created_at"`
	CreatedBy   string         `json:"created_by"`
	UpdatedAt   time.Time      `json:"updated_at"`
	Progress    progressBody   `json:"progress"`
	Result      *resultBody    `json:"result"`
	Warnings    []errorBody    `json:"warnings"`
	Error       *errorBody     `json:"error"`
	Released    *archiveBody   `json:"released"`
	Version     int64          `json:"version"`
	Repackaging bool           `json:"repackaging"`
	// RepackagingFailed: the last attempt to make the archive again was given up.
	RepackagingFailed bool `json:"repackaging_failed"`
	// Withheld is how much its archive leaves out.
	Withheld dsr.WithheldCount `json:"withheld"`
}

// oneBody is a request as the API shows it by itself: with what staff have said about it,
// which lists leave out.
type oneBody struct {
	requestBody

	Answer       *notedAnswer  `json:"answer"` // in place of requestBody.Answer
	Identity     *dsr.Identity `json:"identity"`
	DecisionNote *string       `json:"decision_note"`
	ReopenReason *string       `json:"reopen_reason"`
	CallbackURL  *string       `json:"callback_url"`
}

// labelsBody is never null.
type labelsBody map[string]string

type windowBody struct {
	Start *time.Time `json:"start"`
	End   *time.Time `json:"end"`
}

type pauseBody struct {
	Reason     dsr.PauseReason `json:"reason"`
	AskedOn    dsr.Day         `json:"asked_on"`
	AnsweredOn *dsr.Day        `json:"answered_on"`
}

type answerBody struct {
	Outcome dsr.Outcome `json:"outcome"`
	ToldOn  dsr.Day     `json:"told_on"`
}

type notedAnswer struct {
	answerBody

	Note *string `json:"note"`
}

type progressBody struct {
	Pages         int64        `json:"pages"`
	Records       int64        `json:"records"`
	Conversations int64        `json:"conversations"`
	Messages      int64        `json:"messages"`
	Percent       int          `json:"percent"`
	ETASeconds    *int64       `json:"eta_seconds"` // null while unknown
	Waiting       *waitingBody `json:"waiting"`
}

type waitingBody struct {
	Source string    `json:"source"`
	Until  time.Time `json:"until"`
}

type resultBody struct {
	Conversations int64        `json:"conversations"`
	Messages      int64        `json:"messages"`
	NearMisses    int64        `json:"near_misses"`
	Archive       *archiveBody `json:"archive"`
	// Held is only there for a request that screens.
	Held map[string]heldBody `json:"held,omitempty"`
}

// heldBody is what a source holds.
type heldBody struct {
	Conversations int64 `json:"conversations"`
}

type archiveBody struct {
	Size      int64     `json:"size"`
	SHA256    string    `json:"sha256"`
	ExpiresAt time.Time `json:"expires_at"`
	Downloads int64     `json:"downloads"`
}

type errorBody struct {
	Code   string `json:"code"`
	Detail string `json:"detail"`
}

func bodyOf(r dsr.Request) requestBody {
	return requestBody{
		ID: r.ID, Reference: orNull(r.Reference), Status: r.Status, Complete: r.Complete,
		Selectors: listOrEmpty(r.Selectors), Sources: listOrEmpty(r.Sources),
		Window:     windowBody{Start: orNull(r.Window.Start.UTC()), End: orNull(r.Window.End.UTC())},
		Mode:       r.Mode,
		ReceivedAt: r.ReceivedAt.UTC(), DueAt: r.DueAt.UTC(), DueBecause: r.DueBecause, Regime: r.Regime, Language: r.Language, Labels: labelsOf(r.Labels), Assignee: orNull(r.Assignee), Channel: orNull(r.Channel), Extended: r.ExtendedSoFar > 0, Pauses: pausesOf(r.Pauses), AnsweredAt: orNull(r.AnsweredAt.UTC()), Answer: answerOf(r.Answer),
		CreatedAt: r.CreatedAt.UTC(), CreatedBy: r.CreatedBy, UpdatedAt: r.UpdatedAt.UTC(),
		Progress: progressOf(r.Progress), Result: resultOf(r.Result), Warnings: warningsOf(r.Warnings), Error: errorOf(r.Problem),
		Released: archiveOf(r.Released), Version: r.Version, Repackaging: r.Repackaging, RepackagingFailed: r.RepackagingFailed, Withheld: r.Withheld,
	}
}

func oneOf(r dsr.Request) oneBody {
	b := oneBody{requestBody: bodyOf(r), Identity: r.Identity, DecisionNote: orNull(r.DecisionNote), CallbackURL: orNull(r.CallbackURL), ReopenReason: orNull(r.ReopenReason)}
	if b.requestBody.Answer != nil {
		b.Answer = &notedAnswer{*b.requestBody.Answer, orNull(r.Answer.Note)}
	}
	return b
}

func labelsOf(labels map[string]string) labelsBody {
	if labels == nil {
		return labelsBody{}
	}
	return labels
}

func pausesOf(pauses []dsr.Pause) []pauseBody {
	out := []pauseBody{}
	for _, p := range pauses {
		out = append(out, pauseBody{p.Reason, p.AskedOn, orNull(p.AnsweredOn)})
	}
	return out
}

func answerOf(a *dsr.Answer) *answerBody {
	if a == nil {
		return nil
	}
	return &answerBody{a.Outcome, a.ToldOn}
}

func progressOf(p dsr.Progress) progressBody {
	b := progressBody{Pages: p.Pages, Records: p.Records, Conversations: p.Conversations, Messages: p.Messages, Percent: p.Percent}
	if p.ETASeconds >= 0 {
		b.ETASeconds = &p.ETASeconds
	}
	if p.Waiting != nil {
		b.Waiting = &waitingBody{Source: p.Waiting.Source, Until: p.Waiting.Until.UTC()}
	}
	return b
}

func resultOf(r *dsr.Result) *resultBody {
	if r == nil {
		return nil
	}
	return &resultBody{Conversations: r.Conversations, Messages: r.Messages, NearMisses: r.NearMisses, Archive: archiveOf(r.Archive), Held: heldOf(r.Held)}
}

func heldOf(held map[string]int64) map[string]heldBody {
	if held == nil {
		return nil
	}
	out := map[string]heldBody{}
	for source, n := range held {
		out[source] = heldBody{n}
	}
	return out
}

func archiveOf(a *dsr.ArchiveInfo) *archiveBody {
	if a == nil {
		return nil
	}
	return &archiveBody{Size: a.Size, SHA256: a.SHA256, ExpiresAt: a.ExpiresAt.UTC(), Downloads: a.Downloads}
}

// warningsOf leaves out the values that warnings are about: those are for staff.
func warningsOf(warnings []dsr.Warning) []errorBody {
	out := make([]errorBody, len(warnings))
	for i, w := range warnings {
		out[i] = errorBody{w.Code, w.Detail}
	}
	return out
}

func errorOf(p *dsr.Problem) *errorBody {
	if p == nil {
		return nil
	}
	return &errorBody{Code: p.Code, Detail: p.Detail}
}

// orNull makes the zero value null.
func orNull[T comparable](v T) *T {
	var zero T
	if v == zero {
		return nil
	}
	return &v
}

// listOrEmpty makes an empty list of nil, which JSON would show as null.
func listOrEmpty[T any](v []T) []T {
	if v == nil {
		return []T{}
	}
	return v
}
