package http

import (
	"bytes"
	"encoding/json"
	"net/http"
)

// JSONType is the media type of the API, problemType that of its errors.
const (
	JSONType    = "application/json"
	problemType = "application/problem+json"
)

// WriteJSON writes v as the answer.
func WriteJSON(w http.ResponseWriter, status int, contentType string, v any) {
	w.Header().Set("Content-Type", contentType)
	w.WriteHeader(status)
	_, _ = w.Write(encodeJSON(v))
}

// encodeJSON leaves < > & as they are: the answer is data with its own type and nosniff.
func encodeJSON(v any) []byte {
	var text bytes.Buffer
	enc := json.NewEncoder(&text)
	enc.SetEscapeHTML(false)
	_ = enc.Encode(v) // our own types always encode
	return text.Bytes()
}
