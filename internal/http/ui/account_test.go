package ui_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/pquerna/otp/totp"

	"dsr-server/internal/app/apptest"
	"dsr-server/internal/audit"
)

// codeFor is what an authenticator app with this secret shows now.
func (s *site) codeFor(secret string) string {
	s.t.Helper()
	code, err := totp.GenerateCode(secret, s.Clock.Now())
	if err != nil {
		s.t.Fatal(err)
	}
	return code
}

// setsUp gives whoever is signed in a second factor; its secret and the recovery codes.
func (s *site) setsUp() (secret string, codes []string) {
	s.t.Helper()
	secret = s.get("/account/second-factor").want(http.StatusOK).hiddenFields("/account/second-factor").Get("secret")
	page := s.post("/account/second-factor", url.Values{"secret": {secret}, "code": {s.codeFor(secret)}, "current": {sitePassword}}).want(http.StatusOK)
	page.says("Recovery codes")
	for _, n := range page.tags("code") {
		codes = append(codes, words(n))
	}
	if len(codes) != 10 {
		s.t.Fatalf("got %d recovery codes: %s", len(codes), page.text())
	}
	s.Clock.Add(30 * time.Second) // the code that was shown is used up
	return secret, codes
}

func password(login string) url.Values {
	return url.Values{"login": {login}, "password": {sitePassword}}
}

func TestASecondFactorIsSetUpAndAskedForOnASecondPage(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.signIn("requester")
	s.get("/account").says("Signing in takes the password alone.")
	secret, codes := s.setsUp()
	s.get("/account").says("Signing in takes a code beside the password.")
	s.get("/account/second-factor").says("You have 10 recovery codes left.")
	s.client = s.browser()
	form := password("requester")
	form.Set("next", "/requests/new")
	s.post("/sign-in", form).goes("/sign-in/code?next=%2Frequests%2Fnew")
	s.get("/requests").goes("/sign-in?next=%2Frequests")
	page := s.get("/sign-in/code?next=%2Frequests%2Fnew").says("Second factor", "six digits")
	next := page.hiddenFields("/sign-in/code")
	next.Set("code", "000000")
	s.post("/sign-in/code", next).want(http.StatusUnauthorized).says("That code is not right")
	next.Set("code", s.codeFor(secret))
	s.post("/sign-in/code", next).goes("/requests/new")
	s.get("/requests/new").want(http.StatusOK)
	s.client = s.browser() // the same code opens nothing again, a recovery code once
	s.post("/sign-in", password("requester")).goes("/sign-in/code?next=")
	s.post("/sign-in/code", next).want(http.StatusUnauthorized)
	s.post("/sign-in/code", url.Values{"code": {strings.ToUpper(codes[4])}}).goes("/")
	s.client = s.browser()
	s.post("/sign-in", password("requester"))
	s.post("/sign-in/code", url.Values{"code": {codes[4]}}).want(http.StatusUnauthorized)
	if n := len(s.Events(audit.SignedIn)); n != 3 {
		t.Errorf("%d sign-ins are on record, want 3: those that were completed", n)
	}
}

// TestThePasswordIsNoSessionUntilTheCode: and it opens the second page for ten minutes.
func TestThePasswordIsNoSessionUntilTheCode(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.get("/sign-in/code").goes("/sign-in?next=")
	s.post("/sign-in/code", url.Values{"code": {"123456"}}).want(http.StatusUnauthorized).says("That took too long.")
	s.signIn("requester")
	secret, _ := s.setsUp()
	s.client = s.browser()
	s.signIn("admin")
	s.post("/sign-in", password("requester")).goes("/sign-in/code?next=")
	s.get("/requests").goes("/sign-in?next=%2Frequests") // who was signed in before is so no longer
	s.Clock.Add(10*time.Minute + time.Second)
	s.post("/sign-in/code", url.Values{"code": {s.codeFor(secret)}}).want(http.StatusUnauthorized).says("That took too long.")
	s.post("/sign-in", password("requester")).goes("/sign-in/code?next=")
	s.Exec(`UPDATE people SET epoch = epoch + 1 WHERE login = 'requester'`)
	s.post("/sign-in/code", url.Values{"code": {s.codeFor(secret)}}).want(http.StatusUnauthorized)
}

func TestGuessesAtTheCodeAreSlowedDown(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.signIn("requester")
	secret, _ := s.setsUp()
	s.client = s.browser()
	s.post("/sign-in", password("requester"))
	for range 5 {
		s.post("/sign-in/code", url.Values{"code": {"000000"}}).want(http.StatusUnauthorized)
	}
	s.post("/sign-in/code", url.Values{"code": {s.codeFor(secret)}}).want(http.StatusTooManyRequests).says("Try again in 2 seconds")
	s.Await(audit.SignInRefused, 1)
	s.Await(audit.SignInSlowed, 1)
}

func TestTypedFormSurvivesTheSecondFactorToo(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.signIn("requester")
	secret, _ := s.setsUp()
	s.pass(time.Hour)
	form := s.post("/requests/new", goodForm()).want(http.StatusUnauthorized).hiddenFields("/sign-in")
	form.Set("login", "requester")
	form.Set("password", sitePassword)
	form = s.post("/sign-in", form).want(http.StatusOK).hiddenFields("/sign-in/code")
	form.Set("code", "000000")
	form = s.post("/sign-in/code", form).want(http.StatusUnauthorized).hiddenFields("/sign-in/code")
	form.Set("code", s.codeFor(secret))
	s.follow(s.post("/sign-in/code", form)).says("Check before you start", "ana@example.com")
}

func TestASecondFactorIsSetUpWithItsCodeAndThePassword(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.signIn("requester")
	page := s.get("/account/second-factor")
	secret := page.hiddenFields("/account/second-factor").Get("secret")
	if src := attr(page.tags("img")[0], "src"); !strings.HasPrefix(src, "data:image/png;base64,") {
		t.Errorf("the picture is %.40s", src)
	}
	if !strings.Contains(strings.ReplaceAll(page.text(), " ", ""), secret) || !strings.Contains(string(page.Body), `href="otpauth://totp/`) {
		t.Error("the key is not there to type or to open")
	}
	again := s.post("/account/second-factor", url.Values{"secret": {secret}, "code": {"000000"}, "current": {sitePassword}})
	again.says("This is not the code that the app shows now.")
	if got := again.hiddenFields("/account/second-factor").Get("secret"); got != secret {
		t.Error("the key changed after a mistake")
	}
	s.post("/account/second-factor", url.Values{"secret": {secret}, "code": {s.codeFor(secret)}, "current": {"guessed"}}).says("This is not your current password.")
	s.post("/account/second-factor", url.Values{"secret": {"JBSWY3DP"}, "code": {"000000"}}).want(http.StatusBadRequest)
	s.get("/account").says("Signing in takes the password alone.")
}

func TestRecoveryCodesAreRenewedAndTheFactorRemovedWithThePassword(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.signIn("requester")
	_, codes := s.setsUp()
	for _, path := range []string{"/account/second-factor/codes", "/account/second-factor/remove"} {
		s.post(path, url.Values{"current": {"guessed"}}).says("This is not your current password.")
	}
	renewed := s.post("/account/second-factor/codes", url.Values{"current": {sitePassword}}).says("Recovery codes")
	if strings.Contains(renewed.text(), codes[0]) {
		t.Error("the codes are the old ones")
	}
	s.post("/account/second-factor/remove", url.Values{"current": {sitePassword}}).goes("/account/second-factor")
	s.get("/account").says("The second factor has been removed.", "Signing in takes the password alone.")
	s.client = s.browser()
	s.signIn("requester")
	s.get("/requests").want(http.StatusOK)
}

// TestARoleThatNeedsASecondFactorSetsItUpFirst: and can do nothing else before.
func TestARoleThatNeedsASecondFactorSetsItUpFirst(t *testing.T) {
	t.Parallel()
	s := newSite(t, func(o *apptest.Setup) { o.Config = "sign_in: {second_factor: [approver, admin]}\n" })
	s.signIn("requester")
	s.get("/requests").want(http.StatusOK)
	s.client = s.browser()
	s.signIn("approver")
	for _, path := range []string{"/requests", "/requests/new", "/account", "/requests/0198a3c4-0000-7000-8000-000000000000/download"} {
		s.get(path).goes("/account/second-factor")
	}
	s.post("/requests", goodForm()).goes("/account/second-factor")
	if stream := s.get("/requests/0198a3c4-0000-7000-8000-000000000000/progress"); !strings.Contains(string(stream.Body), "event: signed-out") {
		t.Errorf("the stream says %q", stream.Body)
	}
	s.get("/account/second-factor").says("Your role needs a second factor. Set it up to go on.")
	s.setsUp()
	s.get("/requests").want(http.StatusOK)
}

func TestSessionsAreListedAndEndedOneByOneOrAllOthers(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	agents := map[string]string{
		"Firefox on Windows": "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:141.0) Gecko/20100101 Firefox/141.0",
		"Safari on iPhone":   "Mozilla/5.0 (iPhone; CPU iPhone OS 19_0 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/19.0 Mobile/15E148 Safari/604.1",
		"Edge on Windows":    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/139.0.0.0 Safari/537.36 Edg/139.0.0.0",
	}
	tokens := map[string]string{}
	for device, agent := range agents {
		s.client = s.browser()
		s.send("POST", "/sign-in", password("requester"), "User-Agent", agent).goes("/")
		tokens[device] = s.cookie("dsr-session").Value
	}
	s.client = s.browser()
	s.signIn("approver") // a session of somebody else is none of theirs
	s.client = s.browser()
	s.send("POST", "/sign-in", password("requester"), "User-Agent", "<script>")
	page := s.get("/account").says("Firefox on Windows", "Safari on iPhone", "Edge on Windows", "Unknown device", "this one")
	if rows := len(page.tags("tr")); rows != 1+4 {
		t.Errorf("the table has %d rows: %s", rows, page.text())
	}
	mark := ""
	for _, b := range page.tags("button") {
		if strings.Contains(words(b), "Safari on iPhone") {
			mark = attr(b, "value")
		}
	}
	s.post("/account/sessions", url.Values{"session": {mark}}).goes("/account")
	s.get("/account").says("Signed out elsewhere: 1 session.").saysNot("Safari on iPhone")
	s.post("/account/sessions", url.Values{"session": {"guessed"}}).goes("/account")
	mine := s.client
	s.replay(tokens["Safari on iPhone"]).goes("/sign-in?next=%2Frequests")
	s.replay(tokens["Edge on Windows"]).want(http.StatusOK)
	s.client = mine
	s.post("/account/sessions", url.Values{"others": {"1"}}).goes("/account")
	s.get("/account").says("Signed out elsewhere: 2 sessions.").saysNot("Sign out everywhere else")
	s.replay(tokens["Edge on Windows"]).goes("/sign-in?next=%2Frequests")
	s.client = s.browser()
	s.signIn("approver")
	s.get("/account").saysNot("Firefox")
}
