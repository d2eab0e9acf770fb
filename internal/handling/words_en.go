package handling

var english = &words{
	Lang: "en", Title: "Record of handling", Lead: "How this request for access to personal data was handled: each step with its time, and each deadline with its reason.",
	Facts: "The request", Reference: "Reference", ID: "Request", Received: "Received", Regime: "Law", Channel: "Came by", Checked: "Identity checked", State: "Search and archive",
	Search: "Search", Complete: "complete", Incomplete: "incomplete", Found: "Found", Conversations: "conversations", Messages: "messages", Answer: "Answer", Open: "not answered yet", ToldOn: "told on",
	Rested: "The clock rested", Until: "until", Extended: "Reason told for the extension", DeadlinesHeading: "Deadlines", DeadlinesLead: "The last one is in force.", From: "Since", Due: "Due", Because: "Reason",
	EventsHeading: "What was done", EventsLead: "From the audit log, the earliest first.", When: "When", Who: "Who", What: "What", Details: "Details", Somebody: "somebody who is no longer known", ZoneNote: "Days and times are those of the zone",

	form:    "%d %s %d",
	months:  [12]string{"January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November", "December"},
	because: englishBecause,
	kinds: map[string]string{ //nolint:gosec // words about secrets, and none of them
		"request.submitted": "entered the request", "request.planned": "fixed what is searched", "request.viewed": "looked at the request", "request.ready": "finished the search; the archive is ready",
		"request.in_review": "finished the search; a person has to decide", "request.failed": "could not finish", "request.cancelled": "cancelled the search", "request.retried": "had what was missing searched again",
		"request.revised": "changed what is searched for", "request.amended": "changed what is kept about the request", "request.approved": "released the result", "request.rejected": "rejected the result",
		"request.extended": "extended the deadline", "request.answered": "recorded the answer", "request.paused": "let the clock rest", "request.resumed": "let the clock run again", "request.reopened": "took the answer back",
		"request.expired": "deleted the archive, whose time was over", "request.purged": "deleted the request", "request.held": "set a legal hold", "request.released": "ended the legal hold",
		"request.repackaging_asked": "asked for the archive to be made again", "request.repackaged": "made the archive again", "request.repackaging_failed": "could not make the archive again", "request.noted": "put on record how the request stands",
		"archive.downloaded": "began to download the archive", "archive.download_finished": "finished the download", "erasure_list.read": "read the list for erasure", "link.created": "made a download link", "link.used": "used a download link", "link.ended": "ended a download link",
		"note.added": "added a note", "request.withheld": "withheld something that was found", "request.disclosed": "withheld something no longer", "conversations.listed": "listed the conversations", "conversation.read": "read a conversation", "call.refused": "was refused a call",
		"audit.read": "read the audit log", "checkpoint.taken": "took a checkpoint of the log away", "requests.searched": "looked for requests that ask for a value", "report.read": "read the report on all requests", "audit.rows_noted": "put on record what there was before the log told of it",
		"user.noted": "put on record how an account stands", "token.noted": "put on record how a token stands", "user.created": "created an account", "user.password_changed": "changed a password",
		"user.disabled": "disabled an account", "user.signed_in": "signed in", "user.sign_in_refused": "was refused a sign-in", "user.sign_in_throttled": "was kept from signing in after too many attempts",
		"user.signed_out": "signed out", "token.created": "created a token", "token.replaced": "replaced the secret of a token", "token.rotated": "gave a token another secret", "token.revoked": "revoked a token",
		"token.refused": "used a token or link that is not valid", "call.throttled": "made more calls than allowed", "key.rotated": "replaced the master key", "key.signing_replaced": "replaced the signing key",
		"job.revived":  "had a job tried again that was given up",
		"user.enabled": "enabled an account", "user.reset": "had a password chosen anew", "user.role_changed": "changed a role", "invitation.created": "invited somebody",
		"factor.set": "set a second factor", "factor.removed": "removed a second factor", "user.recovery_codes_made": "made recovery codes",
	},
	names: map[string]string{
		"status": "Status", "reason": "Reason", "changed": "Changed", "fields": "Fields", "told_on": "Told on", "asked_on": "Asked on", "answered_on": "Answered on", "due_before": "Due before", "due_after": "Due after",
		"extended_by": "Extended by", "regime_before": "Law before", "regime_after": "Law after", "archive": "Archive (SHA-256)", "complete": "Complete", "conversations": "Conversations", "messages": "Messages",
		"note": "Note", "conversation": "Conversation (keyed hash)", "link": "Link", "receipt": "Receipt (SHA-256)", "same": "The same bytes", "bytes": "Bytes", "resumed": "Resumed", "outcome": "Outcome",
	},
	values: map[string]string{
		"queued": "waiting", "running": "searching", "review": "in review", "ready": "ready", "rejected": "rejected", "expired": "archive expired", "cancelled": "cancelled", "failed": "failed", "purged": "deleted",
		"given": "all data given", "partly": "given in part", "refused": "refused", "not_held": "nothing held", "withdrawn": "withdrawn", "duplicate": "answered under another request",
		"identity": "doubts about who asks", "clarification": "not clear what is asked for", "fee": "a fee was not paid", "true": "yes", "false": "no",
		"requester": "requester", "approver": "approver", "auditor": "auditor", "admin": "administrator", "system": "the program",
		"mail": "e-mail", "phone": "telephone", "form": "web form", "post": "letter", "in_person": "in person", "other": "another way",
		"gdpr": "GDPR", "uk": "UK GDPR", "ccpa": "CCPA", "lgpd": "LGPD", "ch": "Swiss data protection act",
	},
}
