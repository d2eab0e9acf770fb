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
		if _, found := dsr.NewPerson(c.login, c.name, c.role); len(found) != 1 || found[0].Field != c.field {
			t.Errorf("%q %q %q: got %v, want a fault in %s", c.login, c.name, c.role, found, c.field)
		}
	}
	if _, found := dsr.NewPerson("a b", "two\nlines", "owner"); len(found) != 3 {
		t.Errorf("got %v, want all three", found)
	}
}
