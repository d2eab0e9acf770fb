package api

import (
	"net/http"
	"net/url"
	"time"

	"github.com/go-chi/chi/v5"

	"dsr-server/internal/dsr"
	edge "dsr-server/internal/http"
)

// How many conversations and messages one page holds.
const (
	defaultFoundLimit   = 50
	maxFoundLimit       = 200
	defaultMessageLimit = 200
	maxMessageLimit     = 500 // as many as a page of the archive
)

type foundBody struct {
	Source     string     `json:"source"`
	ID         string     `json:"id"`
	Start      *time.Time `json:"start"`
	LastAction *time.Time `json:"last_action"`
	Messages   int64      `json:"messages"`
	Why        []dsr.Why  `json:"why"`
	Opened     bool       `json:"opened"`
	// Withheld is all of it, or passages of its own record.
	Withheld []withheldHereBody `json:"withheld"`
}

type foundListBody struct {
	Items      []foundBody `json:"items"`
	NextCursor *string     `json:"next_cursor"`
}

type transcriptBody struct {
	Conversation foundBody    `json:"conversation"`
	Details      []dsr.TextAt `json:"details"`
	Messages     []saidBody   `json:"messages"`
	NextCursor   *string      `json:"next_cursor"`
}

type saidBody struct {
	ID        string       `json:"id"`
	Time      *time.Time   `json:"time"`
	Sender    string       `json:"sender"`
	Kind      string       `json:"kind"`
	LiveAgent bool         `json:"live_agent"`
	Action    string       `json:"action"`
	Texts     []string     `json:"texts"`
	Options   []string     `json:"options"`
	Form      []dsr.TextAt `json:"form"`
	Files     []fileBody   `json:"files"`
	Further   []dsr.TextAt `json:"further"`
	// Withheld is all of the message, or passages of it.
	Withheld []withheldHereBody `json:"withheld"`
}

// fileBody is a file that a message refers to; its type and size are null until it is fetched.
type fileBody struct {
	Address string              `json:"address"`
	State   dsr.AttachmentState `json:"state"`
	Reason  *string             `json:"reason"`
	Type    *string             `json:"type"`
	Size    *int64              `json:"size"`
}

// conversations answers with a page of what was found.
func (s *API) conversations(w http.ResponseWriter, r *http.Request, by dsr.Principal) error {
	id, err := edge.RequestID(r)
	if err != nil {
		return err
	}
	p, err := readPage(r.URL, defaultFoundLimit, maxFoundLimit)
	if err != nil {
		return err
	}
	page, err := s.svc.ReadConversations(r.Context(), by, id, p)
	if err != nil {
		return err
	}
	body := foundListBody{Items: make([]foundBody, len(page.Items)), NextCursor: orNull(page.NextCursor)}
	for i, f := range page.Items {
		body.Items[i] = foundOf(f)
	}
	edge.WriteJSON(w, http.StatusOK, edge.JSONType, body)
	return nil
}

// transcript answers with a page of one conversation.
func (s *API) transcript(w http.ResponseWriter, r *http.Request, by dsr.Principal) error {
	id, err := edge.RequestID(r)
	if err != nil {
		return err
	}
	p, err := readPage(r.URL, defaultMessageLimit, maxMessageLimit)
	if err != nil {
		return err
	}
	source, conversation, err := conversationOf(r)
	if err != nil {
		return err
	}
	t, err := s.svc.Transcript(r.Context(), by, id, source, conversation, p)
	if err != nil {
		return err
	}
	edge.WriteJSON(w, http.StatusOK, edge.JSONType, transcriptOf(t))
	return nil
}

// conversationOf reads which conversation the path names. A vendor's id may hold a slash,
// which stands there escaped; the router splits such paths before they are unescaped.
func conversationOf(r *http.Request) (source, conversation string, err error) {
	source, conversation = chi.URLParam(r, "source"), chi.URLParam(r, "conversation")
	if r.URL.RawPath == "" {
		return source, conversation, nil
	}
	for _, part := range []*string{&source, &conversation} {
		if *part, err = url.PathUnescape(*part); err != nil {
			return "", "", dsr.UnknownConversation("conversation")
		}
	}
	return source, conversation, nil
}

// readPage reads which page of a list is wanted.
func readPage(u *url.URL, usual, most int) (p dsr.PageOf, err error) {
	var limit string
	if err := readQuery(u, map[string]*string{"limit": &limit, "cursor": &p.Cursor}); err != nil {
		return p, err
	}
	p.Limit, err = limitOf(limit, usual, most)
	return p, err
}

func foundOf(f dsr.Found) foundBody {
	return foundBody{f.Source, f.ID, orNull(f.Start.UTC()), orNull(f.LastAction.UTC()), f.Messages, listOrEmpty(f.Why), f.Opened, withheldHere(f.Withheld)}
}

func transcriptOf(t dsr.Transcript) transcriptBody {
	body := transcriptBody{Conversation: foundOf(t.Found), Details: listOrEmpty(t.Details), Messages: make([]saidBody, len(t.Said)), NextCursor: orNull(t.NextCursor)}
	for i, s := range t.Said {
		body.Messages[i] = saidBody{ID: s.ID, Time: orNull(s.Time.UTC()), Sender: s.Sender, Kind: s.Kind, LiveAgent: s.LiveAgent, Action: s.Action,
			Texts: listOrEmpty(s.Texts), Options: listOrEmpty(s.Options), Form: listOrEmpty(s.Form), Files: filesOf(s.Files), Further: listOrEmpty(s.Further), Withheld: withheldHere(s.Withheld)}
	}
	return body
}

func filesOf(files []dsr.SaidFile) []fileBody {
	out := make([]fileBody, len(files))
	for i, f := range files {
		out[i] = fileBody{f.Address, f.State, orNull(f.Reason), orNull(f.Type), orNull(f.Size)}
	}
	return out
}
