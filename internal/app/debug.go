package app

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/http/pprof"
	"time"

	edge "dsr-server/internal/http"
)

// debugConnections is how many connections debug_listen takes.
const debugConnections = 16

// openDebug listens on debug_listen, if that is set: figures and profiles, for
// whoever can reach the address.
func (p *Program) openDebug(ctx context.Context) error {
	if p.Config.DebugListen == "" {
		return nil
	}
	var lc net.ListenConfig
	listener, err := lc.Listen(ctx, "tcp", p.Config.DebugListen)
	if err != nil {
		return fmt.Errorf("debug_listen: %w", err)
	}
	mux := http.NewServeMux()
	mux.Handle("GET /metrics", p.metrics())
	mux.HandleFunc("GET /debug/pprof/", pprof.Index)
	mux.HandleFunc("GET /debug/pprof/profile", pprof.Profile)
	mux.HandleFunc("GET /debug/pprof/trace", pprof.Trace)
	mux.HandleFunc("GET /debug/pprof/symbol", pprof.Symbol)
	// No limit on the time of an answer: a profile takes as long as it was asked to.
	server := &http.Server{Handler: mux, ReadHeaderTimeout: 10 * time.Second, IdleTimeout: time.Minute}
	edge.NewConnections(debugConnections, nil).Watch(server)
	p.debug = &debugServer{listener, WithholdServer(server, p.env.Log)}
	p.closers = append(p.closers, func() error {
		return errors.Join(p.debug.server.Close(), ignoreClosed(listener.Close()))
	})
	return nil
}

type debugServer struct {
	listener net.Listener
	server   *http.Server
}

// DebugAddr is where debug_listen listens, which knows the port when the system chose it.
func (p *Program) DebugAddr() net.Addr { return p.debug.listener.Addr() }

// serveDebug serves until ctx ends; then what is under way is cut.
func (p *Program) serveDebug(ctx context.Context) error {
	if p.debug == nil {
		return nil
	}
	stop := context.AfterFunc(ctx, func() { _ = p.debug.server.Close() })
	defer stop()
	if err := p.debug.server.Serve(p.debug.listener); !errors.Is(err, http.ErrServerClosed) {
		return fmt.Errorf("serve debug_listen: %w", err)
	}
	return nil
}

func ignoreClosed(err error) error {
	if errors.Is(err, net.ErrClosed) {
		return nil
	}
	return err
}
