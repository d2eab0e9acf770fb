// Package http is the edge that the REST API (api) and the pages (ui) are mounted on. It
// keeps true that every answer carries the security headers, that errors show what a
// person may read and nothing more, that every phase of a call has a limit, and that no
// status code is known outside of these three packages.
//
// In reading order: new.go, router.go, access_log.go, admit.go, system.go, download.go, stream.go, headers.go,
// query.go, accept.go, limits.go, problem.go, tags.go, compress.go, json.go, server.go, rate.go, client.go, connections.go, address.go, call.go, trace.go.
package http

import (
	"context"
	"errors"
	"log/slog"
	"net/url"
	"time"

	"github.com/go-chi/chi/v5"
	"github.com/go-chi/chi/v5/middleware"
)

// New makes a server with the health checks. It fails when the base URL cannot be read.
func New(opts Options) (*Server, error) {
	s := &Server{opts: opts, log: opts.Log, now: opts.Now, mux: chi.NewRouter()}
	if s.log == nil {
		s.log = slog.New(slog.DiscardHandler)
	}
	if s.opts.Answered == nil {
		s.opts.Answered = func(context.Context, Answered) {}
	}
	if s.now == nil {
		s.now = time.Now
	}
	var err error
	if s.base, err = parseBaseURL(opts.BaseURL); err != nil {
		return nil, err
	}
	s.limits = newAdmission(opts.Limits)
	compressed, err := compress()
	if err != nil {
		return nil, err
	}
	s.mux.Use(withCallID, s.withTrace, s.withCaller, s.securityHeaders, compressed, s.logCalls, s.recoverPanics, s.needRoom, middleware.GetHead)
	s.mux.NotFound(s.notFound)
	s.mux.MethodNotAllowed(s.methodNotAllowed)
	return s, s.mountSystem()
}

func parseBaseURL(base string) (*url.URL, error) {
	u, err := url.Parse(base)
	if err != nil {
		// The text of a url.Error repeats the URL, which may hold a password.
		return nil, errors.New("base_url is not a URL")
	}
	return u, nil
}
