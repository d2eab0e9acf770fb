package app

import (
	"context"
	"time"

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

// Devices know the marks of browsers, also of those made before this start.
func (p *Program) Devices() *auth.Devices { return auth.NewDevices(p.Store.DeviceKey()) }

// staffProvider is the identity provider as the pages ask it; nil where nobody of the staff
// signs in there.
func (p *Program) staffProvider() ui.Provider {
	if p.provider == nil || len(p.Config.OIDC.Roles) == 0 {
		return nil
	}
	return p.provider
}

// openProvider makes the identity provider ready to be asked; no call is made.
func (p *Program) openProvider(now func() time.Time) {
	c := p.Config.OIDC
	if !c.On() || p.provider != nil {
		return
	}
	p.provider = auth.NewProvider(auth.ProviderSettings{Issuer: c.Issuer, ClientID: c.ClientID, ClientSecret: c.ClientSecretFile.Reveal(),
		RedirectURL: p.URL() + ui.ProviderReturn, Scopes: c.Scopes, GroupsClaim: c.GroupsClaim, Roles: c.StaffRoles(),
		Audience: c.Audience, Machines: c.MachineRoles(), Now: now})
}

// Edge makes the handler of all calls: the API, the pages and the health checks.
func (p *Program) Edge(on EdgeOptions) (*edge.Server, error) {
	if on.Backend == nil {
		on.Backend = p.Service()
	}
	if on.People == nil {
		on.People = p.Store
	}
	l := p.Config.Limits
	var trace func(context.Context, string, edge.Trace) (context.Context, edge.Trace)
	if p.traces.On() {
		trace = p.trace
	}
	e, err := edge.New(edge.Options{BaseURL: p.URL(), Ready: p.ready, Log: p.env.Log, Now: p.env.Now,
		Proxies: p.Config.TrustedProxies(), Refused: p.refusals.add, Answered: p.answered, Trace: trace, Limits: edge.Limits{
			ReadsPerSecond: l.ReadsPerSecond, SubmissionsPerSecond: l.SubmissionsPerSecond, CallsAtOnce: l.CallsAtOnce, Streams: l.Streams,
		}})
	if err != nil {
		return nil, err
	}
	p.openProvider(e.Now)
	if on.Gate == nil {
		on.Gate = auth.NewGate(p.Store, p.Devices(), e.Now)
	}
	programs := api.Options{Sources: p.Config.SourceNames(), Regions: p.Config.SourceRegions(), Location: p.Config.Location(), Metrics: p.publicMetrics(),
		CheckHookURL: p.checkHookURL, CheckCallback: p.checkCallback}
	if err := api.Mount(e, on.Backend, programs); err != nil {
		return nil, err
	}
	err = ui.Mount(e, on.Backend, ui.Options{
		Sources: p.Config.SourceNames(), Horizons: p.Config.SourceHorizons(), Regions: p.Config.SourceRegions(), Deadlines: p.Config.Deadlines(),
		ReadTable: api.TableReader(e, programs), People: on.People, Sessions: p.Store.Sessions(), Gate: on.Gate,
		SecondFactor: p.Config.SecondFactorRoles(), Settings: p.settings(), CheckHookURL: p.checkHookURL,
		CheckCallback: p.staffCallback(), Provider: p.staffProvider(), NoPassword: !p.Config.SignIn.Password,
	})
	return e, err
}
