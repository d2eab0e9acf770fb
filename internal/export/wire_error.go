package export

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"net"
	"net/http"
	"syscall"
)

// noHTTP is said of every failure of a connection that is not known by its type. The
// errors of net/http quote what the vendor sent, so their text is never passed on.
const noHTTP = "no answer that is valid HTTP"

// connectionError says in our words why a call brought no answer.
func connectionError(err error) error {
	return &Error{Failure: Transient, Detail: connectionDetail(err)}
}

func connectionDetail(err error) string {
	for _, known := range []func(error) string{stopped, cutOff, nameFault, certificateFault, tlsFault} {
		if detail := known(err); detail != "" {
			return detail
		}
	}
	return noHTTP
}

// bodyDetail says why a body did not come to its end.
func bodyDetail(err error) string {
	if errors.Is(err, errLeftBehind) {
		return "the vendor sent more than the length it gave, so the page may not be whole"
	}
	return "the body was cut or did not arrive in time"
}

func stopped(err error) string {
	timeout, ok := errors.AsType[net.Error](err)
	switch {
	case errors.Is(err, context.Canceled):
		return "the call was stopped before there was an answer"
	case errors.Is(err, context.DeadlineExceeded), ok && timeout.Timeout():
		return "no answer within the time-out"
	}
	return ""
}

func cutOff(err error) string {
	switch {
	case errors.Is(err, errLeftBehind):
		return "the connection was closed, because more was sent on it than answers"
	case errors.Is(err, syscall.ECONNREFUSED):
		return "the connection was refused; check base_url and that the vendor is up"
	case errors.Is(err, syscall.ECONNRESET), errors.Is(err, syscall.EPIPE):
		return "the connection was reset before there was an answer"
	case errors.Is(err, syscall.EHOSTUNREACH), errors.Is(err, syscall.ENETUNREACH):
		return "the vendor's host cannot be reached; check the network and the firewall"
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
		return "the connection was closed before the answer was whole"
	}
	return ""
}

func nameFault(err error) string {
	dns, ok := errors.AsType[*net.DNSError](err)
	switch {
	case !ok:
		return ""
	case dns.IsNotFound:
		return "the vendor's host name is not known; check base_url"
	}
	return "the vendor's host name could not be looked up; check the resolver"
}

func certificateFault(err error) string {
	if _, ok := errors.AsType[x509.UnknownAuthorityError](err); ok {
		return "the vendor's certificate is from an authority that this machine does not trust"
	}
	if _, ok := errors.AsType[x509.HostnameError](err); ok {
		return "the vendor's certificate is for another host name; check base_url"
	}
	if invalid, ok := errors.AsType[x509.CertificateInvalidError](err); ok {
		if invalid.Reason == x509.Expired {
			return "the vendor's certificate is not valid at this time; check it and this machine's clock"
		}
		return "the vendor's certificate is not valid"
	}
	if _, ok := errors.AsType[*tls.CertificateVerificationError](err); ok {
		return "the vendor's certificate cannot be verified"
	}
	return ""
}

func tlsFault(err error) string {
	_, noTLS := errors.AsType[tls.RecordHeaderError](err)
	_, alert := errors.AsType[tls.AlertError](err)
	switch {
	case noTLS, errors.Is(err, http.ErrSchemeMismatch):
		return "the vendor does not speak TLS; check whether base_url should begin with http://"
	case alert:
		return "the vendor refused the TLS handshake"
	}
	return ""
}
