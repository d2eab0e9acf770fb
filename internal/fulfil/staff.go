package fulfil

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"dsr-server/internal/dsr"
)

// Staff says what those who work on a request should know: whether it may be late,
// whether the value asked for looks like more than one person's, who shared its scan.
func (f *Fulfiller) Staff(ctx context.Context, st interface {
	Searched
	Densities
	NearMisses(ctx context.Context, id string) (dsr.NearMisses, error)
}, id string) (dsr.Staff, error) {
	out := dsr.Staff{Warnings: []dsr.Reason{}, Shared: []dsr.Sharing{}}
	r, err := st.Lookup(ctx, id)
	if err != nil {
		return out, err
	}
	_, ranges, err := st.Searched(ctx, id)
	if err != nil {
		return out, err
	}
	out.Shared = shared(ranges, r)
	if out.NearMisses, err = st.NearMisses(ctx, id); err != nil {
		return out, err
	}
	if n := r.Progress.Conversations; n > f.o.ManyMatches {
		out.Warnings = append(out.Warnings, dsr.Reason{
			Code: "many_matches", Detail: fmt.Sprintf("%d conversations match; more than %d suggests a value that is not one person's", n, f.o.ManyMatches),
		})
	}
	coverage, err := f.Coverage(ctx, st, id)
	if err != nil {
		return out, err
	}
	out.Warnings = append(out.Warnings, weak(coverage)...)
	untold, err := f.untold(ctx, r)
	if err != nil {
		return out, err
	}
	out.Warnings = append(out.Warnings, untold...)
	late, err := f.late(ctx, st, r)
	if late {
		out.Warnings = append(out.Warnings, dsr.Reason{Code: "late", Detail: "at the present pace the search ends after the request is due"})
	}
	return out, err
}

// weak warns of each source in which records matched on too little to be one person's.
func weak(c dsr.Coverage) (warnings []dsr.Reason) {
	for _, s := range c.Sources {
		for _, a := range s.Anomalies {
			if a.Rule == dsr.WeakMatch {
				warnings = append(warnings, dsr.Reason{Code: dsr.WeakMatch, Detail: fmt.Sprintf(
					"matches on a first name alone in %s: %d; many people share one, so look at these records before they are sent", s.Name, a.Count)})
			}
		}
	}
	return warnings
}

// untold warns of each source that returned data and whose configuration does not say
// everything that Art. 15 asks for beside it.
func (f *Fulfiller) untold(ctx context.Context, r dsr.Request) (warnings []dsr.Reason, err error) {
	for _, name := range r.Sources {
		missing := f.sources[name].Information.Missing(r.Language)
		if len(missing) == 0 {
			continue
		}
		for _, err := range f.o.Found(r.ID).Conversations(ctx, name) {
			if err != nil {
				return nil, err
			}
			warnings = append(warnings, dsr.Reason{Code: "information_missing", Detail: fmt.Sprintf(
				"the archive does not tell about the data of %s (Art. 15 GDPR): %s; it is missing in the configuration, or in the request's language (%s)",
				name, strings.Join(missing, ", "), r.Language)})
			break // that there is one is enough
		}
	}
	return warnings, nil
}

// late reports whether an open request will probably be searched only after it is due.
func (f *Fulfiller) late(ctx context.Context, st interface {
	Searched
	Densities
}, r dsr.Request) (bool, error) {
	if !r.Status.Open() {
		return false, nil
	}
	eta, err := f.ETA(ctx, st, r.ID)
	return f.o.Now().Add(eta).Round(time.Second).After(r.DueAt), err
}

// shared counts, per source, the other requests whose reading was this one's too.
func shared(ranges []dsr.Range, r dsr.Request) []dsr.Sharing {
	out := []dsr.Sharing{}
	for _, source := range r.Sources {
		var others []string
		for _, g := range ranges {
			if g.Source == source && g.Endpoint == dsr.Conversations {
				others = append(others, g.Requests...)
			}
		}
		slices.Sort(others)
		n := len(slices.DeleteFunc(slices.Compact(others), func(id string) bool { return id == r.ID }))
		if n > 0 {
			out = append(out, dsr.Sharing{Source: source, Requests: n})
		}
	}
	return out
}
