package config

import (
	"dsr-server/internal/dsr"
	"dsr-server/internal/export"
	"dsr-server/internal/export/declared"
)

// declare reads the declarations of sources, before defaults are filled in: a declaration
// that comes with the program has some.
func (c *Config) declare(r *report) {
	for i := range c.Sources {
		switch s := &c.Sources[i]; s.Type {
		case "rest":
			s.declare(sourcePath(i), r)
		case "dump":
			s.readForm(sourcePath(i), r)
		}
	}
}

func (s *Source) declare(path string, r *report) {
	own := map[string]declared.Part{
		"auth": s.Auth, "headers": s.Headers, "rate_over": s.RateOver, "size": s.PageSizes, "conversations": s.Conversations, "messages": s.Messages,
	}
	d, wrong := declared.Read(s.Declaration, own)
	for _, f := range wrong {
		at := joinPath(path, f.Path)
		if r.lines[at] == 0 {
			r.lines[at] = f.Line
		}
		r.fault(at, "%s", f.Text)
	}
	if len(wrong) > 0 {
		return
	}
	s.declared, s.AuthFile = d, SecretFile{Path: d.Auth.File}
	if d.Auth.Kind != "" && d.Auth.File == "" {
		r.fault(path+".auth", "has no file; name the one that holds the secret (file: ./key)")
	}
	if d.Defaults.BaseURL != "" && !r.given(path+".base_url") {
		s.BaseURL, r.values[path+".base_url"] = d.Defaults.BaseURL, true
	}
}

// Declared is the declaration of a source of type rest; nil of any other.
func (s Source) Declared() *declared.Declaration { return s.declared }

// typed is what the source's type asks of it. Of type rest its declaration says the vendor's
// figures.
func (s *Source) typed() sourceType {
	t := sourceTypes[s.Type]
	if d := s.declared; d != nil {
		t.rate, t.pageSize, t.maxRange = d.Defaults.Rate, d.Defaults.PageSize, export.Widest(d.Conversations)
	}
	if s.Type == "rest" && t.pageSize == 0 {
		t.pageSize = largestDeclared
	}
	return t
}

// largestDeclared is how many records a page may have of a vendor whose largest is not known.
const largestDeclared = 10_000

// checkFigures asks for what the vendor documents and nothing has a value for.
func (s *Source) checkFigures(path string, r *report) {
	if s.Rate.Per == 0 {
		r.fault(path+".rate", "is missing; give the rate that the vendor documents, as in 3/s or 1000/5min")
	}
	if c, m := s.declared.Conversations, s.declared.Messages; s.PageSize == largestDeclared && !r.given(path+".page_size") && s.declared.Defaults.PageSize == 0 && (c.Uses(declared.Size) || m.Uses(declared.Size)) {
		r.fault(path+".page_size", "is missing; give the largest page that the vendor documents, which goes where {size} stands")
	}
}

// fillDeclared sets what the declaration has values for.
func (s *Source) fillDeclared(given func(key string) bool) {
	d := s.declared
	if d == nil {
		return
	}
	setDefault(&s.WindowField, string(d.Conversations.Window.By), given("window_field"))
	setDefault(&s.WindowMargin, d.Defaults.WindowMargin, given("window_margin"))
	setDefault(&s.IngestLag, d.Defaults.IngestLag, given("ingest_lag"))
	setDefault(&s.Horizon, d.Horizon, given("horizon"))
}

// describe adds to a source what its declaration says of it.
func (s Source) describe(d *dsr.Source) {
	c, m := s.declared.Conversations, s.declared.Messages
	d.Declared = recorded(s.declared.Identity, s.declared.Fields)
	d.PageMin, d.Step = s.declared.SizeMin, c.Window.Step
	d.Whole = !c.Uses(declared.Start) || !c.Uses(declared.Finish)
	d.WholeMessages = !m.Uses(declared.Start) || !m.Uses(declared.Finish)
}
