package ui_test

import (
	"fmt"
	"maps"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/oauth2-proxy/mockoidc"
	"github.com/zitadel/oidc/v3/example/server/exampleop"
	"github.com/zitadel/oidc/v3/example/server/storage"
	"golang.org/x/net/html"

	"dsr-server/internal/app/apptest"
	"dsr-server/internal/audit"
	"dsr-server/internal/dsr"
)

// atProvider signs somebody in at a provider: it follows the address to which the service has
// sent the browser and returns the one to which the provider sends it back, without the host.
type atProvider func(t *testing.T, address string) string

// withMock is a site with the mock provider beside it.
type withMock struct {
	*site
	mock *mockoidc.MockOIDC
}

// groupRoles are which roles the groups of the mock provider have.
const groupRoles = "scopes: [profile, groups], roles: {g-approve: approver, g-read: auditor}"

func newWithMock(t *testing.T, more string) *withMock {
	t.Helper()
	m := apptest.Provider(t)
	joined := apptest.With(t, m.Issuer(), m.ClientID, m.ClientSecret, groupRoles)
	return &withMock{newSite(t, joined, func(o *apptest.Setup) { o.Config += more }), m}
}

// away follows a redirect to the provider.
func (s *site) away(a shown) string {
	s.t.Helper()
	to := a.want(http.StatusSeeOther).Header.Get("Location")
	if !strings.HasPrefix(to, "http://127.0.0.1:") {
		s.t.Fatalf("leads to %q", to)
	}
	return to
}

// as has the mock provider sign a subject in, with these groups; more are further claims.
func (s *withMock) as(subject string, groups []string, more map[string]any) atProvider {
	claims := map[string]any{"preferred_username": subject, "groups": groups}
	maps.Copy(claims, more)
	return func(t *testing.T, address string) string {
		t.Helper()
		return apptest.AtProvider(t, s.mock, apptest.Somebody{Subject: "id-of-" + subject, Say: claims}, address)
	}
}

// enter signs in at the provider and returns what the browser gets for what it brings back.
func (s *site) enter(how atProvider, query string) shown {
	s.t.Helper()
	to := how(s.t, s.away(s.get("/sign-in/provider"+query)))
	return s.send("GET", to, nil, "Sec-Fetch-Site", "cross-site")
}

// zitadel is the example provider of zitadel/oidc, with its form for login and password.
func zitadel(t *testing.T) (issuer string, how atProvider) {
	t.Helper()
	server := httptest.NewUnstartedServer(nil)
	issuer = "http://" + server.Listener.Addr().String()
	clients := map[string]*storage.Client{"dsr": storage.WebClient("dsr", "dsr-secret", apptest.ProviderReturn)}
	server.Config.Handler = exampleop.SetupServer(issuer, storage.NewStorageWithClients(storage.NewUserStore(issuer), clients), nil, false)
	server.Start()
	t.Cleanup(server.Close)
	return issuer, func(t *testing.T, address string) string {
		t.Helper()
		jar, err := cookiejar.New(nil)
		if err != nil {
			t.Fatal(err)
		}
		var last *http.Response
		client := &http.Client{Jar: jar, CheckRedirect: func(r *http.Request, _ []*http.Request) error {
			if strings.HasPrefix(r.URL.String(), apptest.ProviderReturn) {
				last = r.Response
				return http.ErrUseLastResponse
			}
			return nil
		}}
		form, err := client.Get(address) //nolint:noctx // a test
		if err != nil {
			t.Fatal(err)
		}
		_ = form.Body.Close()
		id := form.Request.URL.Query().Get("authRequestID")
		done, err := client.PostForm(issuer+"/login/username", url.Values{"username": {"test-user2"}, "password": {"verysecure"}, "id": {id}}) //nolint:noctx // a test
		if err != nil {
			t.Fatal(err)
		}
		_ = done.Body.Close()
		if last == nil {
			t.Fatalf("the provider answers %d at %s", done.StatusCode, done.Request.URL.Path)
		}
		return strings.TrimPrefix(last.Header.Get("Location"), "http://127.0.0.1")
	}
}

// TestStaffSignInAtASecondProvider: another implementation, where the groups are with the user
// info alone.
func TestStaffSignInAtASecondProvider(t *testing.T) {
	t.Parallel()
	issuer, how := zitadel(t)
	s := newSite(t, apptest.With(t, issuer, "dsr", "dsr-secret", "groups_claim: preferred_username, roles: {test-user2: approver}"))
	s.get("/sign-in").says("Sign in at "+strings.TrimPrefix(issuer, "http://"), "Or with a password kept here")
	s.enter(how, "?next=%2Fhelp").goes("/help")
	s.get("/account").says("You are signed in as test-user2. Your role: approver.").saysNot("Change the password", "second factor")
	s.post("/sign-out", nil).goes("/sign-in?signed-out=1")
	s.enter(how, "").goes("/")
	if n := len(s.Events(audit.PersonCreated)); n != len(dsr.Roles)+1 {
		t.Errorf("there are %d accounts", n)
	}
}

func TestTheFirstSignInMakesAnAccountThatIsTheSubjects(t *testing.T) {
	t.Parallel()
	s := newWithMock(t, "")
	s.enter(s.as("ana", []string{"staff", "g-approve"}, nil), "").goes("/")
	s.get("/account").says("You are signed in as ana. Your role: approver.")
	linked := s.Events(audit.IdentityLinked)
	if len(linked) != 1 || linked[0].Data["person"] != "user:ana" || linked[0].Data["issuer"] != s.mock.Issuer() || strings.Contains(fmt.Sprint(linked), "id-of-ana") {
		t.Errorf("on record: %+v", linked)
	}
	if in := s.Events(audit.SignedIn); len(in) != 1 || in[0].Actor != "user:ana" || in[0].Data["issuer"] != s.mock.Issuer() {
		t.Errorf("on record: %+v", in)
	}
	// A login that is somebody's already says nothing about whose account it is.
	s.client = s.browser()
	s.enter(s.as("admin", []string{"g-read"}, nil), "").goes("/")
	s.get("/account").says("You are signed in as oidc-").saysNot("signed in as admin.")
	if p, err := s.Store.Person(t.Context(), "user:admin"); err != nil || p.External || p.Role != dsr.Admin {
		t.Errorf("the account of that name is %+v, %v", p, err)
	}
	s.signIn("admin")
	s.get("/people/ana").want(http.StatusOK)
	s.post("/people/ana/invitation", nil).want(http.StatusConflict)
}

func TestAnAccountFollowsTheGroupsOfItsOwner(t *testing.T) {
	t.Parallel()
	s := newWithMock(t, "")
	person := func() dsr.Person {
		t.Helper()
		p, err := s.Store.Person(t.Context(), "user:ana")
		if err != nil {
			t.Fatal(err)
		}
		return p
	}
	s.enter(s.as("eve", []string{"staff"}, nil), "").want(http.StatusForbidden).says("None of your groups has a role here.")
	if _, err := s.Store.Person(t.Context(), "user:eve"); dsr.KindOf(err) != dsr.NotFound {
		t.Errorf("somebody without a role has an account: %v", err)
	}
	s.enter(s.as("ana", []string{"g-approve"}, nil), "").goes("/")
	first := s.client
	s.client = s.browser()
	s.enter(s.as("ana", []string{"g-read"}, nil), "").goes("/")
	if p := person(); p.Role != dsr.Auditor {
		t.Errorf("the role is %s", p.Role)
	}
	s.client = s.browser()
	s.enter(s.as("ana", []string{"staff"}, nil), "").want(http.StatusForbidden)
	if !person().Disabled {
		t.Error("without a role the account is not disabled")
	}
	s.client = first
	s.get("/account").goes("/sign-in?next=%2Faccount")
	s.enter(s.as("ana", []string{"g-read"}, nil), "").goes("/")
	if err := s.Store.DisablePerson(t.Context(), dsr.Principal{ID: "command", Role: dsr.Admin}, "ana"); err != nil {
		t.Fatal(err)
	}
	s.enter(s.as("ana", []string{"g-read"}, nil), "").want(http.StatusForbidden).says("Your account has been disabled.")
	var kinds []audit.Kind
	for _, kind := range []audit.Kind{audit.RoleChanged, audit.PersonDisabled, audit.PersonEnabled} {
		for _, e := range s.Events(kind) {
			kinds = append(kinds, kind+" "+audit.Kind(e.Actor))
		}
	}
	if want := []audit.Kind{"user.role_changed system", "user.disabled system", "user.disabled command", "user.enabled system"}; !slices.Equal(kinds, want) {
		t.Errorf("on record: %v", kinds)
	}
}

// TestAnAnswerCountsForTheBrowserThatAskedAndOnce, so that nobody is signed in as somebody else.
func TestAnAnswerCountsForTheBrowserThatAskedAndOnce(t *testing.T) {
	t.Parallel()
	s := newWithMock(t, "")
	ana := s.as("ana", []string{"g-approve"}, nil)
	refused := func(what string, a shown) {
		t.Helper()
		if a.Status != http.StatusBadRequest {
			t.Errorf("%s: got %d", what, a.Status)
		}
		a.says("This sign-in did not begin in this browser, or took too long.")
		s.get("/account").goes("/sign-in?next=%2Faccount")
	}
	refused("without a sign-in", s.get("/sign-in/provider/done?code=x&state=y"))
	to := ana(t, s.away(s.get("/sign-in/provider")))
	mine := s.client
	s.client = s.browser()
	refused("in another browser", s.get(to))
	s.client = mine
	refused("with another state", s.get(strings.Replace(to, "state=", "state=x", 1)))
	refused("once more after a refusal", s.get(to))
	to = ana(t, s.away(s.get("/sign-in/provider")))
	s.get(to).goes("/")
	s.client = s.browser()
	refused("a replay", s.get(to))
	if events := s.Events(audit.SignInRefused); len(events) == 0 || events[0].Data["code"] != "provider_answer" {
		t.Errorf("on record: %+v", events)
	}
	if strings.Contains(s.Log.String(), url.QueryEscape(strings.TrimPrefix(to, "/sign-in/provider/done?"))) || strings.Contains(s.Log.String(), "code=") {
		t.Error("the log has an address with a code")
	}
}

// TestReleasingTakesAFreshSignIn of those who sign in with the provider.
func TestReleasingTakesAFreshSignIn(t *testing.T) {
	t.Parallel()
	s := newWithMock(t, "")
	s.signIn("requester")
	id := s.submitted()
	s.Finish(id, false, []byte("zip"))
	s.client = s.browser()
	s.enter(s.as("ana", []string{"g-approve"}, nil), "").goes("/") // without auth_time
	page := s.get("/requests/" + id).says("Confirm that it is you")
	form := page.hiddenFields("/requests/" + id + "/approve")
	form.Set("comment", "looks right")
	s.post("/requests/"+id+"/approve", form).want(http.StatusOK).says("There is a problem", "Confirm first that it is you", "looks right")
	again := "?again&next=" + url.QueryEscape("/requests/"+id)
	s.enter(s.as("ana", []string{"g-approve"}, map[string]any{"auth_time": s.Clock.Now().Add(-time.Hour).Unix()}), again).want(http.StatusBadRequest)
	s.enter(s.as("eve", []string{"g-approve"}, map[string]any{"auth_time": s.Clock.Now().Unix()}), again).want(http.StatusForbidden).says("has signed somebody else in")
	s.enter(s.as("ana", []string{"g-approve"}, map[string]any{"auth_time": s.Clock.Now().Unix()}), again).goes("/requests/" + id)
	s.get("/requests/" + id).saysNot("Confirm that it is you")
	s.Clock.Add(5*time.Minute + time.Second)
	s.post("/requests/"+id+"/approve", form).want(http.StatusOK).says("Confirm first that it is you")
	s.enter(s.as("ana", []string{"g-approve"}, map[string]any{"auth_time": s.Clock.Now().Unix()}), again).goes("/requests/" + id)
	s.post("/requests/"+id+"/approve", form).goes("/requests/" + id)
	if got := s.Lookup(id).Status; got != dsr.Ready {
		t.Errorf("the request is %s", got)
	}
}

func TestPasswordsCanBeSwitchedOff(t *testing.T) {
	t.Parallel()
	s := newWithMock(t, "sign_in: {password: false}\n")
	page := s.get("/sign-in").says("Sign in at ", "No access?")
	if len(page.all(func(n *html.Node) bool { return attr(n, "name") == "password" || attr(n, "name") == "login" })) != 0 {
		t.Error("the page asks for a password")
	}
	s.post("/sign-in", url.Values{"login": {"admin"}, "password": {sitePassword}}).want(http.StatusMethodNotAllowed)
	for _, path := range []string{"/sign-in/code", "/setup", "/invite/x"} {
		s.get(path).want(http.StatusNotFound)
	}
	s.enter(s.as("ana", []string{"g-read"}, nil), "").goes("/")
}

// TestAProviderThatIsAwayLeavesPasswords: the service does not need it to start.
func TestAProviderThatIsAwayLeavesPasswords(t *testing.T) {
	t.Parallel()
	s := newWithMock(t, "")
	if err := s.mock.Shutdown(); err != nil {
		t.Fatal(err)
	}
	s.get("/sign-in/provider").want(http.StatusServiceUnavailable)
	s.signIn("requester")
	s.get("/account").want(http.StatusOK)
}

// TestAStreamEndsWithItsReadersAccount: the person is disabled.
func TestAStreamEndsWithItsReadersAccount(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.signIn("requester")
	id := s.submitted()
	next := s.stream(t.Context(), id)
	if event, _, _ := next(); event != "progress" {
		t.Fatalf("the stream begins with %q", event)
	}
	if err := s.Store.DisablePerson(t.Context(), dsr.Principal{ID: "command", Role: dsr.Admin}, "requester"); err != nil {
		t.Fatal(err)
	}
	if event, _, _ := next(); event != "signed-out" {
		t.Errorf("got %q", event)
	}
}
