package api

import (
	"net/http"
	"time"

	"dsr-server/internal/dsr"
	edge "dsr-server/internal/http"
)

// noteInput is the body of POST …/notes.
type noteInput struct {
	Text string `json:"text"`
}

type noteBody struct {
	ID        string    `json:"id"`
	Text      string    `json:"text"`
	CreatedAt time.Time `json:"created_at"`
	CreatedBy string    `json:"created_by"`
}

type notesBody struct {
	Items []noteBody `json:"items"`
}

func noteOf(n dsr.Note) noteBody { return noteBody{n.ID, n.Text, n.At.UTC(), n.By} }

func (s *API) addNote(w http.ResponseWriter, r *http.Request, by dsr.Principal) error {
	id, err := edge.RequestID(r)
	if err != nil {
		return err
	}
	var in noteInput
	call, err := readCall(w, r, by, &in, false)
	if err != nil {
		return err
	}
	note, err := s.svc.AddNote(r.Context(), call, id, in.Text)
	if err != nil {
		return err
	}
	edge.WriteJSON(w, http.StatusCreated, edge.JSONType, noteOf(note))
	return nil
}

func (s *API) notes(w http.ResponseWriter, r *http.Request, by dsr.Principal) error {
	id, err := edge.RequestID(r)
	if err != nil {
		return err
	}
	notes, err := s.svc.Notes(r.Context(), by, id)
	if err != nil {
		return err
	}
	body := notesBody{Items: make([]noteBody, len(notes))}
	for i, n := range notes {
		body.Items[i] = noteOf(n)
	}
	edge.WriteJSON(w, http.StatusOK, edge.JSONType, body)
	return nil
}
