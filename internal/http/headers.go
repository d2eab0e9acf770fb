package http

import (
	"encoding/base64"
	"encoding/hex"
	"mime"
	"net/http"
)

// contentSecurityPolicy lets a page load its own assets and post to its own host,
// and nothing else.
const contentSecurityPolicy = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; " +
	"connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'; object-src 'none'"

// securityHeaders is the one place that sets them, on every answer there is: API,
// pages, downloads and errors. Answers are not to be stored unless a handler of
// public assets says otherwise.
func (s *Server) securityHeaders(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("Content-Security-Policy", contentSecurityPolicy)
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("X-Frame-Options", "DENY")
		h.Set("Referrer-Policy", "no-referrer")
		h.Set("Cross-Origin-Opener-Policy", "same-origin")
		h.Set("Cross-Origin-Resource-Policy", "same-origin")
		h.Set("Permissions-Policy", "camera=(), geolocation=(), microphone=()")
		h.Set("Cache-Control", "no-store")
		if s.HTTPS() {
			h.Set("Strict-Transport-Security", "max-age=31536000; includeSubDomains")
		}
		next.ServeHTTP(w, r)
	})
}

// setDownload describes a ZIP with the given SHA-256 as an attachment: its digest
// goes with whole answers, parts and HEAD alike, and always means the whole.
func setDownload(h http.Header, name string, sum [32]byte) {
	h.Set("Content-Type", "application/zip")
	h.Set("Content-Disposition", mime.FormatMediaType("attachment", map[string]string{"filename": name}))
	h.Set("ETag", `"`+hex.EncodeToString(sum[:])+`"`)
	h.Set("Repr-Digest", "sha-256=:"+base64.StdEncoding.EncodeToString(sum[:])+":")
}

// unsetDownload takes back what setDownload and http.ServeContent did, for a problem
// in place of the archive.
func unsetDownload(h http.Header) {
	for _, name := range []string{"Content-Disposition", "ETag", "Repr-Digest", "Content-Length"} {
		h.Del(name)
	}
	h.Set("Cache-Control", "no-store") // http.ServeContent drops it
}
