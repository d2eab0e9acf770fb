package auth

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"

	"github.com/coreos/go-oidc/v3/oidc"
	"golang.org/x/oauth2"
	"golang.org/x/time/rate"

	"dsr-server/internal/dsr"
)

// Provider is the identity provider of the staff, by OpenID Connect's code flow with PKCE, and
// of machines that call with its access tokens. An answer counts for the browser that asked,
// once, and nothing in it is believed that the provider has not signed for this service.
// It is asked for its configuration when it is first needed, so that the service starts
// without it.
type Provider struct {
	settings ProviderSettings
	client   *http.Client

	mu    sync.Mutex
	found *oidc.Provider
	keys  oidc.KeySet // cached; asked for again when a token names another key
	away  error       // why it could not be asked last
	asked time.Time   // when that was
}

// ProviderSettings is what the configuration says about it.
type ProviderSettings struct {
	Issuer, ClientID, ClientSecret string
	RedirectURL                    string
	Scopes                         []string // beside openid
	GroupsClaim                    string
	Roles                          map[string]dsr.Role // by group
	Audience                       string              // of machines' access tokens; empty: none are accepted
	Machines                       map[string]dsr.Role // by client id
	Now                            func() time.Time
}

// providerTime is how long the provider may take for one answer, and maxAnswer its size.
const (
	providerTime = 10 * time.Second
	maxAnswer    = 1 << 20
	// Strangers may send tokens that name keys which there are not, and each makes us look for
	// new ones: so often, and then once in keyEvery.
	keyCalls = 10
	keyEvery = 5 * time.Second
	// awayFor is how long it is believed to be away once it was.
	awayFor = 5 * time.Second
)

// algorithms are those with which tokens may be signed: none that takes a secret which both
// sides know, and never "none" (ASVS 9.1.2).
var algorithms = []string{oidc.RS256, oidc.RS384, oidc.RS512, oidc.PS256, oidc.PS384, oidc.PS512, oidc.ES256, oidc.ES384, oidc.ES512, oidc.EdDSA}

// NewProvider returns a provider that nothing has been asked of yet.
func NewProvider(s ProviderSettings) *Provider {
	return &Provider{settings: s, client: newClient(rate.Inf)}
}

// newClient makes no more than so many calls, follows no redirect, and reads no long answer.
func newClient(most rate.Limit) *http.Client {
	refuse := func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	transport := limited{&http.Transport{Proxy: http.ProxyFromEnvironment, TLSHandshakeTimeout: providerTime, ForceAttemptHTTP2: true}, rate.NewLimiter(most, keyCalls)}
	return &http.Client{Timeout: providerTime, Transport: transport, CheckRedirect: refuse}
}

type limited struct {
	next  http.RoundTripper
	calls *rate.Limiter
}

func (l limited) RoundTrip(r *http.Request) (*http.Response, error) {
	if !l.calls.Allow() {
		return nil, errors.New("too many calls")
	}
	resp, err := l.next.RoundTrip(r)
	if err == nil {
		resp.Body = http.MaxBytesReader(nil, resp.Body, maxAnswer)
	}
	return resp, err
}

// Flow is what a browser's session keeps of a sign-in that has begun at the provider.
type Flow struct {
	State, Nonce, Verifier string
	Begun                  time.Time
	Fresh                  bool // they have to show the provider who they are once more
}

// FlowLife is how long a sign-in at the provider may take.
const FlowLife = 10 * time.Minute

// Begin is where the browser goes, and what its session keeps meanwhile.
func (p *Provider) Begin(ctx context.Context, fresh bool) (f Flow, address string, err error) {
	found, err := p.discover(ctx)
	if err != nil {
		return f, "", err
	}
	f = Flow{State: NewToken(), Nonce: NewToken(), Verifier: oauth2.GenerateVerifier(), Begun: p.settings.Now(), Fresh: fresh}
	options := []oauth2.AuthCodeOption{oidc.Nonce(f.Nonce), oauth2.S256ChallengeOption(f.Verifier)}
	if fresh {
		options = append(options, oauth2.SetAuthURLParam("prompt", "login"), oauth2.SetAuthURLParam("max_age", "0"))
	}
	return f, p.oauth(found).AuthCodeURL(f.State, options...), nil
}

func (p *Provider) oauth(found *oidc.Provider) *oauth2.Config {
	return &oauth2.Config{ClientID: p.settings.ClientID, ClientSecret: p.settings.ClientSecret, Endpoint: found.Endpoint(),
		RedirectURL: p.settings.RedirectURL, Scopes: append([]string{oidc.ScopeOpenID}, p.settings.Scopes...)}
}

// discover returns the provider's configuration, which is asked for until it is known.
func (p *Provider) discover(ctx context.Context) (*oidc.Provider, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.found == nil && (p.away == nil || p.settings.Now().Sub(p.asked).Abs() > awayFor) {
		p.away = p.ask(ctx)
		p.asked = p.settings.Now()
	}
	if p.found == nil {
		return nil, p.away
	}
	return p.found, nil
}

func (p *Provider) ask(ctx context.Context) error {
	found, err := oidc.NewProvider(p.with(context.WithoutCancel(ctx)), p.settings.Issuer)
	if err != nil {
		return errProviderAway(err)
	}
	var document struct {
		Keys string `json:"jwks_uri"`
	}
	if err := found.Claims(&document); err != nil {
		return errProviderAway(err)
	}
	p.keys = oidc.NewRemoteKeySet(oidc.ClientContext(context.Background(), newClient(rate.Every(keyEvery))), document.Keys)
	p.found = found
	return nil
}

func (p *Provider) with(ctx context.Context) context.Context {
	return oidc.ClientContext(ctx, p.client)
}

func errProviderAway(cause error) error {
	return fmt.Errorf("%w: %s", dsr.Errorf(dsr.Unavailable, "provider_unavailable", "the identity provider does not answer as it should; try again in a moment"), plainCause(cause))
}

// plainCause leaves addresses out of an error: they may hold a code.
func plainCause(err error) string {
	if e, ok := errors.AsType[*url.Error](err); ok {
		return e.Err.Error()
	}
	return err.Error()
}

// errAnswer is one answer for everything that is wrong with what came back; cause is for the
// log alone.
func errAnswer(cause string) error {
	return fmt.Errorf("%w: %s", dsr.Errorf(dsr.Malformed, "provider_answer", "what came back from the identity provider does not belong to a sign-in that began in this browser, or took too long; sign in again"), cause)
}

// Finish takes the provider's answer to a flow that the browser's session has kept. The flow is
// used up, whatever comes of it. An *dsr.Error of kind Malformed is an answer that does not
// belong to it, Unauthenticated one that says no, Unavailable none.
func (p *Provider) Finish(ctx context.Context, f Flow, answer url.Values) (id dsr.StaffIdentity, err error) {
	if err := p.belongs(f, answer); err != nil {
		return id, err
	}
	if answer.Get("error") != "" {
		return id, dsr.Errorf(dsr.Unauthenticated, "provider_refused", "the identity provider has not signed you in")
	}
	found, err := p.discover(ctx)
	if err != nil {
		return id, err
	}
	token, err := p.oauth(found).Exchange(p.with(ctx), answer.Get("code"), oauth2.VerifierOption(f.Verifier))
	if refusal, refused := errors.AsType[*oauth2.RetrieveError](err); refused {
		return id, errAnswer("the code was refused: " + refusal.ErrorCode)
	}
	if err != nil {
		return id, errProviderAway(err)
	}
	return p.identity(ctx, found, f, token)
}

// belongs says whether the answer is to this flow.
func (p *Provider) belongs(f Flow, answer url.Values) error {
	age := p.settings.Now().Sub(f.Begun)
	switch {
	case f.State == "" || !same(answer.Get("state"), f.State):
		return errAnswer("the state is another one")
	case age < 0 || age > FlowLife:
		return errAnswer("it took too long")
	case answer.Has("iss") && answer.Get("iss") != p.settings.Issuer: // RFC 9207
		return errAnswer("the answer is another issuer's")
	}
	return nil
}

// identity reads who it is from the signed token, and from what its owner may see of themselves.
func (p *Provider) identity(ctx context.Context, found *oidc.Provider, f Flow, token *oauth2.Token) (id dsr.StaffIdentity, err error) {
	raw, _ := token.Extra("id_token").(string)
	idToken, err := p.verifier(p.settings.ClientID).Verify(p.with(ctx), raw)
	if err != nil {
		return id, unverified(err, errAnswer(plainCause(err)))
	}
	if !same(idToken.Nonce, f.Nonce) {
		return id, errAnswer("the nonce is another one")
	}
	claims, err := claimsOf(idToken)
	if err != nil {
		return id, err
	}
	if azp := claims.text("azp"); azp != p.settings.ClientID && (azp != "" || len(idToken.Audience) > 1) {
		return id, errAnswer("it was issued to another client")
	}
	if !claims.has(p.settings.GroupsClaim) && found.UserInfoEndpoint() != "" {
		if err := p.addUserinfo(ctx, found, token, idToken.Subject, claims); err != nil {
			return id, err
		}
	}
	id = dsr.StaffIdentity{Issuer: idToken.Issuer, Subject: idToken.Subject, Login: claims.text("preferred_username"), Name: claims.text("name"),
		Role: p.roleOf(claims.texts(p.settings.GroupsClaim)), AuthenticatedAt: claims.time("auth_time")}
	return id, p.freshEnough(f, id.AuthenticatedAt)
}

// clockLeeway is how far the provider's clock may be behind ours.
const clockLeeway = 30 * time.Second

// freshEnough refuses an answer of a provider that has not asked again although it was to.
func (p *Provider) freshEnough(f Flow, at time.Time) error {
	if f.Fresh && at.Before(f.Begun.Add(-clockLeeway)) {
		return errAnswer("the provider has not asked again who it is (auth_time)")
	}
	return nil
}

// verifier checks issuer, audience, times and signature.
func (p *Provider) verifier(audience string) *oidc.IDTokenVerifier {
	p.mu.Lock()
	defer p.mu.Unlock()
	return oidc.NewVerifier(p.settings.Issuer, p.keys, &oidc.Config{ClientID: audience, SupportedSigningAlgs: algorithms, Now: p.settings.Now})
}

// unverified tells a token that is wrong from keys that could not be had.
func unverified(err, wrong error) error {
	if strings.Contains(err.Error(), "fetching keys") {
		return errProviderAway(err)
	}
	return wrong
}

// addUserinfo adds what the provider tells beside the token, if it is about the same subject.
func (p *Provider) addUserinfo(ctx context.Context, found *oidc.Provider, token *oauth2.Token, subject string, into claims) error {
	info, err := found.UserInfo(p.with(ctx), oauth2.StaticTokenSource(token))
	if err != nil {
		return errProviderAway(err)
	}
	if info.Subject != subject {
		return errAnswer("the user info is about another subject")
	}
	more := claims{}
	if err := info.Claims(&more); err != nil {
		return errAnswer("the user info cannot be read")
	}
	for name, value := range more {
		if !into.has(name) {
			into[name] = value
		}
	}
	return nil
}

// strongest is the order in which roles count for somebody of several groups.
var strongest = []dsr.Role{dsr.Admin, dsr.Approver, dsr.Requester, dsr.Auditor}

func (p *Provider) roleOf(groups []string) dsr.Role {
	has := map[dsr.Role]bool{}
	for _, group := range groups {
		has[p.settings.Roles[group]] = true
	}
	for _, role := range strongest {
		if has[role] {
			return role
		}
	}
	return ""
}

// Host is where the provider is, to be shown.
func (p *Provider) Host() string {
	u, err := url.Parse(p.settings.Issuer)
	if err != nil {
		return ""
	}
	return strings.ToLower(u.Host)
}
