package api

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"net/http"
	"strconv"

	"dsr-server/internal/dsr"
	edge "dsr-server/internal/http"
)

// answerRequest answers with the request as it is afterwards, or passes the error on.
func answerRequest(w http.ResponseWriter) func(dsr.Request, error) error {
	return func(req dsr.Request, err error) error {
		if err == nil {
			setVersion(w, req)
			edge.WriteJSON(w, http.StatusOK, edge.JSONType, oneOf(req))
		}
		return err
	}
}

// versionTag names what is shown of a request, for If-Match and If-None-Match: its version,
// and behind a dot a digest of what moves without making another version of it, unless
// nothing has moved yet.
func versionTag(r dsr.Request) string {
	moving := struct {
		Progress            progressBody
		Downloads, Released int64
	}{}
	still := moving
	if r.Status.Open() {
		moving.Progress = progressOf(r.Progress)
		still.Progress = progressOf(dsr.Progress{ETASeconds: -1})
	}
	if r.Result != nil && r.Result.Archive != nil {
		moving.Downloads = r.Result.Archive.Downloads
	}
	if r.Released != nil {
		moving.Released = r.Released.Downloads
	}
	tag := strconv.FormatInt(r.Version, 10)
	if text := digestOf(moving); text != digestOf(still) {
		tag += "." + text
	}
	return `"` + tag + `"`
}

func digestOf(v any) string {
	text, _ := json.Marshal(v) // our own types always encode
	sum := sha256.Sum256(text)
	return hex.EncodeToString(sum[:4])
}

// setVersion names the request's version, for If-Match.
func setVersion(w http.ResponseWriter, r dsr.Request) {
	w.Header().Set("ETag", versionTag(r))
	edge.LeaveUncompressed(w)
}
