package archive

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"slices"
	"strconv"
	"time"

	"dsr-server/internal/dsr"
	"dsr-server/internal/record"
)

// messagesPerPage keeps a page light for old telephones and screen readers.
const messagesPerPage = 500

// transcriptPage is one page of a conversation without its messages, which are
// written one by one.
type transcriptPage struct {
	page
	Source                      string
	part                        *sourcePart
	Record                      dsr.Record
	Count                       int64
	Withheld                    string // why all of it is; empty: it is not
	Unknown                     bool   // which conversation the messages are of
	Why                         []whyLine
	Details                     *record.Value // the whole record
	Number                      int64         // of this page
	Pages                       int64
	First, Previous, Next, Last string // links to pages of the conversation; empty where there is none
	PreviousTalk, NextTalk      string // links to the conversations before and after, of the same source
}

type whyLine struct{ Words, Path string }

// messageView is one message as shown.
type messageView struct {
	T       *texts
	Number  int64
	Anchor  string
	Sender  record.Sender
	Kind    string // of record; empty for what the sender says already
	Action  string
	Clock   string // time of day
	Machine string // the full time, for programs
	Texts   []string
	Options []string
	Form    *record.Value
	Further *record.Value
	Files   []fileView
}

// dayView opens the messages of one day.
type dayView struct {
	Day   string
	First int64 // number of the first message
}

func (p *packer) writeTranscripts(ctx context.Context) error {
	for _, s := range p.sources {
		taken := s.namesTaken()
		err := p.eachConversation(ctx, s, func(i int, rec dsr.Record) error {
			return p.writeTranscript(ctx, s, i, rec, taken)
		})
		if err != nil {
			return fmt.Errorf("transcripts of %s: %w", s.name, err)
		}
	}
	return nil
}

// namesTaken are the names of all conversations, if there is one with further pages.
func (s *sourcePart) namesTaken() *names {
	taken := newNames()
	if !slices.ContainsFunc(s.conversations, func(c conversation) bool { return c.messages > messagesPerPage }) {
		return taken
	}
	for i := range s.conversations {
		taken.claim(s.fileName(i))
	}
	return taken
}

func (p *packer) writeTranscript(ctx context.Context, s *sourcePart, i int, rec dsr.Record, taken *names) error {
	files := pageNames(s.fileName(i), s.conversations[i].messages, taken)
	next, stop := pull(p.messagesOf(ctx, s, &s.conversations[i]))
	defer stop()
	for n, file := range files {
		data, path := p.transcriptPage(s, i, rec, files, n), transcriptPath(s.dir, file)
		err := p.zip.add(path, func(w io.Writer) error {
			return p.writePage(ctx, w, data, next)
		})
		if err != nil {
			return err
		}
		if file == s.conversations[i].id { // the ZIP's directory keeps the path: one copy is enough
			s.conversations[i].id = path[len(path)-len(file+".html") : len(path)-len(".html")]
		}
	}
	if _, err := next(); err != io.EOF {
		return cmp.Or(err, errChanged)
	}
	return nil
}

// pageNames are the files of a conversation: its own, then -2, -3, … unless another
// conversation is called that.
func pageNames(own string, messages int64, taken *names) []string {
	files := []string{own}
	for first := int64(messagesPerPage); first < messages; first += messagesPerPage {
		number := strconv.Itoa(len(files) + 1)
		name := own + "-" + number
		if taken.has(name) {
			name = own + "~" + number
		}
		files = append(files, name)
	}
	return files
}

func (p *packer) transcriptPage(s *sourcePart, i int, rec dsr.Record, files []string, n int) transcriptPage {
	t := p.texts
	data := transcriptPage{page: page{T: t, Title: t.ConversationUndated, Controller: p.in.Request.Presentation.Controller}, Source: s.title, part: s, Record: rec, Count: s.conversations[i].messages,
		Number: int64(n + 1), Pages: int64(len(files))}
	switch {
	case rec.Withheld != "":
		data.Title, data.Withheld = s.titles[i], fill(t.WithheldWhole, t.WithheldReasons[rec.Withheld])
		data.Record.LastAction = time.Time{}
	case s.titles[i] != "":
		data.Title, data.Unknown = s.titles[i], true
	case !rec.Start.IsZero():
		data.Title = fill(t.ConversationOf, t.Moment(rec.Start))
	}
	link := func(page int) string { return files[page] + ".html" }
	if n > 0 {
		data.First, data.Previous = link(0), link(n-1)
	}
	if n < len(files)-1 {
		data.Next, data.Last = link(n+1), link(len(files)-1)
	}
	if i > 0 {
		data.PreviousTalk = s.fileName(i-1) + ".html"
	}
	if i < len(s.conversations)-1 {
		data.NextTalk = s.fileName(i+1) + ".html"
	}
	if n == 0 {
		data.Why, data.Details = p.why(rec), record.Parse(rec.Raw)
	}
	return data
}

// groupTitle names a derived group of a user's messages whose conversation is not known.
func (p *packer) groupTitle(c record.Conversation) string {
	if !c.Unknown {
		return ""
	}
	return fill(p.texts.ConversationUnknown, cmp.Or(c.User, p.texts.UserUnknown))
}

// PageWords is "Page 2 of 3".
func (d transcriptPage) PageWords() string {
	return fill(d.T.PageOf, d.T.Number(d.Number), d.T.Number(d.Pages))
}

// why says for which of the request's selectors the conversation is here, in an
// order that does not depend on which was found first.
func (p *packer) why(rec dsr.Record) []whyLine {
	reasons := slices.Clone(rec.Why)
	slices.SortFunc(reasons, func(a, b dsr.Why) int {
		return cmp.Or(cmp.Compare(a.Selector, b.Selector), cmp.Compare(a.Path, b.Path))
	})
	var out []whyLine
	for _, w := range reasons {
		line := whyLine{p.texts.WhyMetadata, record.Visible(w.Path)}
		if w.Selector >= 0 && w.Selector < len(p.in.Request.Selectors) && p.in.Request.Selectors[w.Selector].Metadata == nil {
			line = whyLine{Words: p.texts.WhyID}
		} else if w.Path == "" {
			line = whyLine{Words: p.texts.WhyRoot}
		}
		if !slices.Contains(out, line) {
			out = append(out, line)
		}
	}
	return out
}

// writePage writes one page with the next messages, a section for each day.
func (p *packer) writePage(ctx context.Context, w io.Writer, data transcriptPage, next func() (dsr.Record, error)) error {
	if err := render(w, "transcript-begin", data); err != nil {
		return err
	}
	first := (data.Number-1)*messagesPerPage + 1
	last := min(first+messagesPerPage-1, data.Count)
	var m markup
	day := ""
	for n := first; n <= last; n++ {
		rec, err := next()
		if err == io.EOF {
			return errChanged
		}
		if err = cmp.Or(err, ctx.Err()); err != nil {
			return err
		}
		m.Reset()
		if d := p.day(rec.Time); d != day {
			if n > first {
				m.dayEnd()
			}
			m.dayBegin(dayView{d, n})
			day = d
		}
		for _, view := range p.messageViews(data.part, rec, n) {
			if err := m.message(&view); err != nil {
				return err
			}
		}
		if _, err := w.Write(m.Bytes()); err != nil {
			return err
		}
	}
	m.Reset()
	if first <= last {
		m.dayEnd()
	}
	return writeEnd(w, &m, data)
}

// writeEnd writes what m holds and what stands below the messages: on the first page the whole
// record.
func writeEnd(w io.Writer, m *markup, data transcriptPage) error {
	if data.Pages > 1 {
		if err := render(m, "pages-below", data); err != nil {
			return err
		}
	}
	m.WriteString("</section>\n")
	if data.Details != nil {
		m.recordBegin(data)
		m.record(data.Details)
		m.recordEnd()
	}
	if _, err := w.Write(m.Bytes()); err != nil {
		return err
	}
	return render(w, "transcript-end", data)
}

func (p *packer) day(at time.Time) string {
	if at.IsZero() {
		return p.texts.DayUnknown
	}
	return p.texts.Date(at)
}

// withheldSender stands where a message is withheld: who sent it is known, and not told.
const withheldSender record.Sender = "withheld"

// messageViews are the sides of a message; what is left of the record, and the files it
// refers to, stand under the last.
func (p *packer) messageViews(of *sourcePart, rec dsr.Record, number int64) (views []messageView) {
	if rec.Withheld != "" {
		words := record.Mark + " " + fill(p.texts.WithheldMessage, p.texts.WithheldReasons[rec.Withheld])
		return []messageView{{T: p.texts, Number: number, Anchor: fmt.Sprintf("m%d", number), Sender: withheldSender, Texts: []string{words}}}
	}
	m := of.speech.Message(rec)
	for i, s := range m.Sides {
		v := messageView{T: p.texts, Number: number, Anchor: fmt.Sprintf("m%d", number), Sender: s.Sender, Action: p.texts.Action(s.Action),
			Texts: s.Texts, Options: s.Options, Form: s.Form}
		switch {
		case m.LiveAgent:
			v.Kind = p.texts.LiveAgent
		case m.Entry: // beside the message itself, if that could be had
			v.Kind = p.texts.AnalyticsEntry
		case s.Sender == record.Unknown:
			v.Kind = m.Kind
		}
		if !rec.Time.IsZero() {
			v.Clock, v.Machine = rec.Time.In(p.texts.zone).Format("15:04:05"), rec.Time.UTC().Format(time.RFC3339Nano)
		}
		if i > 0 {
			v.Anchor += fmt.Sprintf("-%d", i+1)
		}
		if i == len(m.Sides)-1 {
			v.Files = p.filesOf(of, "../../", rec)
			if len(m.Rest) > 0 {
				v.Further = record.Object(m.Rest)
			}
		}
		views = append(views, v)
	}
	return views
}
