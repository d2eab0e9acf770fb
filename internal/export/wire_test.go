package export

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
)

// rawVendor answers each request of each connection with the bytes that answer gives for
// the n-th request in all, from 1; it counts the connections.
func rawVendor(t *testing.T, answer func(n int) string) (address string, connections *atomic.Int64) {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = listener.Close() })
	connections = &atomic.Int64{}
	var requests atomic.Int64
	go func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			connections.Add(1)
			go func() {
				defer conn.Close()
				in := bufio.NewReader(conn)
				for {
					if _, err := http.ReadRequest(in); err != nil {
						return
					}
					_, _ = io.WriteString(conn, answer(int(requests.Add(1))))
				}
			}()
		}
	}()
	return "http://" + listener.Addr().String(), connections
}

// withLength is an answer with a length of our choice.
func withLength(length int, body string) string {
	return fmt.Sprintf("HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s", length, body)
}

// withUmlauts is a page whose length is in characters, as some vendors count.
func withUmlauts(n int) string {
	body := `{"data":[{"_id":"a","name":"` + strings.Repeat("ü", n) + `"}],"cursor":null}`
	return withLength(len([]rune(body)), body)
}

// TestBytesBehindAPageMakeItTransient: the page does not count, its connection is not used
// again, and the next page is read over another.
func TestBytesBehindAPageMakeItTransient(t *testing.T) {
	t.Parallel()
	long := `{"data":[{"_id":"` + strings.Repeat("x", 300_000) + `"}],"cursor":null}`
	for name, foul := range map[string]string{
		"one umlaut": withUmlauts(1), "many umlauts": withUmlauts(20_000), "one byte": withLength(len(onePage), onePage+"x"),
		"a long page": withLength(len(long), long+"ana@example.com"), "an answer": withLength(len(onePage), onePage+withLength(2, "{}")),
		"behind chunks":  fmt.Sprintf("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n%x\r\n%s\r\n0\r\n\r\nana@example.com", len(onePage), onePage),
		"closing":        "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 26\r\n\r\n" + onePage + "ana@example.com",
		"behind nothing": "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\nana@example.com",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			address, connections := rawVendor(t, func(n int) string {
				if n == 1 {
					return foul
				}
				return withLength(len(onePage), onePage)
			})
			c := converseAt(t, address)
			_, failure := fetch(t, c, Query{})
			if failure == nil || failure.Failure != Transient || !strings.Contains(failure.Detail, "more than the length") {
				t.Fatalf("got %v, want a transient failure that says why", failure)
			}
			for range 3 {
				if page, failure := fetch(t, c, Query{}); failure != nil || len(page.records) != 1 {
					t.Fatalf("afterwards: %v, %d records", failure, len(page.records))
				}
			}
			if n := connections.Load(); n != 2 {
				t.Errorf("there were %d connections, want the bad one and one for the rest", n)
			}
		})
	}
}

// TestBytesOnAnIdleConnectionEndIt: what comes after a page was read is no part of the next.
func TestBytesOnAnIdleConnectionEndIt(t *testing.T) {
	t.Parallel()
	late, ended := make(chan struct{}), make(chan error, 1)
	var calls atomic.Int64
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		if calls.Add(1) > 1 {
			_, _ = io.WriteString(w, onePage)
			return
		}
		conn, _, err := http.NewResponseController(w).Hijack()
		if err != nil {
			t.Error(err)
			return
		}
		go func() {
			defer conn.Close()
			_, _ = io.WriteString(conn, withLength(len(onePage), onePage))
			<-late
			_, _ = io.WriteString(conn, withLength(2, "{}"))
			_, err := conn.Read(make([]byte, 1))
			ended <- err
		}()
	}))
	t.Cleanup(server.Close)
	c := converseAt(t, server.URL)
	if _, failure := fetch(t, c, Query{}); failure != nil {
		t.Fatal(failure)
	}
	close(late)
	if err := <-ended; err == nil {
		t.Error("the connection was used again")
	}
	if page, failure := fetch(t, c, Query{}); failure != nil || len(page.records) != 1 || calls.Load() != 2 {
		t.Errorf("the next page: %v, %d records, %d calls", failure, len(page.records), calls.Load())
	}
}

// TestSoundVendorKeepsItsConnection: watching costs no connection and no call, whichever
// way a page is sent.
func TestSoundVendorKeepsItsConnection(t *testing.T) {
	t.Parallel()
	var body bytes.Buffer
	body.WriteString(`{"data":[`)
	for i := range 300 {
		fmt.Fprintf(&body, `{"_id":"%d","text":"%s"},`, i, strings.Repeat("y", i%900))
	}
	body.WriteString(`{"_id":"last"}],"cursor":null}`)
	for _, secure := range []bool{false, true} {
		for name, handler := range map[string]http.HandlerFunc{
			"length": func(w http.ResponseWriter, _ *http.Request) {
				w.Header().Set("Content-Length", fmt.Sprint(body.Len()))
				_, _ = w.Write(body.Bytes())
			},
			"chunks": func(w http.ResponseWriter, _ *http.Request) {
				w.Header().Set("Trailer", "X-Sum")
				for rest := body.Bytes(); len(rest) > 0; rest = rest[min(len(rest), 1500):] {
					_, _ = w.Write(rest[:min(len(rest), 1500)])
					_ = http.NewResponseController(w).Flush()
				}
				w.Header().Set("X-Sum", strings.Repeat("1", 300))
			},
			"error": func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusServiceUnavailable) },
		} {
			t.Run(fmt.Sprintf("%s, TLS %v", name, secure), func(t *testing.T) {
				t.Parallel()
				var connections, calls atomic.Int64
				server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { calls.Add(1); handler(w, r) }))
				server.Config.ConnState = func(_ net.Conn, s http.ConnState) {
					if s == http.StateNew {
						connections.Add(1)
					}
				}
				if secure {
					server.StartTLS()
				} else {
					server.Start()
				}
				t.Cleanup(server.Close)
				c := trusting(t, server)
				for range 5 {
					page, failure := fetch(t, c, Query{})
					if name == "error" {
						if failure == nil || failure.Status != http.StatusServiceUnavailable {
							t.Fatal(failure)
						}
					} else if failure != nil || len(page.records) != 301 {
						t.Fatalf("%v, %d records", failure, len(page.records))
					}
				}
				if connections.Load() != 1 || calls.Load() != 5 {
					t.Errorf("5 pages took %d calls on %d connections", calls.Load(), connections.Load())
				}
			})
		}
	}
}

// trusting is a source that trusts the test server's certificate.
func trusting(t *testing.T, server *httptest.Server) *Converse {
	t.Helper()
	c := converseAt(t, server.URL)
	if certificate := server.Certificate(); certificate != nil {
		c.client.Transport.(answersOnly).TLSClientConfig = server.Client().Transport.(*http.Transport).TLSClientConfig.Clone()
	}
	return c
}

// TestHTTP2StillWorks: a vendor that offers it is spoken to in HTTP/2.
func TestHTTP2StillWorks(t *testing.T) {
	t.Parallel()
	var major atomic.Int64
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		major.Store(int64(r.ProtoMajor))
		_, _ = io.WriteString(w, onePage)
	}))
	server.EnableHTTP2 = true
	server.StartTLS()
	t.Cleanup(server.Close)
	if _, failure := fetch(t, trusting(t, server), Query{}); failure != nil || major.Load() != 2 {
		t.Errorf("HTTP/%d: %v", major.Load(), failure)
	}
}

// TestManyReadersShareConnections: answers do not get into each other's way.
func TestManyReadersShareConnections(t *testing.T) {
	t.Parallel()
	address, _ := rawVendor(t, func(n int) string {
		if n%5 == 0 {
			return withUmlauts(n)
		}
		return withLength(len(onePage), onePage)
	})
	c := converseAt(t, address)
	var good, foul atomic.Int64
	var readers sync.WaitGroup
	for range 8 {
		readers.Go(func() {
			for range 25 {
				switch page, failure := fetch(t, c, Query{}); {
				case failure == nil && len(page.records) == 1:
					good.Add(1)
				case failure != nil && failure.Failure == Transient:
					foul.Add(1)
				default:
					t.Errorf("got %v with %d records", failure, len(page.records))
				}
			}
		})
	}
	readers.Wait()
	if good.Load() < 100 || foul.Load() < 40 {
		t.Errorf("%d good, %d foul", good.Load(), foul.Load())
	}
}
