package http

import (
	"context"
	"maps"
	"slices"
	"time"

	"dsr-server/internal/dsr"
)

func (f *fakeService) SourceHealth(context.Context) ([]dsr.SourceHealth, error) {
	defer f.mu.Unlock()
	if err := f.enter("SourceHealth"); err != nil {
		return nil, err
	}
	return f.sources, nil
}

func (f *fakeService) Tokens(context.Context) (tokens []dsr.Token, err error) {
	defer f.mu.Unlock()
	if err := f.enter("Tokens"); err != nil {
		return nil, err
	}
	for _, name := range slices.Sorted(maps.Keys(f.made)) {
		tokens = append(tokens, f.made[name])
	}
	return tokens, nil
}

func (f *fakeService) CreateToken(_ context.Context, _ dsr.Principal, name string, role dsr.Role, _ [32]byte) (dsr.Token, error) {
	defer f.mu.Unlock()
	if err := f.enter("CreateToken"); err != nil {
		return dsr.Token{}, err
	}
	if _, there := f.made[name]; there {
		return dsr.Token{}, &dsr.Error{Kind: dsr.Conflict, Code: "name_in_use", Field: "name", Detail: "there is a token with this name"}
	}
	f.made[name] = dsr.Token{Name: name, Role: role, CreatedAt: f.now()}
	return f.made[name], nil
}

func (f *fakeService) RevokeToken(_ context.Context, _ dsr.Principal, name string) error {
	defer f.mu.Unlock()
	if err := f.enter("RevokeToken"); err != nil {
		return err
	}
	if _, there := f.made[name]; !there {
		return dsr.Errorf(dsr.NotFound, "not_found", "there is no token with this name")
	}
	delete(f.made, name)
	return nil
}

func (f *fakeService) Estimate(context.Context, dsr.Submission) (dsr.Estimate, error) {
	defer f.mu.Unlock()
	if err := f.enter("Estimate"); err != nil {
		return dsr.Estimate{}, err
	}
	return dsr.Estimate{Calls: 7, Took: 2500 * time.Millisecond, MeetsDeadline: true}, nil
}

// staff is what is said of every request.
func (f *fakeService) staff(r dsr.Request) dsr.Staff {
	warnings := []dsr.Reason{}
	if r.Result != nil {
		warnings = []dsr.Reason{{Code: dsr.WeakMatch, Detail: "matches on a first name alone in it-desk: 2; many people share one, so look at these records before they are sent"}}
	}
	for _, w := range r.Warnings {
		warnings = append(warnings, w.ForStaff())
	}
	if r.Status.Open() {
		warnings = []dsr.Reason{{Code: "late", Detail: "at the present pace the search ends after the request is due"}}
	}
	return dsr.Staff{Warnings: warnings,
		Shared: []dsr.Sharing{{Source: "support-bot", Requests: 3}},
		NearMisses: dsr.NearMisses{Untold: 1, Near: []dsr.NearMiss{
			{Source: "support-bot", ConversationID: "5c80416892d94e40a64cea7dc6406e25", Paths: []string{"contact.<b>mail</b>", "transcript"}},
			{Source: "it-desk", ConversationID: "7b1f", Paths: []string{""}},
		}}}
}

func (f *fakeService) CheckSource(_ context.Context, name string) ([]dsr.Finding, error) {
	defer f.mu.Unlock()
	if err := f.enter("CheckSource"); err != nil {
		return nil, err
	}
	if name != "support-bot" {
		return nil, dsr.Errorf(dsr.NotFound, "not_found", "there is no such source")
	}
	return []dsr.Finding{{Name: "key", OK: false, Text: "the vendor refuses the key with status 403", Advice: "put a valid key into the source's key file"}}, nil
}
