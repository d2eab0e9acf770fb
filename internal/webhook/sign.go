package webhook

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"strings"
	"time"

	"dsr-server/internal/dsr"
)

// The headers of a message.
const (
	headerID        = "webhook-id"
	headerTimestamp = "webhook-timestamp"
	headerSignature = "webhook-signature"
)

// signatures are those of all secrets, separated by blanks: whoever knows one of them can
// verify the message.
func signatures(secrets []string, id string, at time.Time, body string) (string, error) {
	signed := make([]string, len(secrets))
	for i, secret := range secrets {
		key, err := dsr.HookKey(secret)
		if err != nil {
			return "", err
		}
		h := hmac.New(sha256.New, key)
		_, _ = fmt.Fprintf(h, "%s.%d.%s", id, at.Unix(), body)
		signed[i] = "v1," + base64.StdEncoding.EncodeToString(h.Sum(nil))
	}
	return strings.Join(signed, " "), nil
}
