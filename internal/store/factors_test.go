package store

import (
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"dsr-server/internal/auth"
	"dsr-server/internal/dsr"
)

const factorSecret = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"

// withFactor is somebody who signs in with a second factor and these recovery codes.
func (l *life) withFactor(login string, codes ...string) dsr.Person {
	l.t.Helper()
	p, err := l.s.CreatePerson(l.t.Context(), admin, person(l.t, login, dsr.Requester))
	l.must(err)
	l.must(l.s.SetSecondFactor(l.t.Context(), p.Principal(), factorSecret, 100, auth.HashRecoveryCodes(codes)))
	return p
}

func TestASecondFactorIsSealedAndPartOfThePerson(t *testing.T) {
	t.Parallel()
	l := newLife(t, nil)
	ctx := t.Context()
	p := l.withFactor("ana", "one", "two")
	if got, err := l.s.Person(ctx, p.ID); err != nil || !got.SecondFactor {
		t.Errorf("the person: %+v, %v", got, err)
	}
	if got := l.colleague("ana"); !got.SecondFactor {
		t.Error("the list does not say so")
	}
	if got, err := l.s.SecondFactor(ctx, p.ID); err != nil || got.CodesLeft != 2 || !got.Since.Equal(l.now()) {
		t.Errorf("got %+v, %v", got, err)
	}
	if got, err := l.s.FactorSecret(ctx, p.ID); err != nil || got != factorSecret {
		t.Errorf("got %q, %v", got, err)
	}
	l.grep(factorSecret, false)
	if err := l.s.SetSecondFactor(ctx, p.Principal(), factorSecret, 1, nil); l.code(err) != "second_factor_set" {
		t.Errorf("a second one: %v", err)
	}
	if err := l.s.rotate(ctx, func(string) error { return nil }); err != nil {
		t.Fatal(err)
	}
	if got, err := l.s.FactorSecret(ctx, p.ID); err != nil || got != factorSecret {
		t.Errorf("after a rotation of the master key: %q, %v", got, err)
	}
}

func TestACodeIsUsedOnce(t *testing.T) {
	t.Parallel()
	l := newLife(t, nil)
	p := l.withFactor("ana", "one", "two")
	var mu sync.Mutex
	var opened int
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			ok, err := l.s.SpendStep(t.Context(), p.ID, 101)
			mu.Lock()
			defer mu.Unlock()
			if err != nil {
				t.Error(err)
			}
			if ok {
				opened++
			}
		})
	}
	wg.Wait()
	if opened != 1 {
		t.Errorf("one code opened %d times", opened)
	}
	for step, want := range map[int64]bool{100: false, 101: false} {
		if ok, err := l.s.SpendStep(t.Context(), p.ID, step); ok != want || err != nil {
			t.Errorf("step %d: %v, %v", step, ok, err)
		}
	}
	for i, want := range []bool{true, false} {
		if ok, err := l.s.SpendRecoveryCode(t.Context(), p.ID, auth.HashRecoveryCode("one")); ok != want || err != nil {
			t.Errorf("recovery code, time %d: %v, %v", i+1, ok, err)
		}
	}
	got := strings.Join(happened(t, l.s), ",")
	if n := strings.Count(got, "user.signed_in user:ana"); n != 2 {
		t.Errorf("%d sign-ins are on record: %s", n, got)
	}
	if f, err := l.s.SecondFactor(t.Context(), p.ID); err != nil || f.CodesLeft != 1 {
		t.Errorf("%+v, %v", f, err)
	}
}

func TestRecoveryCodesAreRenewed(t *testing.T) {
	t.Parallel()
	l := newLife(t, nil)
	p := l.withFactor("ana", "old")
	l.must(l.s.RenewRecoveryCodes(t.Context(), p.Principal(), auth.HashRecoveryCodes([]string{"new"})))
	for code, want := range map[string]bool{"old": false, "new": true} {
		if ok, err := l.s.SpendRecoveryCode(t.Context(), p.ID, auth.HashRecoveryCode(code)); ok != want || err != nil {
			t.Errorf("%s: %v, %v", code, ok, err)
		}
	}
}

// TestAResetRemovesTheSecondFactor: a phone that is lost is lost with the password.
func TestAResetRemovesTheSecondFactor(t *testing.T) {
	t.Parallel()
	for name, remove := range map[string]func(l *life) error{
		"reset": func(l *life) error {
			_, err := l.s.InviteAgain(l.t.Context(), admin, "ana", unknownHash, tokenHash("token"))
			return err
		},
		"removed": func(l *life) error { return l.s.RemoveSecondFactor(l.t.Context(), admin, "ana") },
	} {
		l := newLife(t, nil)
		p := l.withFactor("ana", "one")
		l.must(remove(l))
		if got, err := l.s.Person(t.Context(), p.ID); err != nil || got.SecondFactor {
			t.Errorf("%s: %+v, %v", name, got, err)
		}
		if ok, err := l.s.SpendRecoveryCode(t.Context(), p.ID, auth.HashRecoveryCode("one")); ok || err != nil {
			t.Errorf("%s: a recovery code is left: %v", name, err)
		}
		if !slices.Contains(happened(t, l.s), "factor.removed token:admin") {
			t.Errorf("%s: not on record", name)
		}
	}
}

// TestASecondFactorRemovedPastTheProgramIsNamed: or replaced by one that somebody else has.
func TestASecondFactorRemovedPastTheProgramIsNamed(t *testing.T) {
	t.Parallel()
	for _, statement := range []string{`DELETE FROM second_factors`, `UPDATE second_factors SET secret = x'01'`} {
		l := newLife(t, nil)
		l.tampered = true
		l.withFactor("ana")
		l.must(l.s.CheckLog(t.Context()))
		_, err := l.s.w.ExecContext(t.Context(), statement)
		l.must(err)
		if err := l.s.CheckLog(t.Context()); err == nil || !strings.Contains(err.Error(), "factor user:ana") {
			t.Errorf("%s: %v", statement, err)
		}
	}
}

func TestSessionsAreListedAndEnded(t *testing.T) {
	t.Parallel()
	l := newLife(t, nil)
	x, ctx := l.s.Sessions(), t.Context()
	for _, key := range []string{"h1", "h2", "h3"} {
		l.must(x.CommitCtx(ctx, key, []byte("data of "+key), l.now().Add(dsr.SessionLifetime)))
		l.pass(time.Second)
	}
	live, err := x.Live(ctx)
	l.must(err)
	if len(live) != 3 || live[0].Key != "h3" || string(live[0].Data) != "data of h3" {
		t.Errorf("got %+v", live)
	}
	l.must(x.End(ctx, "user:ana", []string{"h1", "h3"}))
	if live, err = x.Live(ctx); err != nil || len(live) != 1 || live[0].Key != "h2" {
		t.Errorf("afterwards %+v, %v", live, err)
	}
	if _, found, err := x.FindCtx(ctx, "h1"); found || err != nil {
		t.Errorf("an ended session is found: %v", err)
	}
	if !slices.Contains(happened(t, l.s), "user.signed_out user:ana") {
		t.Error("not on record")
	}
	l.pass(dsr.SessionLifetime)
	if live, err = x.Live(ctx); err != nil || len(live) != 0 {
		t.Errorf("after eight hours %+v, %v", live, err)
	}
}
