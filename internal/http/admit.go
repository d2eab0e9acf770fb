package http

import (
	"context"
	"log/slog"
	"net/http"
	"slices"
)

// withCaller finds out where a call comes from.
func (s *Server) withCaller(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		by := &caller{client: clientOf(r, s.opts.Proxies)}
		next.ServeHTTP(w, r.WithContext(context.WithValue(r.Context(), callerKey{}, by)))
	})
}

// needRoom refuses calls on connections for which there was no room.
func (s *Server) needRoom(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if err := connectionOf(r.Context()).room(); err != nil {
			w.Header().Set("Connection", "close")
			s.Problem(w, r, err)
			return
		}
		next.ServeHTTP(w, r)
	})
}

// Admit lets a person or token make one more call, or says which limit is hit. done ends
// the call.
func (s *Server) Admit(who string, kind CallKind) (done func(), err error) {
	if err := s.limits.rates[kind].take(who, s.now()); err != nil {
		return nil, err
	}
	return s.limits.calls.take(who)
}

// AdmitStranger is Admit for whoever is not known; client is where they come from.
func (s *Server) AdmitStranger(client string) error {
	return s.limits.rates[ofStrangers].take(client, s.now())
}

// AdmitStream lets somebody whose call has been admitted open a stream of events.
func (s *Server) AdmitStream(who string) (done func(), err error) { return s.limits.streams.take(who) }

// reportRefusal tells the audit log of a refused call, and returns what its line in the log
// says beside the rest. Of calls that are answered the log does not say from where they came.
func (s *Server) reportRefusal(ctx context.Context, status int) []slog.Attr {
	by := callerOf(ctx)
	if by.refused == "" && !slices.Contains(refusals, status) {
		return nil
	}
	if by.refused != "" && s.opts.Refused != nil {
		s.opts.Refused(context.WithoutCancel(ctx), Refusal{by.refused, by.principal, clientKey(by.client)})
	}
	return []slog.Attr{slog.String("client", by.client.String()), slog.String("code", by.refused)}
}
