package dsr_test

import (
	"testing"

	"dsr-server/internal/dsr"
)

func TestLoginIsFoldedAndBecomesTheID(t *testing.T) {
	t.Parallel()
	p, err := dsr.NewPerson("  Ana.K@Example.COM ", "", dsr.Approver)
	if err != nil {
		t.Fatal(err)
	}
	if p.ID != "user:ana.k@example.com" || p.Name != "ana.k@example.com" || p.Role != dsr.Approver {
		t.Errorf("got %+v", p)
	}
}

func TestPersonWithUnusableValuesIsRefused(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		login, name string
		role        dsr.Role
		field       string
	}{
		{"", "", dsr.Admin, "login"},
		{"a b", "", dsr.Admin, "login"},
		{"-a", "", dsr.Admin, "login"},
		{"ana", "two\nlines", dsr.Admin, "name"},
		{"ana", "Ana", "owner", "role"},
	} {
		_, err := dsr.NewPerson(c.login, c.name, c.role)
		var e *dsr.Error
		if !asError(err, &e) || e.Field != c.field {
			t.Errorf("%q %q %q: got %v, want a fault in %s", c.login, c.name, c.role, err, c.field)
		}
	}
}

func asError(err error, target **dsr.Error) bool {
	e, ok := err.(*dsr.Error)
	*target = e
	return ok
}
