package export

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"dsr-server/internal/dsr"
)

// BenchmarkWatchedConnection is what watching a connection costs a page of 1 MB, beside
// net/http as it is.
func BenchmarkWatchedConnection(b *testing.B) {
	body := []byte(`{"data":[{"_id":"` + strings.Repeat("x", 1<<20) + `"}],"cursor":null}`)
	for _, chunk := range []int{0, 1 << 10, 4 << 10, 16 << 10} {
		server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			if chunk == 0 {
				w.Header().Set("Content-Length", fmt.Sprint(len(body)))
				_, _ = w.Write(body)
				return
			}
			for rest := body; len(rest) > 0; rest = rest[min(len(rest), chunk):] {
				_, _ = w.Write(rest[:min(len(rest), chunk)])
				_ = http.NewResponseController(w).Flush()
			}
		}))
		b.Cleanup(server.Close)
		plain := http.DefaultTransport.(*http.Transport).Clone()
		for name, transport := range map[string]http.RoundTripper{"watched": vendorTransport(server.URL), "plain": plain} {
			b.Run(fmt.Sprintf("%s, chunks of %d", name, chunk), func(b *testing.B) {
				c := NewConverse(ConverseConfig{BaseURL: server.URL, BotName: "b", APIKey: "k", Timeout: time.Minute})
				defer c.Close()
				c.client.Transport = transport
				for b.Loop() {
					if _, err := c.fetch(b.Context(), query{endpoint: dsr.Conversations, perPage: 1}); err != nil {
						b.Fatal(err)
					}
				}
			})
		}
	}
}
