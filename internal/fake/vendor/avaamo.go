package vendor

import (
	"fmt"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
)

// Avaamo is the platform of that name: an [http.Handler] for one agent. All methods may
// be called at any time from any goroutine.
type Avaamo struct {
	core
	options AvaamoOptions

	data *AvaamoData // guarded by core.mu
	user tokens
	own  tokens // of the agent
}

// tokens are the valid ones of a kind.
type tokens struct {
	mu      sync.Mutex
	valid   []string
	left    int // calls until all are revoked
	counted bool
}

// NewAvaamo makes a server that holds data. It changes neither data nor o.
func NewAvaamo(data *AvaamoData, o AvaamoOptions) *Avaamo {
	o = o.withDefaults()
	if data == nil {
		data = &AvaamoData{}
	}
	return &Avaamo{
		core: newCore(o.limits()), options: o, data: data,
		user: tokens{valid: slices.Clone(o.UserTokens)}, own: tokens{valid: slices.Clone(o.AgentTokens)},
	}
}

// AddToken makes a token valid: a user's, or the agent's.
func (s *Avaamo) AddToken(token string, agent bool) {
	t := s.tokens(agent)
	t.mu.Lock()
	defer t.mu.Unlock()
	t.valid = append(t.valid, token)
}

// RevokeTokensAfter answers n more calls with a token of the kind, and then revokes all
// of that kind.
func (s *Avaamo) RevokeTokensAfter(n int, agent bool) {
	t := s.tokens(agent)
	t.mu.Lock()
	defer t.mu.Unlock()
	t.left, t.counted = n, true
}

func (s *Avaamo) tokens(agent bool) *tokens {
	if agent {
		return &s.own
	}
	return &s.user
}

func (t *tokens) admit(token string) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.counted && t.left == 0 {
		t.valid, t.counted = nil, false
	}
	if !slices.Contains(t.valid, token) {
		return false
	}
	if t.counted {
		t.left--
	}
	return true
}

func (t *tokens) appearIn(text string) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	return slices.ContainsFunc(t.valid, func(token string) bool { return strings.Contains(text, token) })
}

// ServeHTTP answers one call of the vendor's API.
func (s *Avaamo) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	route := avaamoRouteOf(r.URL.EscapedPath())
	x := &call{core: &s.core, r: r, endpoint: route.endpoint, key: r.Header.Get("access-token")}
	x.vendor = &avaamoCall{call: x, s: s, route: route}
	x.serve(w)
}

// avaamoRoute is a path taken apart.
type avaamoRoute struct {
	endpoint string
	agent    string // in the path
	object   string // conversation or user in the path
	own      bool   // opened by the agent's token, not by a user's
	list     string // name of the array; empty: no list
}

func avaamoRouteOf(path string) avaamoRoute {
	parts := strings.Split(strings.TrimPrefix(path, "/"), "/")
	for i, part := range parts { // what is escaped is no separator
		if text, err := url.PathUnescape(part); err == nil {
			parts[i] = text
		}
	}
	is := func(pattern ...string) bool {
		return slices.EqualFunc(parts, pattern, func(part, want string) bool { return want == "*" || part == want })
	}
	last, isJSON := strings.CutSuffix(parts[len(parts)-1], ".json")
	if !isJSON {
		return avaamoRoute{}
	}
	switch {
	case is("bots", "analytics", "*", "messages.json"):
		return avaamoRoute{endpoint: AvaamoEntries, agent: parts[2], list: "entries"}
	case is("bots", "analytics", "*", "sessions.json"):
		return avaamoRoute{endpoint: AvaamoSessions, agent: parts[2], list: "entries"}
	case is("api", "v1", "agents", "*", "query_insights.json"):
		return avaamoRoute{endpoint: AvaamoInsights, agent: parts[3], list: "queries"}
	case is("v1", "messages.json"):
		return avaamoRoute{endpoint: AvaamoTalk, own: true, list: "entries"}
	case is("v1", "conversations", "*", "messages.json"):
		return avaamoRoute{endpoint: AvaamoTranscript, object: parts[2], own: true, list: "entries"}
	case is("v1", "conversations", "*"):
		return avaamoRoute{endpoint: AvaamoConversation, object: last, own: true}
	case is("v1", "user_info", "*"):
		return avaamoRoute{endpoint: AvaamoUserInfo, object: last, own: true}
	case is("dashboard", "bots", "*", "storages.json"):
		return avaamoRoute{endpoint: AvaamoStorage, agent: parts[2], list: "storage"}
	case is("dashboard", "conversations", "*", "mask_messages.json"):
		return avaamoRoute{endpoint: AvaamoMask, object: parts[2]}
	case is("dashboard", "agents", "*", "clear_data.json"):
		return avaamoRoute{endpoint: AvaamoClear, agent: parts[2]}
	}
	return avaamoRoute{}
}

// avaamoCall is one call of the platform.
type avaamoCall struct {
	*call
	s     *Avaamo
	route avaamoRoute
	query avaamoQuery
}

func (x *avaamoCall) admit() *refusal {
	if x.endpoint == "" {
		return refuse(http.StatusNotFound, "Not Found")
	}
	x.watchTokens()
	if refused := x.withinLimit(x.bucket()); refused != nil {
		return refused
	}
	if x.endpoint == AvaamoMask || x.endpoint == AvaamoClear {
		x.s.violation("%s: called, which destroys data for good", x.endpoint)
		return refuse(http.StatusForbidden, "does not have permission")
	}
	if x.r.Method != http.MethodGet {
		x.s.violation("%s: method %s", x.endpoint, x.r.Method)
		return refuse(http.StatusMethodNotAllowed, "Method Not Allowed")
	}
	token := x.key
	if x.endpoint == AvaamoUserInfo {
		token = x.params.Get("access_token")
	}
	if !x.s.tokens(x.route.own).admit(token) {
		return refuse(x.s.options.Choices.BadTokenStatus, "access token missing or invalid")
	}
	if x.route.agent != "" && x.route.agent != x.s.options.Agent {
		return refuse(http.StatusForbidden, "access token is invalid or does not have permission")
	}
	return nil
}

// watchTokens notes a token in an address: it would stand in every log on the way.
func (x *avaamoCall) watchTokens() {
	if x.endpoint == AvaamoUserInfo {
		return // documented so
	}
	if address := x.r.URL.Path + "?" + x.r.URL.RawQuery; x.s.user.appearIn(address) || x.s.own.appearIn(address) {
		x.s.violation("%s: a token in the address", x.endpoint)
	}
}

func (x *avaamoCall) bucket() string {
	switch x.s.options.Choices.LimitScope {
	case PerIP:
		host, _, err := net.SplitHostPort(x.r.RemoteAddr)
		if err != nil {
			return x.r.RemoteAddr
		}
		return host
	case PerAccount:
		return "account"
	default:
		return KeyHash(x.key)
	}
}

func (x *avaamoCall) failure(text string) []byte {
	return fmt.Appendf(nil, `{"error":%s}`, quoted(text))
}
