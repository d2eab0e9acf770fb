package match

import (
	"errors"
	"slices"
	"strings"

	"dsr-server/internal/record"
)

// place is an object or list of a record in which, somewhere below, the metadata begins or
// the id stands. Regions from placed on are places, by their number.
type place struct {
	own   region // of what in it lies on no path: outside of the metadata, or inside
	id    bool   // where it is a text or number, it is the record's id
	names []string
	at    []region // by name
	each  region   // of what * stands for; own where no path has one
}

var (
	errTooManyNames  = errors.New("the paths begin with more than 12 different names; name what is above, or . for the whole record")
	errTooManyPlaces = errors.New("the paths of metadata and id have too many different steps")
	errWithin        = errors.New("one path of the metadata lies within another; which one keys count from would not be known")
	errManyIDs       = errors.New("the path of the id has a *, which may stand for several")
)

const maxPlaces = 200 // a region is a byte

// way is what is left of a path, and what stands at its end.
type way struct {
	rest record.Path
	id   bool // else metadata
}

// findPlaces lays the paths of the metadata and of the id out as places.
func (s *schema) findPlaces() error {
	var ways []way
	for _, path := range s.fields.Metadata {
		ways = append(ways, way{rest: path})
	}
	if len(s.fields.ID) > 0 && !s.fields.NotAsked {
		ways = append(ways, way{rest: s.fields.ID, id: true})
	}
	if slices.ContainsFunc(s.fields.ID, func(step record.Step) bool { return step.Each }) {
		return errManyIDs
	}
	err := s.layOut(ways)
	s.flat = len(s.places) == 1
	return err
}

// layOut makes the record itself a place, whatever it has.
func (s *schema) layOut(ways []way) error {
	top := place{own: s.others}
	if s.whole {
		top.own = searched
	}
	err := s.fill(&top, ways)
	s.places = append(s.places, top)
	return err
}

// regionOf is what stands where several ways lead to from a place.
func (s *schema) regionOf(own region, ways []way) (region, error) {
	p := place{own: own}
	below := ways[:0:0]
	for _, w := range ways {
		switch {
		case len(w.rest) > 0:
			below = append(below, w)
		case w.id:
			p.id = true
		case p.own == searched:
			return own, errWithin
		default:
			p.own = searched
		}
	}
	switch {
	case len(below) == 0 && !p.id:
		return p.own, nil
	case len(below) == 0 && p.own != searched:
		return identity, nil
	}
	err := s.fill(&p, below)
	if s.places = append(s.places, p); len(s.places) > maxPlaces {
		return own, errTooManyPlaces
	}
	return placed + region(len(s.places)-1), err //nolint:gosec // under maxPlaces
}

// fill says where the ways lead to from a place.
func (s *schema) fill(p *place, ways []way) (err error) {
	p.each = p.own
	if each := onward(ways, nil); len(each) > 0 {
		if p.each, err = s.regionOf(p.own, each); err != nil {
			return err
		}
	}
	for _, w := range ways {
		if len(w.rest) == 0 || w.rest[0].Each || slices.Contains(p.names, w.rest[0].Name) {
			continue
		}
		at, err := s.regionOf(p.own, onward(ways, &w.rest[0].Name))
		if err != nil {
			return err
		}
		p.names, p.at = append(p.names, w.rest[0].Name), append(p.at, at)
	}
	return nil
}

// onward are the ways that lead through a member of that name, or, without, through any.
func onward(ways []way, name *string) (on []way) {
	for _, w := range ways {
		if len(w.rest) > 0 && (w.rest[0].Each || name != nil && w.rest[0].Name == *name) {
			on = append(on, way{w.rest[1:], w.id})
		}
	}
	return on
}

func (s *schema) top() *place { return &s.places[len(s.places)-1] }

// below is what a member is a part of. One in another case than the schema's is taken for it
// all the same.
func (p *place) below(name []byte) region {
	at := p.each
	for i, known := range p.names {
		if string(name) == known {
			return p.at[i]
		}
		if len(name) == len(known) && strings.EqualFold(string(name), known) {
			at = p.at[i]
		}
	}
	return at
}

// own is what the texts in a region are a part of.
func (s *schema) own(in region) region {
	if in < placed {
		return in
	}
	return s.places[in-placed].own
}

// element is what the elements of a list are a part of.
func (s *schema) element(in region) region {
	if in < placed {
		return in
	}
	return s.places[in-placed].each
}
