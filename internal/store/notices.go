package store

import (
	"context"
	"fmt"
	"strings"
	"time"

	"dsr-server/internal/dsr"
	"dsr-server/internal/jobs"
)

// What staff are told by mail is stored as webhooks' messages are: in the transaction of what it
// tells, a row for everybody whom it concerns, and a job for each mailbox.

// JobMail sends what waits for a mailbox, whose id is its key.
const JobMail = "mail"

// mailEvents are the events of webhooks that staff are told as well.
var mailEvents = map[dsr.HookEvent]dsr.MailEvent{dsr.HookReview: dsr.MailReview, dsr.HookDueSoon: dsr.MailDueSoon, dsr.HookOverdue: dsr.MailOverdue}

// theDecider chooses who may decide about request ?1, and has not submitted it.
var theDecider = `p.role IN ('` + strings.Join(dsr.RolesThatMay(dsr.Decide), `', '`) + `') AND p.id <> (SELECT created_by FROM requests WHERE id = ?1)`

// theAssignee chooses the person whom request ?1 is assigned to.
const theAssignee = `p.login = (SELECT assignee FROM requests WHERE id = ?1)`

// whoSeesToIt chooses the assignee, and where that is nobody who can sign in, everybody who may
// decide.
var whoSeesToIt = theAssignee + ` OR ` + theDecider + ` AND NOT EXISTS (SELECT 1 FROM people p WHERE p.disabled = 0 AND ` + theAssignee + `)`

// whomItConcerns says whom of the people p an event about request ?1 concerns.
var whomItConcerns = map[dsr.MailEvent]string{
	dsr.MailAssigned: theAssignee, dsr.MailReview: theDecider, dsr.MailDueSoon: whoSeesToIt, dsr.MailOverdue: whoSeesToIt,
}

// notify tells everybody of the staff whom an event of a request concerns and who wants mail,
// but for whoever has caused it.
func (t tx) notify(ctx context.Context, event dsr.MailEvent, id, by string) error {
	if !t.s.opts.Mail {
		return nil
	}
	boxes, err := t.ids(ctx, `SELECT m.id || ' ' || m.mode FROM mailboxes m JOIN people p ON p.id = m.person
		WHERE p.disabled = 0 AND p.id <> ?2 AND (`+whomItConcerns[event]+`) ORDER BY m.id`, id, by)
	if err != nil {
		return err
	}
	for _, box := range boxes {
		box, mode, _ := strings.Cut(box, " ")
		_, err := t.ExecContext(ctx, `INSERT INTO notices (mailbox_id, request_id, event, state, created_at, next_at) VALUES (?, ?, ?, 'waiting', ?, ?)`,
			box, id, string(event), t.now.UnixMilli(), t.mailAt(t.now, dsr.MailMode(mode)).UnixMilli())
		if err != nil {
			return fmt.Errorf("store notice: %w", err)
		}
		if err := t.enqueueMail(ctx, box); err != nil {
			return err
		}
	}
	return nil
}

// mailAt is when a notice of a moment is sent.
func (t tx) mailAt(moment time.Time, mode dsr.MailMode) time.Time {
	if mode == dsr.MailDigest {
		return t.s.opts.Deadlines.Morning(moment)
	}
	return moment
}

func (t tx) enqueueMail(ctx context.Context, box string) error {
	return jobs.Enqueue(ctx, t.Tx, t.now, jobs.Job{Kind: JobMail, Key: box})
}
