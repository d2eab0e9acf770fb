package archive

import (
	"context"
	"io"
	"slices"
	"time"

	"dsr-server/internal/dsr"
)

// indexPage is the start page without its list of conversations, which is written
// line by line.
type indexPage struct {
	page
	Request  dsr.Request
	Coverage dsr.Coverage
	Software string
	Sources  []indexSource
	Window   string
	Found    string
	Any      bool   // something was found
	Attached bool   // messages refer to files
	Withheld string // how much is left out
	Informed []informed
}

// indexSource is one source's part of the search.
type indexSource struct {
	dsr.SourceCoverage
	t         *texts
	Title     string
	Dir       string
	Asked     string
	Found     string
	Read      string
	FilesRead []string // of each file
	HasAny    bool
	// Attached says how many files the messages refer to, if any were found.
	Attached string
	HasFiles bool // in the archive
}

// indexMonth opens the conversations of one month.
type indexMonth struct {
	Month string
	Next  bool // another month comes before it
}

// Said are the reasons in the page's words, each once. What only an operator needs is
// in coverage.json.
func (s indexSource) Said() (out []string) {
	for _, why := range s.Reasons {
		if words := s.t.Reason(why.Code); !slices.Contains(out, words) {
			out = append(out, words)
		}
	}
	return out
}

// Assumed are the assumptions in the page's words. That the period had no end yet is seen from
// the period; coverage.json has it too.
func (s indexSource) Assumed() (out []string) {
	for _, a := range s.Assumes {
		if a.Code != dsr.AssumesOpenEnd {
			out = append(out, s.t.Assumption(a))
		}
	}
	return out
}

// indexRow is one line of the list of conversations.
type indexRow struct {
	T          *texts
	Href       string
	Start      time.Time
	Title      string // instead of Start, where there is no conversation
	Source     string // its title
	Messages   int64
	FirstWords string
}

func (p *packer) writeIndex(ctx context.Context) error {
	data := p.indexPage()
	err := p.zip.add(indexName, func(w io.Writer) error {
		if err := render(w, "index-begin", data); err != nil {
			return err
		}
		if data.Any {
			if err := p.writeList(ctx, w, data); err != nil {
				return err
			}
		}
		if err := p.writeFileList(ctx, w); err != nil {
			return err
		}
		return render(w, "index-end", data)
	})
	p.forgetWords()
	return err
}

// forgetWords gives back what only the list has shown, before the directory of the ZIP
// begins to grow.
func (p *packer) forgetWords() {
	for _, s := range p.sources {
		for i := range s.conversations {
			s.conversations[i].first = ""
		}
	}
}

func (p *packer) writeList(ctx context.Context, w io.Writer, data indexPage) error {
	if err := render(w, "list-begin", data); err != nil {
		return err
	}
	next := make([]int, len(p.sources)) // of each source, the conversation not listed yet
	month := ""
	for ctx.Err() == nil {
		s := p.oldest(next)
		if s < 0 {
			return render(w, "list-end", data)
		}
		row := p.indexRow(p.sources[s], next[s])
		if here := p.month(row.Start); here != month {
			if err := render(w, "list-month", indexMonth{here, month != ""}); err != nil {
				return err
			}
			month = here
		}
		if err := render(w, "list-row", row); err != nil {
			return err
		}
		next[s]++
	}
	return ctx.Err()
}

// month heads the conversations that began in it.
func (p *packer) month(start time.Time) string {
	if start.IsZero() {
		return p.texts.MonthUnknown
	}
	return p.texts.Month(start)
}

// oldest returns the source whose next conversation began first, or -1 at the end.
func (p *packer) oldest(next []int) int {
	best := -1
	for s, part := range p.sources {
		if next[s] < len(part.conversations) && (best < 0 || p.start(s, next).before(p.start(best, next))) {
			best = s
		}
	}
	return best
}

func (p *packer) start(source int, next []int) sortKey {
	return sortKey{at: p.sources[source].conversations[next[source]].start.time(), id: p.sources[source].name}
}

func (p *packer) indexRow(s *sourcePart, i int) indexRow {
	c := &s.conversations[i]
	return indexRow{T: p.texts, Href: transcriptPath(s.dir, s.fileName(i)), Start: c.start.time(), Title: s.titles[i], Source: s.title,
		Messages: c.messages, FirstWords: c.first}
}

func (p *packer) indexPage() indexPage {
	t := p.texts
	conversations, messages := p.counts()
	data := indexPage{
		page:    page{T: t, Title: t.Title, Controller: p.in.Request.Presentation.Controller},
		Request: p.in.Request, Coverage: p.in.Coverage, Software: p.in.Software,
		Window: t.Window(p.in.Request.Window.Start, p.in.Request.Window.End, p.in.Request.AsOf),
		Found:  p.found(conversations, messages), Any: conversations > 0,
		Informed: p.information(), Withheld: p.withheldWords(),
	}
	for _, s := range p.sources {
		data.Sources = append(data.Sources, p.indexSource(s))
		data.Attached = data.Attached || len(s.files.known) > 0
	}
	return data
}

// found says how much was found and never more than is known.
func (p *packer) found(conversations, messages int64) string {
	t := p.texts
	switch {
	case conversations > 0:
		return fill(t.FoundSome, t.CountConversations(conversations), t.CountMessages(messages))
	case p.in.Coverage.Complete:
		return t.FoundNothing
	}
	return t.FoundNothingYet
}

func (p *packer) indexSource(s *sourcePart) indexSource {
	t := p.texts
	var records int64
	for _, r := range s.coverage.Read {
		records += r.Records
	}
	out := indexSource{SourceCoverage: s.coverage, t: t, Title: s.title, Dir: s.dir, Found: t.SourceNothing, HasAny: len(s.conversations) > 0,
		Asked: t.SpanWords(s.coverage.Asked),
		Read:  fill(t.ReadSentence, t.count(records, t.RecordOne, t.RecordMany))}
	if len(s.conversations) > 0 {
		out.Attached = p.fileWords(s)
	}
	out.HasFiles = s.fetched > 0
	for _, r := range s.coverage.Read {
		if r.File != "" {
			out.FilesRead = append(out.FilesRead, t.fileRead(r))
		}
	}
	if out.HasAny {
		out.Found = t.CountConversations(int64(len(s.conversations))) + ", " + t.CountMessages(s.messages)
	}
	return out
}
