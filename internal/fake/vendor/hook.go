package vendor

import (
	"net/http"
	"time"
)

// Hook is called for each admitted call when its page is cut and written, before it is
// sent. It may change the answer; what it returns, if anything, sends it. Nothing in this
// package has a hook: they are for tests, see package chaos.
type Hook func(*Answer) Sender

// Sender sends a reply; false leaves that to the server. The body is compressed by now if
// it is going to be.
type Sender func(http.ResponseWriter, *Reply) (sent bool)

// Answer is the answer to an admitted call.
type Answer struct {
	Page  *Page
	Reply Reply // what is sent; it follows Page only by [Answer.Write]
	// Paging is [Cursors], [Numbers] or [Times], by the vendor; nil where the answer is no list.
	Paging any

	x *call
}

// Call is the call as the log has it; its status is not known yet.
func (a *Answer) Call() Call { return a.x.core.callAt(a.x.index) }

// Request is the client's.
func (a *Answer) Request() *http.Request { return a.x.r }

// Now is the server's time at the call's arrival.
func (a *Answer) Now() time.Time { return a.x.now }

// Conversation is the one the call is about; empty for none.
func (a *Answer) Conversation() string { return a.x.conversation }

// Write makes the reply from the page as it is now.
func (a *Answer) Write() { a.Reply = a.x.json(a.x.vendor.body(a.Page)) }

// WriteData makes the reply with data, a JSON value, in the place of the records; without
// the member that holds them if data is empty.
func (a *Answer) WriteData(data string) { a.Reply = a.x.json(a.x.vendor.frame(data)) }

// WriteHTML makes the reply an HTML page.
func (a *Answer) WriteHTML(status int, body string) { a.Reply = a.x.html(status, body) }

// WriteError makes the reply an error as the vendor words it, or its gateway in HTML.
func (a *Answer) WriteError(status int, text string, html bool) {
	a.Reply = a.x.message(status, text, html)
}

// SetRetryAfter gives the reply this header.
func (a *Answer) SetRetryAfter(form RetryAfter) { a.x.retryAfter(a.Reply.Header, form) }

// Note adds to Faults in the log what the hook does to the answer.
func (a *Answer) Note(fault string) {
	a.x.note(func(c *Call) { c.Faults = append(c.Faults, fault) })
}

// Unanswered takes the status out of the log: nothing will be sent.
func (a *Answer) Unanswered() { a.x.note(func(c *Call) { c.Status = 0 }) }

// Wait lets time pass; false if the client went away first.
func (a *Answer) Wait(d time.Duration) bool { return a.x.wait(d) }
