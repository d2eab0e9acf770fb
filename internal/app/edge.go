package app

import (
	"dsr-server/internal/auth"
	edge "dsr-server/internal/http"
	"dsr-server/internal/http/api"
	"dsr-server/internal/http/ui"
)

// EdgeOptions are what the edge calls. The zero value is the Program itself; a test wraps
// parts of it.
type EdgeOptions struct {
	Backend Backend
	People  ui.People
	Gate    *auth.Gate
}

// Backend is everything that the API and the pages ask for.
type Backend interface {
	api.Service
	ui.Service
}

// Edge makes the handler of all calls: the API, the pages and the health checks.
func (p *Program) Edge(on EdgeOptions) (*edge.Server, error) {
	if on.Backend == nil {
		on.Backend = p.Service()
	}
	if on.People == nil {
		on.People = p.Store
	}
	e, err := edge.New(edge.Options{BaseURL: p.URL(), Ready: p.ready, Log: p.env.Log, Now: p.env.Now})
	if err != nil {
		return nil, err
	}
	err = api.Mount(e, on.Backend, api.Options{
		Sources: p.Config.SourceNames(), Regions: p.Config.SourceRegions(), Metrics: p.publicMetrics(),
		Limits: api.Limits{ReadsPerSecond: p.Config.Limits.ReadsPerSecond, SubmissionsPerSecond: p.Config.Limits.SubmissionsPerSecond},
	})
	if err != nil {
		return nil, err
	}
	err = ui.Mount(e, on.Backend, ui.Options{
		Sources: p.Config.SourceNames(), Regions: p.Config.SourceRegions(), Location: p.Config.Location(),
		People: on.People, Sessions: p.Store.Sessions(), Gate: on.Gate,
	})
	return e, err
}
