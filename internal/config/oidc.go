package config

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"dsr-server/internal/dsr"
)

// OIDC is the identity provider of the staff, and of machines that call with its tokens.
type OIDC struct {
	Issuer           string     `yaml:"issuer"` // as the provider writes it, to the letter
	ClientID         string     `yaml:"client_id"`
	ClientSecretFile SecretFile `yaml:"client_secret_file"` // none: a public client
	Scopes           []string   `yaml:"scopes"`             // beside openid
	GroupsClaim      string     `yaml:"groups_claim"`
	// Roles are what the groups may, by the names that the claim has.
	Roles map[string]string `yaml:"roles"`
	// Audience is what access tokens of machines must be for; empty: none are accepted.
	Audience string    `yaml:"audience"`
	Machines []Machine `yaml:"machines" validate:"dive"`
}

// Machine is a client that calls with access tokens of the provider.
type Machine struct {
	ClientID string `yaml:"client_id" validate:"required,max=128"`
	Role     string `yaml:"role" validate:"required,oneof=requester approver auditor admin"`
}

// On reports whether there is a provider.
func (o OIDC) On() bool { return o.Issuer != "" }

// StaffRoles are the roles of the groups.
func (o OIDC) StaffRoles() map[string]dsr.Role {
	roles := make(map[string]dsr.Role, len(o.Roles))
	for group, role := range o.Roles {
		roles[group] = dsr.Role(role)
	}
	return roles
}

// MachineRoles are the roles of the clients.
func (o OIDC) MachineRoles() map[string]dsr.Role {
	roles := make(map[string]dsr.Role, len(o.Machines))
	for _, m := range o.Machines {
		roles[m.ClientID] = dsr.Role(m.Role)
	}
	return roles
}

func (c *Config) checkOIDC(r *report) {
	o := c.OIDC
	if !o.On() {
		c.checkWithoutOIDC(r)
		return
	}
	if problem := issuerProblem(o.Issuer); problem != "" {
		r.fault("oidc.issuer", "%s", problem)
	}
	if o.ClientID == "" && !r.faulty["oidc.client_id"] {
		r.fault("oidc.client_id", "is missing; it is what the provider calls this service")
	}
	o.checkRoles(r)
	o.checkMachines(r)
	if slices.Contains(o.Scopes, "") || strings.ContainsAny(strings.Join(o.Scopes, ""), " \t\n") {
		r.fault("oidc.scopes", "must be names without blanks, each an entry of its own")
	}
}

// checkWithoutOIDC finds keys that mean nothing without a provider.
func (c *Config) checkWithoutOIDC(r *report) {
	if r.given("oidc") {
		r.fault("oidc.issuer", "is missing; it is the provider's address, as in https://id.example.com/realms/staff")
	}
	if !c.SignIn.Password {
		r.fault("sign_in.password", "is false, and there is no oidc, so nobody could sign in")
	}
}

// issuerProblem is a sentence, empty where there is none. The issuer is compared to the letter
// with what the provider says, and so left as it is.
func issuerProblem(issuer string) string {
	u, problem := readURL(issuer)
	if problem != "" {
		return problem
	}
	if u.Scheme == "http" && !loopback(u.Hostname()) {
		return "must begin with https:// (http:// only for this machine: localhost, 127.0.0.1, [::1])"
	}
	return ""
}

func (o OIDC) checkRoles(r *report) {
	if len(o.Roles) == 0 && len(o.Machines) == 0 && !r.broken["oidc.roles"] {
		r.fault("oidc.roles", "is missing, so nobody could sign in; give each group its role, as in {dsr-approvers: approver}")
	}
	for _, group := range slices.Sorted(maps.Keys(o.Roles)) {
		if names := roleNames(); !slices.Contains(names, o.Roles[group]) {
			r.fault(joinPath("oidc.roles", group), "must be one of %s; the nearest is %q", strings.Join(names, ", "), dsr.Nearest(o.Roles[group], names))
		}
	}
}

func roleNames() (names []string) {
	for _, role := range dsr.Roles {
		names = append(names, string(role))
	}
	return names
}

func (o OIDC) checkMachines(r *report) {
	if len(o.Machines) > 0 && o.Audience == "" {
		r.fault("oidc.audience", "is missing; it is what the provider's access tokens for this service are for")
	}
	first := map[string]string{}
	for i, m := range o.Machines {
		path := fmt.Sprintf("oidc.machines[%d].client_id", i)
		switch other := first[m.ClientID]; {
		case m.ClientID != "" && !dsr.MachineID(m.ClientID):
			r.fault(path, "must be 1 to 128 letters, digits or . _ : / @ -, beginning with a letter or digit: it stands in the audit log")
		case other != "":
			r.fault(path, "is the same as %s; give each client one role", other)
		default:
			first[m.ClientID] = path
		}
	}
}
