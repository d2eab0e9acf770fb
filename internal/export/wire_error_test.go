package export

import (
	"context"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"syscall"
	"testing"
)

// TestConnectionErrorsAreKnownByType: each kind has words of ours, and they hold nothing
// of the error's own text.
func TestConnectionErrorsAreKnownByType(t *testing.T) {
	t.Parallel()
	const told = "ana@example.com"
	for want, err := range map[string]error{
		"no answer within the time-out": context.DeadlineExceeded,
		"the call was stopped":          context.Canceled,
		"host name is not known":        &net.DNSError{Err: told, Name: told, IsNotFound: true},
		"could not be looked up":        &net.DNSError{Err: told, Name: told},
		"connection was refused":        &net.OpError{Op: told, Net: told, Err: syscall.ECONNREFUSED},
		"connection was reset":          &net.OpError{Op: told, Err: syscall.ECONNRESET},
		"cannot be reached":             &net.OpError{Op: told, Err: syscall.EHOSTUNREACH},
		"does not trust":                x509.UnknownAuthorityError{},
		"another host name":             x509.HostnameError{Certificate: &x509.Certificate{}, Host: told},
		"not valid at this time":        x509.CertificateInvalidError{Reason: x509.Expired, Detail: told},
		"certificate is not valid":      x509.CertificateInvalidError{Reason: x509.TooManyIntermediates, Detail: told},
		"closed before the answer":      fmt.Errorf("%s: %w", told, io.ErrUnexpectedEOF),
		"more was sent on it":           fmt.Errorf("%s: %w", told, errLeftBehind),
		"does not speak TLS":            http.ErrSchemeMismatch,
		noHTTP:                          errors.New(told),
	} {
		got := connectionError(&url.Error{Op: "Get", URL: "https://" + told, Err: err}).Error()
		if !strings.Contains(got, want) || strings.Contains(got, told) {
			t.Errorf("%T: got %q, want %q", err, got, want)
		}
	}
}

// TestCertificateIsChecked: watching a connection leaves TLS as strict as it was.
func TestCertificateIsChecked(t *testing.T) {
	t.Parallel()
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, onePage) }))
	server.Config.ErrorLog = log.New(io.Discard, "", 0) // the handshake that fails
	server.StartTLS()
	t.Cleanup(server.Close)
	if _, failure := fetch(t, converseAt(t, server.URL), Query{}); failure == nil || !strings.Contains(failure.Detail, "does not trust") {
		t.Errorf("got %v, want a certificate that is not trusted", failure)
	}
	plain := httptest.NewServer(server.Config.Handler)
	t.Cleanup(plain.Close)
	if _, failure := fetch(t, converseAt(t, strings.Replace(plain.URL, "http", "https", 1)), Query{}); failure == nil || !strings.Contains(failure.Detail, "TLS") {
		t.Errorf("got %v, want that it does not speak TLS", failure)
	}
}

// TestNoHTTPIsToldInOneSentence: whatever net/http quotes of an answer, none of it is told.
func TestNoHTTPIsToldInOneSentence(t *testing.T) {
	t.Parallel()
	for _, raw := range []string{
		"%s\r\n\r\n", "HTTP/1.1 %s\r\n\r\n", "HTTP/1.1 200 OK\r\n%s\r\n\r\n", "HTTP/1.1 200 OK\r\n %s: 1\r\n\r\n",
		"HTTP/1.1 200 OK\r\nContent-Length: %s\r\n\r\n", "HTTP/1.1 200 OK\r\nTransfer-Encoding: %s\r\n\r\n",
	} {
		address, _ := rawVendor(t, func(int) string { return fmt.Sprintf(raw, "Ana Example") })
		if _, failure := fetch(t, converseAt(t, address), Query{}); failure == nil || failure.Failure != Transient || failure.Detail != noHTTP {
			t.Errorf("%q: got %v", raw, failure)
		}
	}
}

// TestRedirectToNoURLIsARefusal: where it leads is not looked at, and so is no error.
func TestRedirectToNoURLIsARefusal(t *testing.T) {
	t.Parallel()
	address, _ := rawVendor(t, func(int) string {
		return "HTTP/1.1 302 Found\r\nLocation: http://[Ana Example\r\nContent-Length: 0\r\n\r\n"
	})
	if _, failure := fetch(t, converseAt(t, address), Query{}); failure == nil || failure.Failure != Refused || failure.Status != 302 {
		t.Errorf("got %v, want it refused", failure)
	}
}

// TestSwitchedProtocolIsNotReadOn: after 101 nothing ends but the connection.
func TestSwitchedProtocolIsNotReadOn(t *testing.T) {
	t.Parallel()
	address, _ := rawVendor(t, func(int) string {
		return "HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\nAna Example"
	})
	if _, failure := fetch(t, converseAt(t, address), Query{}); failure == nil || failure.Failure != Transient || failure.Status != 101 {
		t.Errorf("got %v, want a transient failure", failure)
	}
}
