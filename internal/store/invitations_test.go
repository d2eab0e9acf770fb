package store

import (
	"crypto/sha256"
	"slices"
	"testing"
	"time"

	"dsr-server/internal/dsr"
)

const (
	unknownHash = "$argon2id$v=19$m=65536,t=2,p=1$c2FsdA$bm9ib2R5"
	chosenHash  = "$argon2id$v=19$m=65536,t=2,p=1$c2FsdA$Y2hvc2Vu"
)

func tokenHash(token string) [32]byte { return sha256.Sum256([]byte(token)) }

// invited makes an account with a link that has this token.
func (l *life) invited(login string, role dsr.Role, token string) dsr.Invitation {
	l.t.Helper()
	p := person(l.t, login, role)
	p.PasswordHash = unknownHash
	i, err := l.s.Invite(l.t.Context(), admin, p, tokenHash(token))
	l.must(err)
	return i
}

func (l *life) accept(token, name string) dsr.Person {
	l.t.Helper()
	p, err := l.s.AcceptInvitation(l.t.Context(), tokenHash(token), name, chosenHash)
	l.must(err)
	return p
}

func (l *life) colleague(login string) dsr.Colleague {
	l.t.Helper()
	people, err := l.s.Colleagues(l.t.Context())
	l.must(err)
	i := slices.IndexFunc(people, func(p dsr.Colleague) bool { return p.Login == login })
	if i < 0 {
		l.t.Fatalf("%s is not among %v", login, people)
	}
	return people[i]
}

func TestWhoIsInvitedChoosesNameAndPasswordOnce(t *testing.T) {
	t.Parallel()
	l := newLife(t, nil)
	i := l.invited("ana", dsr.Approver, "token")
	if got := l.colleague("ana"); !got.InvitedUntil.Equal(i.ExpiresAt) || !got.SignedInAt.IsZero() || i.ExpiresAt.Sub(l.now()) != 24*time.Hour {
		t.Errorf("invited: %+v until %v", got, i.ExpiresAt)
	}
	if seen, err := l.s.Invitation(t.Context(), tokenHash("token")); err != nil || seen.Person.Login != "ana" || seen.Reset {
		t.Errorf("the link opens %+v, %v", seen, err)
	}
	p := l.accept("token", "Ana Kowalska")
	if p.Name != "Ana Kowalska" || p.PasswordHash != chosenHash || p.Role != dsr.Approver || p.Epoch != 1 {
		t.Errorf("accepted: %+v", p)
	}
	if got := l.colleague("ana"); !got.InvitedUntil.IsZero() || !got.SignedInAt.Equal(l.now()) || got.Name != "Ana Kowalska" {
		t.Errorf("afterwards: %+v", got)
	}
	if _, err := l.s.AcceptInvitation(t.Context(), tokenHash("token"), "Eve", unknownHash); l.code(err) != "link_ended" {
		t.Errorf("a second time: %v", err)
	}
	for _, e := range []string{"user.created token:admin", "invitation.created token:admin", "user.password_changed user:ana", "user.signed_in user:ana"} {
		if !slices.Contains(happened(t, l.s), e) {
			t.Errorf("%q is not on record", e)
		}
	}
}

func TestInvitationsEndAfterADayAndWithWhatTakesTheirPlace(t *testing.T) {
	t.Parallel()
	for name, end := range map[string]func(l *life) error{
		"a day": func(l *life) error { l.pass(24 * time.Hour); return nil },
		"a clock set back afterwards": func(l *life) error {
			l.pass(24 * time.Hour)
			_ = l.s.clock.latest()
			l.pass(-20 * time.Hour)
			return nil
		},
		"a new link": func(l *life) error {
			_, err := l.s.InviteAgain(l.t.Context(), admin, "ana", unknownHash, tokenHash("other"))
			return err
		},
		"disabled": func(l *life) error { return l.s.DisablePerson(l.t.Context(), admin, "ana") },
		"the operator's": func(l *life) error {
			return l.s.ChangePassword(l.t.Context(), dsr.Principal{ID: "command"}, "ana", chosenHash)
		},
	} {
		l := newLife(t, nil)
		l.invited("ana", dsr.Requester, "token")
		l.must(end(l))
		if _, err := l.s.Invitation(t.Context(), tokenHash("token")); l.code(err) != "link_ended" {
			t.Errorf("%s: %v", name, err)
		}
		if _, err := l.s.AcceptInvitation(t.Context(), tokenHash("token"), "Ana", chosenHash); l.code(err) != "link_ended" {
			t.Errorf("%s: accepted, %v", name, err)
		}
	}
}

// TestAResetEndsSessionsAndTheOldPassword: nobody knows the new one before it is chosen.
func TestAResetEndsSessionsAndTheOldPassword(t *testing.T) {
	t.Parallel()
	l := newLife(t, nil)
	before, err := l.s.CreatePerson(t.Context(), admin, person(t, "ana", dsr.Requester))
	l.must(err)
	i, err := l.s.InviteAgain(t.Context(), admin, " ANA ", unknownHash, tokenHash("token"))
	l.must(err)
	after, err := l.s.PersonByLogin(t.Context(), "ana")
	l.must(err)
	if after.PasswordHash != unknownHash || after.Epoch <= before.Epoch || !i.Reset {
		t.Errorf("after the reset: %+v, %+v", after, i)
	}
	if !slices.Contains(happened(t, l.s), "user.reset token:admin") {
		t.Error("the reset is not on record")
	}
}

func TestNobodyChangesTheirOwnAccountAsAnAdministrator(t *testing.T) {
	t.Parallel()
	l := newLife(t, nil)
	p, err := l.s.CreatePerson(t.Context(), admin, person(t, "root", dsr.Admin))
	l.must(err)
	_, again := l.s.InviteAgain(t.Context(), p.Principal(), "root", unknownHash, tokenHash("token"))
	for what, err := range map[string]error{
		"disable": l.s.DisablePerson(t.Context(), p.Principal(), "root"), "reset": again,
		"role": l.s.ChangeRole(t.Context(), p.Principal(), "root", dsr.Requester),
	} {
		if l.code(err) != "own_account" {
			t.Errorf("%s: %v", what, err)
		}
	}
	if got := l.colleague("root"); got.Disabled || got.Role != dsr.Admin || got.Epoch != 0 {
		t.Errorf("afterwards: %+v", got)
	}
}

func TestAccountsAreDisabledEnabledAndGivenAnotherRole(t *testing.T) {
	t.Parallel()
	l := newLife(t, nil)
	ctx := t.Context()
	_, err := l.s.CreatePerson(ctx, admin, person(t, "ana", dsr.Requester))
	l.must(err)
	for range 2 { // the second time changes nothing, and is not on record
		l.must(l.s.DisablePerson(ctx, admin, "ana"))
	}
	if _, err := l.s.InviteAgain(ctx, admin, "ana", unknownHash, tokenHash("token")); l.code(err) != "account_disabled" {
		t.Errorf("invited while disabled: %v", err)
	}
	for range 2 {
		l.must(l.s.EnablePerson(ctx, admin, "ana"))
		l.must(l.s.ChangeRole(ctx, admin, "ana", dsr.Approver))
	}
	if got := l.colleague("ana"); got.Disabled || got.Role != dsr.Approver || got.Epoch == 0 {
		t.Errorf("afterwards: %+v", got)
	}
	if err := l.s.EnablePerson(ctx, admin, "ben"); l.code(err) != "not_found" {
		t.Errorf("nobody: %v", err)
	}
	got := happened(t, l.s)
	for _, e := range []string{"user.disabled token:admin", "user.enabled token:admin", "user.role_changed token:admin"} {
		if n := len(slices.DeleteFunc(slices.Clone(got), func(h string) bool { return h != e })); n != 1 {
			t.Errorf("%q is on record %d times", e, n)
		}
	}
}

// TestWhoResetAnAccountDoesNotDecideWhatItSubmits: for a week, the person may be whoever
// holds the link.
func TestWhoResetAnAccountDoesNotDecideWhatItSubmits(t *testing.T) {
	t.Parallel()
	l := newLife(t, func(o *Options) { o.ReviewAll = true })
	ctx := t.Context()
	ana := l.accepted("ana", "first")
	submit := func(reference string) string {
		r, err := l.s.Submit(ctx, dsr.Call{By: ana.Principal()}, dsr.Submission{Reference: reference, ReceivedAt: l.now(), Language: "en",
			Selectors: []dsr.Selector{{ConversationID: "c"}}, Sources: []string{"bot"}})
		l.must(err)
		l.finish(r.ID)
		return r.ID
	}
	invited, before := submit("INVITED"), submit("BEFORE")
	if _, err := l.s.Approve(ctx, byAdmin, invited); err != nil {
		t.Errorf("what somebody submits who was invited, not reset: %v", err)
	}
	l.pass(time.Hour)
	_, err := l.s.InviteAgain(ctx, admin, "ana", unknownHash, tokenHash("reset"))
	l.must(err)
	l.pass(time.Hour)
	ana = l.accept("reset", "Ana")
	since, later := submit("SINCE"), submit("LATER")
	for _, token := range []string{"another", "yet another"} { // another's link takes no doubt away
		for _, decide := range []func() error{
			func() error { _, err := l.s.Approve(ctx, byAdmin, since); return err },
			func() error { _, err := l.s.Reject(ctx, byAdmin, since); return err },
		} {
			if err := decide(); l.code(err) != "reset_by_you" || dsr.KindOf(err) != dsr.Forbidden {
				t.Errorf("what came in since: %v", err)
			}
		}
		_, err = l.s.InviteAgain(ctx, dsr.Principal{ID: "user:other", Role: dsr.Admin}, "ana", unknownHash, tokenHash(token))
		l.must(err)
	}
	_, err = l.s.Approve(ctx, byAdmin, before)
	l.must(err)
	_, err = l.s.Approve(ctx, dsr.Call{By: approver}, since)
	l.must(err)
	l.pass(7*24*time.Hour - 2*time.Hour)
	if _, err = l.s.Approve(ctx, byAdmin, later); l.code(err) != "reset_by_you" {
		t.Errorf("an hour before the week is over: %v", err)
	}
	l.pass(time.Hour)
	_, err = l.s.Approve(ctx, byAdmin, later)
	l.must(err)
}

// TestWhoMadeATokenDoesNotDecideWhatComesInByIt, for a week, also when it is revoked meanwhile.
func TestWhoMadeATokenDoesNotDecideWhatComesInByIt(t *testing.T) {
	t.Parallel()
	l := newLife(t, func(o *Options) { o.ReviewAll = true })
	ctx := t.Context()
	_, err := l.s.CreateToken(ctx, admin, dsr.NewToken{Name: "tickets", Role: dsr.Requester, Hash: tokenHash("tickets")})
	l.must(err)
	submit := func(reference string) string {
		r, err := l.s.Submit(ctx, dsr.Call{By: dsr.Principal{ID: "token:tickets"}}, named(reference, l))
		l.must(err)
		l.finish(r.ID)
		return r.ID
	}
	one, other, last := submit("ONE"), submit("OTHER"), submit("LAST")
	barred := func(by dsr.Principal, id string) string {
		snap, _, err := l.s.Told(ctx, by, id)
		l.must(err)
		if snap.Barred == nil {
			return ""
		}
		return snap.Barred.Code
	}
	if got := []string{barred(admin, one), barred(approver, one), barred(requester, one)}; !slices.Equal(got, []string{"token_by_you", "", ""}) {
		t.Errorf("kept from deciding: %q", got)
	}
	l.must(l.s.RevokeToken(ctx, admin, "tickets"))
	if _, err := l.s.Approve(ctx, byAdmin, one); l.code(err) != "token_by_you" {
		t.Errorf("after it was revoked: %v", err)
	}
	_, err = l.s.Approve(ctx, dsr.Call{By: approver}, other)
	l.must(err)
	l.pass(7 * 24 * time.Hour)
	_, err = l.s.Approve(ctx, byAdmin, last)
	l.must(err)
}

// accepted is somebody who was invited and has chosen a password.
func (l *life) accepted(login, token string) dsr.Person {
	l.t.Helper()
	l.invited(login, dsr.Requester, token)
	return l.accept(token, login)
}

// TestAnInvitationPlantedInTheDatabaseIsNamed: it would be a way in.
func TestAnInvitationPlantedInTheDatabaseIsNamed(t *testing.T) {
	t.Parallel()
	l := newLife(t, nil)
	l.tampered = true
	i := l.invited("ana", dsr.Admin, "token")
	l.must(l.s.CheckLog(t.Context()))
	hash := tokenHash("planted")
	_, err := l.s.w.ExecContext(t.Context(), `UPDATE invitations SET hash = ? WHERE id = ?`, hash[:], i.ID)
	l.must(err)
	if err := l.s.CheckLog(t.Context()); err == nil {
		t.Error("another secret was not noticed")
	}
}
