package export

import (
	"context"
	"errors"
	"slices"
	"sync"

	"dsr-server/internal/dsr"
)

// Plan implements Source: all files of conversations, and once some were found, all of messages.
func (d *Dump) Plan(_ context.Context, a Ask) (p dsr.SearchPlan, err error) {
	p.Interval = dsr.Nothing
	listing, err := d.List()
	if err != nil {
		why := dsr.Reason{Code: dsr.ReasonUnreadable, Detail: err.Error()}
		if a.Stage == dsr.StageMessages {
			p.Refused = []dsr.Reason{why}
			return p, nil
		}
		p.Ended, p.Reasons = true, []dsr.Reason{why}
		return p, nil
	}
	endpoint, missing := dsr.Conversations, noConversations
	if a.Stage == dsr.StageMessages {
		endpoint, missing, listing.Refused = dsr.Messages, noMessages, nil
		if d.names.patterns[dsr.Messages] == nil { // they stand in their conversations
			return p, nil
		}
	}
	if d.names.deep {
		missing = noPattern
	}
	for _, u := range listing.Files {
		p.Bytes += u.File.Size
	}
	p.Units = slices.DeleteFunc(listing.Files, func(u dsr.Unit) bool { return u.Endpoint != endpoint })
	p.Refused, p.LeftAlone = listing.Refused, listing.Others
	if len(p.Units) == 0 && (a.Stage != dsr.StageMessages || a.Found && !a.Request.Screens()) {
		p.Refused = append(p.Refused, missing)
	}
	return p, nil
}

var (
	noConversations = dsr.Reason{Code: dsr.ReasonUnreadable, Detail: "the folder has no file conversations*.ndjson or conversations*.json, plain, .gz or .zst"}
	noPattern       = dsr.Reason{Code: dsr.ReasonUnreadable, Detail: "no file of the folder is named by the source's patterns"}
	noMessages      = dsr.Reason{Code: dsr.ReasonUnreadable, Detail: "the folder has no file messages*.ndjson or messages*.json, plain, .gz or .zst, so the conversations found have no messages"}
)

// NothingListed implements Source.
func (d *Dump) NothingListed(dsr.Source) *dsr.Reason { return nil }

// Expand implements Source. Whose a message is, is the caller's to know.
func (d *Dump) Expand(_ dsr.MessageQuery, r Record, _ []dsr.Why) (x Expansion) {
	if d.form.Fields != nil {
		x = ExpandDeclared(*d.form.Fields, dsr.MessageQuery{}, r)
		x.Next = nil
		return x
	}
	if r.Kind == dsr.Conversation {
		x = keepConversation(r)
		x.Next = nil // its messages are in files of their own
		return x
	}
	x.Keep = []dsr.Record{keepMessage(r, r.Facts.ConversationID)}
	return x
}

// Open implements Source.
func (d *Dump) Open(ctx context.Context, u dsr.Unit, w Wanted) (Reader, error) {
	reading, cancel := context.WithCancel(ctx)
	in, err := d.openFile(reading, u)
	if err != nil {
		cancel()
		return nil, fileError(u.File.Name, err)
	}
	r := &fileReader{in: in, search: fileSearch{endpoint: u.Endpoint, schema: d.schema, declared: d.form.Fields, paged: in.layout == inPage, want: w}, u: u, buffers: d.buffers, cancel: cancel}
	if in.layout != inLines {
		r.text = newPageText(r)
	} else {
		r.text = newLineText(reading, r)
	}
	return r, nil
}

// fileError is what is wrong with a file as a whole.
func fileError(name string, err error) *Error {
	failure := Damaged
	if errors.Is(err, ErrChanged) {
		failure = Changed
	}
	return &Error{Failure: failure, Detail: printableName(name) + ": " + err.Error()}
}

// batchBlocks is how many blocks without a record that is wanted make a batch: 8 MiB of
// text, which is what a crash costs at most.
const batchBlocks = 16

// fileReader is the Reader of one file.
type fileReader struct {
	in      *DumpReader
	search  fileSearch
	u       dsr.Unit // as it is after what was read
	buffers chan []byte
	cancel  context.CancelFunc
	text    interface {
		// next searches the next chunk; nil: there was not enough of it yet. The error is
		// about the file, or ctx's.
		next(ctx context.Context) (st *chunk, end bool, err error)
		close()
	}
	failed error // what is wrong with the file, to be told next
}

// Next implements Reader.
func (r *fileReader) Next(ctx context.Context) (b Batch, err error) {
	if r.failed != nil {
		return b, r.failed
	}
	for n := 0; n < batchBlocks; {
		st, end, err := r.text.next(ctx)
		if st != nil {
			n++
			r.add(&b, st)
		}
		if err == nil && end {
			b.SHA256, err = r.in.finish()
		}
		if err != nil {
			return r.fail(ctx, b, n > 0, err)
		}
		if b.End = end; end && st != nil { // before that a resume reads the page's end again
			r.say(&b, st.after)
		}
		if end || st != nil && (st.wanted || len(st.faults) > 0) {
			break
		}
	}
	b.Position = r.u.Position
	return b, nil
}

// fail tells what was read first, and what is wrong with the file next.
func (r *fileReader) fail(ctx context.Context, b Batch, read bool, err error) (Batch, error) {
	if ctx.Err() != nil {
		return Batch{}, context.Cause(ctx) // and nothing can be said about the file
	}
	r.failed = fileError(r.u.File.Name, err)
	if !read {
		return Batch{}, r.failed
	}
	b.SHA256, b.Position = nil, r.u.Position
	return b, nil
}

// add takes the chunk that follows what was read so far. Lines and records are
// counted in the file.
func (r *fileReader) add(b *Batch, st *chunk) {
	if st.wanted {
		b.held = append(b.held, sync.OnceFunc(st.release))
	} else {
		st.release()
	}
	for _, f := range st.faults {
		why := dsr.Reason{Code: f.kind()} // only the first are told
		if len(b.Faults) < 2*dsr.MaxFaults {
			why = f.reason(r.u)
		}
		b.Faults = append(b.Faults, why)
	}
	r.say(b, st.said)
	b.Links.Add(st.links)
	for i := range st.records {
		st.records[i].Number += r.u.Records
	}
	r.u.Position = dsr.Position{Offset: st.end, Taken: st.taken, Lines: r.u.Position.Lines + st.lines, Hash: st.hash}
	r.u.Records += st.others.Count + int64(len(st.records))
	b.Records = append(b.Records, st.records...)
	b.Others.add(st.others)
	if st.shape != nil {
		for mark, n := range st.shape.marks {
			dsr.Count(&b.Marks, mark, n)
		}
	}
}

// say takes in what a page says of itself.
func (r *fileReader) say(b *Batch, said Said) {
	b.Said.add(said)
	b.Said.NoPage = r.in.layout != inPage
	b.Faults = append(b.Faults, said.faults(r.u.File.Name)...)
}

// Close implements Reader.
func (r *fileReader) Close() {
	r.cancel()
	r.text.close()
	r.in.Close()
}

// buffer waits for one that no search uses.
func (r *fileReader) buffer(ctx context.Context) ([]byte, error) {
	select {
	case <-ctx.Done():
		return nil, context.Cause(ctx)
	case buf := <-r.buffers:
		if buf == nil {
			buf = make([]byte, DumpBlock)
		}
		return buf, nil
	}
}

// putBack keeps the buffer, unless one huge record made it grow.
func (r *fileReader) putBack(buf []byte) {
	if cap(buf) > 2*DumpBlock {
		buf = nil
	}
	r.buffers <- buf[:cap(buf)]
}
