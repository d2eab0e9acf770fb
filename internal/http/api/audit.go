package api

import (
	"encoding/base64"
	"fmt"
	"net/http"
	"strconv"
	"time"

	"golang.org/x/mod/sumdb/tlog"

	"dsr-server/internal/audit"
	"dsr-server/internal/dsr"
	edge "dsr-server/internal/http"
)

const (
	plainText = "text/plain"
	textType  = plainText + "; charset=utf-8"
)

// How many events one page of the log holds.
const (
	defaultAuditLimit = 100
	maxAuditLimit     = 1000
)

// auditBody is one page of the log.
type auditBody struct {
	Items     []eventBody `json:"items"`
	Size      int64       `json:"size"`       // of the whole log
	NextAfter *int64      `json:"next_after"` // null on the last page
}

// eventBody is an event, and the leaf that hashes and proofs are about.
type eventBody struct {
	Index   int64             `json:"index"`
	At      time.Time         `json:"at"`
	Kind    audit.Kind        `json:"kind"`
	Actor   string            `json:"actor"`
	Request *string           `json:"request"`
	Data    map[string]string `json:"data"`
	Leaf    string            `json:"leaf"`
}

func (s *API) audit(w http.ResponseWriter, r *http.Request, by dsr.Principal) error {
	var after, limit string
	if err := readQuery(r.URL, map[string]*string{"after": &after, "limit": &limit}); err != nil {
		return err
	}
	from, err := wholeNumber("after", after, -1)
	if err != nil {
		return err
	}
	count, err := wholeNumber("limit", limit, defaultAuditLimit)
	if err != nil || count < 1 || count > maxAuditLimit {
		return dsr.FieldErrorf("limit", "must be a whole number from 1 to %d", maxAuditLimit)
	}
	leaves, size, err := s.svc.AuditEvents(r.Context(), by, from, int(count))
	if err != nil {
		return err
	}
	body, err := auditPage(leaves, size)
	if err != nil {
		return err
	}
	edge.WriteJSON(w, http.StatusOK, edge.JSONType, body)
	return nil
}

func auditPage(leaves [][]byte, size int64) (auditBody, error) {
	body := auditBody{Items: make([]eventBody, len(leaves)), Size: size}
	for i, leaf := range leaves {
		index, e, err := audit.ParseLeaf(leaf)
		if err != nil {
			return body, fmt.Errorf("the audit log is altered: %w", err)
		}
		if e.Data == nil {
			e.Data = map[string]string{}
		}
		body.Items[i] = eventBody{Index: index, At: e.At.UTC(), Kind: e.Kind, Actor: e.Actor, Request: orNull(e.Request), Data: e.Data, Leaf: string(leaf)}
		if index+1 < size {
			body.NextAfter = &index
		} else {
			body.NextAfter = nil
		}
	}
	return body, nil
}

// wholeNumber reads a parameter that is 0 or more; absent it is otherwise.
func wholeNumber(field, text string, otherwise int64) (int64, error) {
	if text == "" {
		return otherwise, nil
	}
	n, err := strconv.ParseInt(text, 10, 64)
	if err != nil || n < 0 {
		return 0, dsr.FieldErrorf(field, "must be a whole number, 0 or more")
	}
	return n, nil
}

// checkpoint answers with the log's size and root, signed: what an auditor keeps
// elsewhere.
func (s *API) checkpoint(w http.ResponseWriter, r *http.Request, _ dsr.Principal) error {
	note, err := s.svc.Checkpoint(r.Context())
	if err != nil {
		return err
	}
	writeText(w, note)
	return nil
}

func writeText(w http.ResponseWriter, text []byte) {
	w.Header().Set("Content-Type", textType)
	_, _ = w.Write(text) //nolint:gosec // plain text, with its own type and nosniff
}

// eventProofBody proves that an event is in the log (RFC 6962, 2.1.1).
type eventProofBody struct {
	Kind  string   `json:"kind"` // event
	Index int64    `json:"index"`
	Size  int64    `json:"size"`
	Root  string   `json:"root"`
	Leaf  string   `json:"leaf"`
	Proof []string `json:"proof"`
}

// growthProofBody proves that the log of size events begins with that of from
// (RFC 6962, 2.1.2).
type growthProofBody struct {
	Kind     string   `json:"kind"` // growth
	From     int64    `json:"from"`
	FromRoot string   `json:"from_root"`
	Size     int64    `json:"size"`
	Root     string   `json:"root"`
	Proof    []string `json:"proof"`
}

// proof proves that an event is in the log (index), or that the log has only grown
// since it had so many events (from).
func (s *API) proof(w http.ResponseWriter, r *http.Request, _ dsr.Principal) error {
	var index, from, size string
	if err := readQuery(r.URL, map[string]*string{"index": &index, "from": &from, "size": &size}); err != nil {
		return err
	}
	whole, err := wholeNumber("size", size, 0)
	if err != nil {
		return err
	}
	switch {
	case size != "" && whole == 0:
		return dsr.FieldErrorf("size", "must be at least 1, or absent for the whole log")
	case (index == "") == (from == ""):
		return dsr.FieldErrorf("index", "give either index, of an event, or from, an earlier size of the log")
	case from != "":
		return s.proveGrowth(w, r, from, whole)
	}
	n, err := wholeNumber("index", index, 0)
	if err != nil {
		return err
	}
	p, err := s.svc.ProveEvent(r.Context(), n, whole)
	if err != nil {
		return err
	}
	edge.WriteJSON(w, http.StatusOK, edge.JSONType, eventProofBody{Kind: "event", Index: p.Index, Size: p.Tree.N, Root: hash64(p.Tree.Hash), Leaf: string(p.Leaf), Proof: hashes64(p.Proof)})
	return nil
}

func (s *API) proveGrowth(w http.ResponseWriter, r *http.Request, from string, size int64) error {
	older, err := wholeNumber("from", from, 0)
	if err != nil {
		return err
	}
	p, err := s.svc.ProveGrowth(r.Context(), older, size)
	if err != nil {
		return err
	}
	edge.WriteJSON(w, http.StatusOK, edge.JSONType, growthProofBody{Kind: "growth", From: p.Older.N, FromRoot: hash64(p.Older.Hash), Size: p.Tree.N,
		Root: hash64(p.Tree.Hash), Proof: hashes64(p.Proof)})
	return nil
}

func hash64(h tlog.Hash) string { return base64.StdEncoding.EncodeToString(h[:]) }

func hashes64(hashes []tlog.Hash) []string {
	out := make([]string, len(hashes))
	for i, h := range hashes {
		out[i] = hash64(h)
	}
	return out
}

// signingKey answers with the line for an allowed_signers file, or with every form
// of the key as JSON to callers that ask for that.
func (s *API) signingKey(w http.ResponseWriter, r *http.Request, _ dsr.Principal) error {
	k := s.svc.SigningKey()
	if edge.Preferred(w, r, plainText, edge.JSONType) == edge.JSONType {
		edge.WriteJSON(w, http.StatusOK, edge.JSONType, k)
		return nil
	}
	writeText(w, []byte(k.AllowedSigner+"\n"))
	return nil
}
