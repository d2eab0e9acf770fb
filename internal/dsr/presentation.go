package dsr

import "time"

// Presentation is how an archive presents itself to the data subject. It is fixed when
// the request is submitted, so that a later change of the configuration changes no
// archive.
type Presentation struct {
	Zone       string          `json:"zone,omitempty"` // IANA name of the time zone; empty is UTC
	Controller Controller      `json:"controller"`
	Titles     map[string]Text `json:"titles,omitempty"` // what people call the sources, by name
}

// Controller is who answers the request (GDPR Art. 4(7)), as the data subject is told.
type Controller struct {
	Name    string `json:"name,omitempty"`
	Contact string `json:"contact,omitempty"` // an address, a telephone number, or both
}

// Location is the time zone; UTC where the name is empty or not known here.
func (p Presentation) Location() *time.Location {
	zone, err := time.LoadLocation(p.Zone)
	if err != nil {
		return time.UTC
	}
	return zone
}

// For is the presentation of a request that asks for these sources alone.
func (p Presentation) For(sources []string) Presentation {
	titles := map[string]Text{}
	for _, name := range sources {
		if title, has := p.Titles[name]; has {
			titles[name] = title
		}
	}
	p.Titles = titles
	return p
}

// Title is what people call a source in a language; its name where it has no title.
func (p Presentation) Title(source, language string) string {
	if words, _ := p.Titles[source].In(language); words != "" {
		return words
	}
	return source
}
