package store

import (
	"crypto/sha256"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"dsr-server/internal/audit"
	"dsr-server/internal/dsr"
)

// peopleStore is a store whose clock the test moves.
func peopleStore(t *testing.T) (*Store, func(time.Duration)) {
	t.Helper()
	var mu sync.Mutex
	now := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	s, err := Open(t.Context(), Options{Dir: t.TempDir(), Now: func() time.Time {
		mu.Lock()
		defer mu.Unlock()
		return now
	}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	return s, func(d time.Duration) {
		mu.Lock()
		defer mu.Unlock()
		now = now.Add(d)
	}
}

func person(t *testing.T, login string, role dsr.Role) dsr.Person {
	t.Helper()
	p, err := dsr.NewPerson(login, "", role)
	if err != nil {
		t.Fatal(err)
	}
	p.PasswordHash = "$argon2id$v=19$m=65536,t=2,p=1$c2FsdA$a2V5"
	return p
}

// happened lists the audit events as "kind actor".
func happened(t *testing.T, s *Store) []string {
	t.Helper()
	rows, err := s.r.QueryContext(t.Context(), `SELECT kind, actor FROM audit_events ORDER BY idx`)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = rows.Close() }()
	var out []string
	for rows.Next() {
		var kind, actor string
		if err := rows.Scan(&kind, &actor); err != nil {
			t.Fatal(err)
		}
		out = append(out, kind+" "+actor)
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	return out
}

func TestFirstAdminNeedsTheTokenAndNobodyElseThere(t *testing.T) {
	t.Parallel()
	s, _ := peopleStore(t)
	ctx := t.Context()
	old, token := sha256.Sum256([]byte("old")), sha256.Sum256([]byte("token"))
	if fresh, err := s.NeedsSetup(ctx); err != nil || !fresh {
		t.Fatalf("a fresh store: %v, %v", fresh, err)
	}
	if err := s.CheckSetupToken(ctx, token); dsr.KindOf(err) != dsr.Unauthenticated {
		t.Errorf("before any token was set: %v", err)
	}
	for _, hash := range [][32]byte{old, token} {
		if err := s.SetSetupToken(ctx, hash); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := s.CreateFirstAdmin(ctx, old, person(t, "eve", dsr.Admin)); dsr.KindOf(err) != dsr.Unauthenticated {
		t.Errorf("with a token that was replaced: %v", err)
	}
	if p, err := s.CreateFirstAdmin(ctx, token, person(t, "ana", dsr.Requester)); err != nil || p.Role != dsr.Admin {
		t.Errorf("with the token: %+v, %v", p, err)
	}
	for _, err := range []error{s.CheckSetupToken(ctx, token), s.SetSetupToken(ctx, token)} {
		if dsr.KindOf(err) != dsr.Conflict {
			t.Errorf("once somebody is there: %v", err)
		}
	}
	if fresh, err := s.NeedsSetup(ctx); err != nil || fresh {
		t.Errorf("afterwards: %v, %v", fresh, err)
	}
	if got := happened(t, s); !slices.Contains(got, "user.created system") {
		t.Errorf("on record: %v", got)
	}
	var left int
	if err := s.r.QueryRowContext(ctx, `SELECT count(*) FROM meta WHERE name = 'setup_token'`).Scan(&left); err != nil || left != 0 {
		t.Errorf("the token is still there: %d, %v", left, err)
	}
}

func TestOfTwoFirstAdminsAtOnceOneIsMade(t *testing.T) {
	t.Parallel()
	s, _ := peopleStore(t)
	token := sha256.Sum256([]byte("token"))
	if err := s.SetSetupToken(t.Context(), token); err != nil {
		t.Fatal(err)
	}
	errs := make([]error, 2)
	people := []dsr.Person{person(t, "ana", dsr.Admin), person(t, "ben", dsr.Admin)}
	var wg sync.WaitGroup
	for i := range errs {
		wg.Go(func() { _, errs[i] = s.CreateFirstAdmin(t.Context(), token, people[i]) })
	}
	wg.Wait()
	if (errs[0] == nil) == (errs[1] == nil) {
		t.Errorf("got %v and %v", errs[0], errs[1])
	}
}

func TestPeopleAreFoundAsTheyWereMade(t *testing.T) {
	t.Parallel()
	s, _ := peopleStore(t)
	ctx := t.Context()
	by := dsr.Principal{ID: "user:root", Role: dsr.Admin}
	made, err := s.CreatePerson(ctx, by, person(t, "ana@example.com", dsr.Approver))
	if err != nil {
		t.Fatal(err)
	}
	for _, find := range []func() (dsr.Person, error){
		func() (dsr.Person, error) { return s.Person(ctx, "user:ana@example.com") },
		func() (dsr.Person, error) { return s.PersonByLogin(ctx, "ana@example.com") },
	} {
		if got, err := find(); err != nil || got != made {
			t.Errorf("got %+v, %v, want %+v", got, err, made)
		}
	}
	if _, err := s.CreatePerson(ctx, by, person(t, "ana@example.com", dsr.Admin)); dsr.KindOf(err) != dsr.Conflict {
		t.Errorf("the same login again: %v", err)
	}
	if _, err := s.PersonByLogin(ctx, "ben"); dsr.KindOf(err) != dsr.NotFound {
		t.Errorf("nobody: %v", err)
	}
	bad := person(t, "carl", dsr.Admin)
	bad.PasswordHash = "plain text"
	if _, err := s.CreatePerson(ctx, by, bad); err == nil {
		t.Error("a password that is not hashed was stored")
	}
}

func TestSignInsAndRefusalsAreOnRecord(t *testing.T) {
	t.Parallel()
	s, _ := peopleStore(t)
	for _, err := range []error{
		s.RecordSignIn(t.Context(), "user:ana"), s.RecordRefusals(t.Context(), audit.SignInRefused, "user:ana", "192.0.2.1", "sign_in_refused", 3),
		s.RecordSignOut(t.Context(), "user:ana"),
	} {
		if err != nil {
			t.Fatal(err)
		}
	}
	want := "user.signed_in user:ana,user.sign_in_refused user:ana,user.signed_out user:ana"
	if got := strings.Join(happened(t, s), ","); !strings.HasSuffix(got, want) {
		t.Errorf("on record: %s", got)
	}
}

func TestSessionsExpireAndAreForgotten(t *testing.T) {
	t.Parallel()
	s, pass := peopleStore(t)
	x, ctx := s.Sessions(), t.Context()
	if err := x.CommitCtx(ctx, "h1", []byte("who"), s.now().Add(15*time.Minute)); err != nil {
		t.Fatal(err)
	}
	if got, found, err := x.FindCtx(ctx, "h1"); err != nil || !found || string(got) != "who" {
		t.Fatalf("got %q, %v, %v", got, found, err)
	}
	pass(10 * time.Minute)
	if err := x.CommitCtx(ctx, "h1", []byte("who else"), s.now().Add(15*time.Minute)); err != nil {
		t.Fatal(err)
	}
	pass(15*time.Minute - time.Millisecond)
	if got, found, _ := x.FindCtx(ctx, "h1"); !found || string(got) != "who else" {
		t.Errorf("renewed and not yet over: %q, %v", got, found)
	}
	pass(time.Millisecond)
	if _, found, err := x.FindCtx(ctx, "h1"); found || err != nil {
		t.Errorf("over: %v, %v", found, err)
	}
	if err := x.CommitCtx(ctx, "h2", []byte("who"), s.now().Add(time.Hour)); err != nil {
		t.Fatal(err)
	}
	var rows int
	if err := s.r.QueryRowContext(ctx, `SELECT count(*) FROM sessions`).Scan(&rows); err != nil || rows != 1 {
		t.Errorf("%d rows are kept (%v), want the one that lives", rows, err)
	}
}

func TestEndedSessionCannotBeBroughtBackByACallUnderWay(t *testing.T) {
	t.Parallel()
	s, pass := peopleStore(t)
	x, ctx := s.Sessions(), t.Context()
	later := s.now().Add(8 * time.Hour)
	if err := x.CommitCtx(ctx, "h1", []byte("who"), later); err != nil {
		t.Fatal(err)
	}
	if err := x.DeleteCtx(ctx, "h1"); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if err := x.CommitCtx(ctx, "h1", []byte("who"), later); err != nil {
			t.Fatal(err)
		}
		if _, found, err := x.FindCtx(ctx, "h1"); found || err != nil {
			t.Errorf("found: %v, %v", found, err)
		}
		pass(time.Hour)
	}
	if err := x.DeleteCtx(ctx, "never there"); err != nil {
		t.Error(err)
	}
}

func TestATokensMakerAndLastUseAreKept(t *testing.T) {
	t.Parallel()
	s, pass := peopleStore(t)
	ctx, hash := t.Context(), sha256.Sum256([]byte("secret"))
	if _, err := s.CreateToken(ctx, dsr.Principal{ID: "user:root", Role: dsr.Admin}, dsr.NewToken{Name: "ci", Role: dsr.Requester, Hash: hash}); err != nil {
		t.Fatal(err)
	}
	use := func() time.Time {
		t.Helper()
		if _, err := s.PrincipalByToken(ctx, hash); err != nil {
			t.Fatal(err)
		}
		tokens, err := s.Tokens(ctx)
		if err != nil || len(tokens) != 1 || tokens[0].CreatedBy != "user:root" {
			t.Fatalf("got %+v, %v", tokens, err)
		}
		return tokens[0].UsedAt
	}
	if tokens, err := s.Tokens(ctx); err != nil || !tokens[0].UsedAt.IsZero() {
		t.Errorf("never used: %+v, %v", tokens, err)
	}
	first := use()
	if !first.Equal(s.now()) {
		t.Errorf("used at %v, noted %v", s.now(), first)
	}
	pass(59 * time.Minute)
	if again := use(); !again.Equal(first) {
		t.Errorf("within the hour it is noted again: %v", again)
	}
	pass(time.Minute)
	if later := use(); !later.Equal(s.now()) {
		t.Errorf("an hour later: %v", later)
	}
}
