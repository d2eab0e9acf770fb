package auth_test

import (
	"bytes"
	"crypto/rand"
	"crypto/rsa"
	"encoding/base64"
	"encoding/json"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"
	"github.com/oauth2-proxy/mockoidc"

	"dsr-server/internal/app/apptest"
	"dsr-server/internal/auth"
	"dsr-server/internal/dsr"
)

// mock is a provider of identities, and this service as its client.
type mock struct {
	*mockoidc.MockOIDC
	t    *testing.T
	auth *auth.Provider
	now  time.Time
}

func newMock(t *testing.T, change ...func(*auth.ProviderSettings)) *mock {
	t.Helper()
	return newMockBehind(t, nil, change...)
}

// newMockBehind passes the provider's answers through rewrite.
func newMockBehind(t *testing.T, rewrite func(path string, body []byte) []byte, change ...func(*auth.ProviderSettings)) *mock {
	t.Helper()
	m, err := mockoidc.NewServer(nil)
	if err != nil {
		t.Fatal(err)
	}
	o := &mock{m, t, nil, time.Now()}
	if rewrite != nil {
		if err := m.AddMiddleware(rewriting(rewrite)); err != nil {
			t.Fatal(err)
		}
	}
	listener := httptest.NewUnstartedServer(nil).Listener
	if err := m.Start(listener, nil); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = m.Shutdown() })
	s := auth.ProviderSettings{Issuer: m.Issuer(), ClientID: m.ClientID, ClientSecret: m.ClientSecret, RedirectURL: "https://dsr.example/sign-in/provider/done",
		Scopes: []string{"profile", "groups"}, GroupsClaim: "groups", Now: func() time.Time { return o.now },
		Roles: map[string]dsr.Role{"dsr-requesters": dsr.Requester, "dsr-approvers": dsr.Approver, "dsr-auditors": dsr.Auditor}}
	for _, c := range change {
		c(&s)
	}
	o.auth = auth.NewProvider(s)
	return o
}

func rewriting(rewrite func(string, []byte) []byte) func(http.Handler) http.Handler {
	return func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			rec := httptest.NewRecorder()
			next.ServeHTTP(rec, r)
			maps.Copy(w.Header(), rec.Header())
			w.WriteHeader(rec.Code)
			_, _ = w.Write(rewrite(r.URL.Path, rec.Body.Bytes()))
		})
	}
}

// begin starts a sign-in and returns what the browser brings back.
func (m *mock) begin(fresh bool, claims map[string]any) (auth.Flow, url.Values, url.Values) {
	m.t.Helper()
	flow, address, err := m.auth.Begin(m.t.Context(), fresh)
	if err != nil {
		m.t.Fatal(err)
	}
	say := map[string]any{"preferred_username": "ana", "name": "Ana Kowalska", "groups": []string{"staff", "dsr-approvers"}}
	maps.Copy(say, claims)
	m.QueueUser(apptest.Somebody{Subject: "subject-1", Say: say})
	r, err := http.NewRequestWithContext(m.t.Context(), http.MethodGet, address, nil)
	if err != nil {
		m.t.Fatal(err)
	}
	resp, err := http.DefaultTransport.RoundTrip(r)
	if err != nil {
		m.t.Fatal(err)
	}
	defer func() { _ = resp.Body.Close() }()
	back, err := resp.Location()
	if err != nil {
		body, _ := io.ReadAll(resp.Body)
		m.t.Fatalf("%v: %s", err, body)
	}
	return flow, back.Query(), r.URL.Query()
}

func (m *mock) refuses(what string, flow auth.Flow, answer url.Values) {
	m.t.Helper()
	id, err := m.auth.Finish(m.t.Context(), flow, answer)
	if dsr.KindOf(err) != dsr.Malformed || id != (dsr.StaffIdentity{}) && !flow.Fresh {
		m.t.Errorf("%s: got %+v, %v", what, id, err)
	}
}

func TestASignInAtTheProviderSaysWhoItIs(t *testing.T) {
	t.Parallel()
	m := newMock(t)
	flow, answer, asked := m.begin(false, nil)
	for name, want := range map[string]string{"response_type": "code", "code_challenge_method": "S256", "state": flow.State, "nonce": flow.Nonce, "scope": "openid profile groups", "prompt": "", "max_age": ""} {
		if asked.Get(name) != want {
			t.Errorf("%s is %q, want %q", name, asked.Get(name), want)
		}
	}
	if asked.Get("code_challenge") == "" || asked.Get("code_challenge") == flow.Verifier {
		t.Errorf("the challenge is %q", asked.Get("code_challenge"))
	}
	id, err := m.auth.Finish(t.Context(), flow, answer)
	want := dsr.StaffIdentity{Issuer: m.Issuer(), Subject: "subject-1", Login: "ana", Name: "Ana Kowalska", Role: dsr.Approver}
	if err != nil || id != want {
		t.Errorf("got %+v, %v", id, err)
	}
	m.refuses("a replayed code", flow, answer)
}

func TestTheStrongestRoleOfTheGroupsCounts(t *testing.T) {
	t.Parallel()
	m := newMock(t)
	for groups, want := range map[string]dsr.Role{
		`["dsr-auditors","dsr-requesters"]`: dsr.Requester, `["dsr-requesters","dsr-approvers"]`: dsr.Approver, `"dsr-auditors"`: dsr.Auditor,
		`["staff"]`: "", `[]`: "", `null`: "", `7`: "", `{"dsr-approvers":true}`: "",
	} {
		flow, answer, _ := m.begin(false, map[string]any{"groups": json.RawMessage(groups)})
		if id, err := m.auth.Finish(t.Context(), flow, answer); err != nil || id.Role != want {
			t.Errorf("%s: got %+v, %v", groups, id, err)
		}
	}
}

// TestAnswersThatDoNotBelongAreRefused: each value that binds an answer to its browser.
func TestAnswersThatDoNotBelongAreRefused(t *testing.T) {
	t.Parallel()
	m := newMock(t)
	for what, change := range map[string]func(*auth.Flow, url.Values){
		"another state":         func(_ *auth.Flow, a url.Values) { a.Set("state", "x") },
		"no state":              func(f *auth.Flow, a url.Values) { f.State = ""; a.Del("state") },
		"another nonce":         func(f *auth.Flow, _ url.Values) { f.Nonce = "x" },
		"another verifier":      func(f *auth.Flow, _ url.Values) { f.Verifier = strings.Repeat("x", 43) },
		"no verifier (PKCE)":    func(f *auth.Flow, _ url.Values) { f.Verifier = "" },
		"another code":          func(_ *auth.Flow, a url.Values) { a.Set("code", "x") },
		"another issuer":        func(_ *auth.Flow, a url.Values) { a.Set("iss", "https://evil.example") },
		"too late":              func(f *auth.Flow, _ url.Values) { f.Begun = f.Begun.Add(-auth.FlowLife - time.Second) },
		"no sign-in has begun":  func(f *auth.Flow, _ url.Values) { *f = auth.Flow{} },
		"another error's state": func(_ *auth.Flow, a url.Values) { a.Set("error", "access_denied"); a.Set("state", "x") },
	} {
		flow, answer, _ := m.begin(false, nil)
		change(&flow, answer)
		m.refuses(what, flow, answer)
	}
	flow, answer, _ := m.begin(false, nil)
	answer.Set("error", "access_denied")
	if _, err := m.auth.Finish(t.Context(), flow, answer); dsr.KindOf(err) != dsr.Unauthenticated {
		t.Errorf("of the provider's no: %v", err)
	}
}

func TestTokensThatAreNotForUsAreRefused(t *testing.T) {
	t.Parallel()
	m := newMock(t)
	for what, claims := range map[string]map[string]any{
		"another issuer":   {"iss": "https://evil.example"},
		"another audience": {"aud": "somebody-else"},
		"no audience":      {"aud": []string{}},
		"expired":          {"exp": time.Now().Add(-time.Hour).Unix()},
		"no end":           {"exp": nil},
		"not yet":          {"nbf": time.Now().Add(time.Hour).Unix()},
		"another nonce":    {"nonce": "x"},
		"no nonce":         {"nonce": nil},
		"another party":    {"azp": "somebody-else"},
		"two audiences":    {"aud": []string{m.ClientID, "somebody-else"}},
	} {
		flow, answer, _ := m.begin(false, claims)
		m.refuses(what, flow, answer)
	}
}

// TestTokensAreSignedByTheProvider: not by nobody, by whoever knows the secret, by another key.
func TestTokensAreSignedByTheProvider(t *testing.T) {
	t.Parallel()
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	other, err := mockoidc.NewKeypair(key)
	if err != nil {
		t.Fatal(err)
	}
	for what, sign := range map[string]func(m *mock, claims jwt.MapClaims) (string, error){
		"alg none": func(_ *mock, c jwt.MapClaims) (string, error) {
			return jwt.NewWithClaims(jwt.SigningMethodNone, c).SignedString(jwt.UnsafeAllowNoneSignatureType)
		},
		"HS256": func(m *mock, c jwt.MapClaims) (string, error) {
			return jwt.NewWithClaims(jwt.SigningMethodHS256, c).SignedString([]byte(m.ClientSecret))
		},
		"another key": func(_ *mock, c jwt.MapClaims) (string, error) { return other.SignJWT(c) },
	} {
		t.Run(what, func(t *testing.T) {
			t.Parallel()
			var m *mock
			m = newMockBehind(t, func(path string, body []byte) []byte {
				if path != mockoidc.TokenEndpoint || !bytes.Contains(body, []byte("id_token")) {
					return body
				}
				token, err := sign(m, claimsIn(t, body))
				if err != nil {
					t.Error(err)
				}
				return withIDToken(t, body, token)
			})
			flow, answer, _ := m.begin(false, nil)
			m.refuses(what, flow, answer)
		})
	}
}

func claimsIn(t *testing.T, answer []byte) (c jwt.MapClaims) {
	t.Helper()
	var tokens struct {
		ID string `json:"id_token"`
	}
	if err := json.Unmarshal(answer, &tokens); err != nil {
		t.Error(err)
	}
	raw, err := base64.RawURLEncoding.DecodeString(strings.Split(tokens.ID+"..", ".")[1])
	if err != nil {
		t.Error(err)
	}
	if err := json.NewDecoder(bytes.NewReader(raw)).Decode(&c); err != nil {
		t.Error(err)
	}
	return c
}

func withIDToken(t *testing.T, answer []byte, token string) []byte {
	t.Helper()
	var tokens map[string]any
	if err := json.Unmarshal(answer, &tokens); err != nil {
		t.Error(err)
	}
	tokens["id_token"] = token
	out, err := json.Marshal(tokens)
	if err != nil {
		t.Error(err)
	}
	return out
}

// TestAProviderThatDoesNotAskAgainIsRefused, when somebody was to show once more who they are.
func TestAProviderThatDoesNotAskAgainIsRefused(t *testing.T) {
	t.Parallel()
	m := newMock(t)
	for what, at := range map[string]any{"no time": nil, "an old time": m.now.Add(-time.Minute).Unix(), "words": "now"} {
		flow, answer, asked := m.begin(true, map[string]any{"auth_time": at})
		if asked.Get("prompt") != "login" || asked.Get("max_age") != "0" {
			t.Errorf("asked with %v", asked)
		}
		m.refuses(what, flow, answer)
	}
	flow, answer, _ := m.begin(true, map[string]any{"auth_time": m.now.Unix()})
	if id, err := m.auth.Finish(t.Context(), flow, answer); err != nil || id.AuthenticatedAt.Unix() != m.now.Unix() {
		t.Errorf("got %+v, %v", id, err)
	}
}

func TestAProviderThatIsAwayIsNoRefusal(t *testing.T) {
	t.Parallel()
	m := newMock(t)
	flow, answer, _ := m.begin(false, nil)
	if err := m.Shutdown(); err != nil {
		t.Fatal(err)
	}
	if _, err := m.auth.Finish(t.Context(), flow, answer); dsr.KindOf(err) != dsr.Unavailable || strings.Contains(err.Error(), answer.Get("code")) {
		t.Errorf("got %v", err)
	}
	away := auth.NewProvider(auth.ProviderSettings{Issuer: m.Issuer(), Now: time.Now})
	if _, _, err := away.Begin(t.Context(), false); dsr.KindOf(err) != dsr.Unavailable {
		t.Errorf("got %v", err)
	}
}
