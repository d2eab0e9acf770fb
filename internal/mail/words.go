package mail

import "dsr-server/internal/dsr"

// words are what messages say in one language.
type words struct {
	events map[dsr.MailEvent]string
	digest string // takes the number of notices
	why    string // a message came; its link follows
	test   string
}

var english = words{
	events: map[dsr.MailEvent]string{
		dsr.MailAssigned: "A request was assigned to you", dsr.MailReview: "A request is waiting for a decision",
		dsr.MailDueSoon: "The deadline of a request is near", dsr.MailOverdue: "The deadline of a request has passed",
	},
	digest: "%d notices about requests",
	why:    "You get this message because you asked for it on the page of your account:",
	test:   "Test: mail to staff arrives",
}

var german = words{
	events: map[dsr.MailEvent]string{
		dsr.MailAssigned: "Ihnen wurde eine Anfrage zugewiesen", dsr.MailReview: "Eine Anfrage wartet auf eine Entscheidung",
		dsr.MailDueSoon: "Die Frist einer Anfrage läuft bald ab", dsr.MailOverdue: "Die Frist einer Anfrage ist abgelaufen",
	},
	digest: "%d Hinweise zu Anfragen",
	why:    "Sie erhalten diese Nachricht, weil Sie sie auf der Seite Ihres Kontos gewünscht haben:",
	test:   "Test: E-Mails an Mitarbeitende kommen an",
}

func wordsOf(language string) words {
	if language == "de" {
		return german
	}
	return english
}
