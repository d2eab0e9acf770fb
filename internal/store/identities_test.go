package store

import (
	"slices"
	"testing"

	"dsr-server/internal/dsr"
)

func identity(issuer, subject string, role dsr.Role) dsr.StaffIdentity {
	return dsr.StaffIdentity{Issuer: issuer, Subject: subject, Login: "ana", Name: "Ana", Role: role}
}

// TestTwoIssuersSubjectsDoNotMeet: the same subject, or the same name, is somebody else.
func TestTwoIssuersSubjectsDoNotMeet(t *testing.T) {
	t.Parallel()
	l := newLife(t, nil)
	var ids []string
	for _, id := range []dsr.StaffIdentity{identity("https://a", "1", dsr.Approver), identity("https://b", "1", dsr.Approver), identity("https://a", "2", dsr.Approver), identity("https://a", "1", dsr.Approver)} {
		p, err := l.s.SignInWithIdentity(t.Context(), id, unknownHash)
		l.must(err)
		if !p.External {
			t.Errorf("%s is not external", p.ID)
		}
		ids = append(ids, p.ID)
	}
	if ids[0] != "user:ana" || ids[3] != ids[0] || len(slices.Compact(slices.Sorted(slices.Values(ids)))) != 3 {
		t.Errorf("got %v", ids)
	}
}

// TestAnAccountIsNamedUsablyWhateverTheProviderSays.
func TestAnAccountIsNamedUsablyWhateverTheProviderSays(t *testing.T) {
	t.Parallel()
	l := newLife(t, nil)
	for i, login := range []string{"", "a b", "Ana@EXAMPLE.com", "two\nlines"} {
		id := identity("https://a", string(rune('1'+i)), dsr.Requester)
		id.Login, id.Name = login, "two\nlines"
		p, err := l.s.SignInWithIdentity(t.Context(), id, unknownHash)
		l.must(err)
		if _, faults := dsr.NewPerson(p.Login, p.Name, p.Role); len(faults) > 0 {
			t.Errorf("%q: got %+v", login, p)
		}
	}
}

// TestAPlantedIdentityIsFound by the audit: it would open somebody's account.
func TestAPlantedIdentityIsFound(t *testing.T) {
	t.Parallel()
	l := newLife(t, nil)
	l.tampered = true
	p, err := l.s.SignInWithIdentity(t.Context(), identity("https://a", "1", dsr.Admin), unknownHash)
	l.must(err)
	_, err = l.s.DB().ExecContext(t.Context(), `UPDATE identities SET subject = 'mine' WHERE person = ?`, p.ID)
	l.must(err)
	if err := l.s.CheckLog(t.Context()); err == nil {
		t.Error("nobody notices that the account is somebody else's")
	}
}

func TestWhoSignsInElsewhereHasNoPasswordToReset(t *testing.T) {
	t.Parallel()
	l := newLife(t, nil)
	_, err := l.s.SignInWithIdentity(t.Context(), identity("https://a", "1", dsr.Approver), unknownHash)
	l.must(err)
	if _, err := l.s.InviteAgain(t.Context(), admin, "ana", unknownHash, tokenHash("token")); l.code(err) != "external_account" {
		t.Errorf("got %v", err)
	}
}
