package fetch

import (
	"context"
	"net"
	"net/http"
	"strconv"
	"sync"

	"dsr-server/internal/outbound"
)

// transport dials public addresses only. No connection outlives its answer.
func (f *Fetcher) transport() *http.Transport {
	t := outbound.Transport(outbound.Options{Ports: f.ports(), AllowLoopback: f.o.AllowLoopback, Timeout: f.o.Timeout})
	t.DisableKeepAlives = true
	return t
}

func (f *Fetcher) ports() []uint16 {
	ports := []uint16{80, 443}
	for host := range f.hosts {
		if _, port, err := net.SplitHostPort(host); err == nil {
			if n, err := strconv.ParseUint(port, 10, 16); err == nil {
				ports = append(ports, uint16(n))
			}
		}
	}
	return ports
}

// Turns lets one at a time ask a host.
type Turns struct {
	mu    sync.Mutex
	hosts map[string]chan struct{}
}

// NewTurns returns a Turns that nobody waits for.
func NewTurns() *Turns { return &Turns{hosts: map[string]chan struct{}{}} }

func (t *Turns) enter(ctx context.Context, host string) (leave func(), err error) {
	t.mu.Lock()
	turn, known := t.hosts[host]
	if !known { // as many as the configuration lists
		turn = make(chan struct{}, 1)
		t.hosts[host] = turn
	}
	t.mu.Unlock()
	select {
	case turn <- struct{}{}:
		return func() { <-turn }, nil
	case <-ctx.Done():
		return nil, context.Cause(ctx)
	}
}
