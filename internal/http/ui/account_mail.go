package ui

import (
	"context"

	"dsr-server/internal/dsr"
)

// mailForm asks whether somebody wants to be told by mail.
type mailForm struct {
	Mode, Language choices
	Address        field
	Faults         []fault
}

// mailModes are the answers, and the words for them.
var mailModes = map[dsr.MailMode]text{
	dsr.MailOff: "No e-mail", dsr.MailEach: "An e-mail about each, at once", dsr.MailDigest: "One e-mail in the morning of each working day",
}

// mailOf is the form with what somebody has chosen; nil: there is no mail to staff.
func (p *pages) mailOf(ctx context.Context, person string) (*mailForm, error) {
	if p.opts.Settings.Mail == "" {
		return nil, nil
	}
	box, err := p.opts.People.Mailbox(ctx, person)
	if err != nil {
		return nil, err
	}
	return p.mailForm(box, nil), nil
}

func (p *pages) mailForm(box dsr.Mailbox, found faults) *mailForm {
	if box.Language == "" {
		box.Language = p.tag
	}
	f := &mailForm{
		Mode:     choices{field: field{ID: "mail-mode", Label: p.say("Tell me")}},
		Language: choices{field: field{ID: "mail-language", Label: p.say("Language of the e-mails")}},
		Address: field{ID: "mail-address", Label: p.say("E-mail address"), Type: "text", Value: box.Address, Autocomplete: "email",
			Hint: p.say("E-mails have the ID of a request and a link, never a name or a reference.")},
	}
	for _, mode := range dsr.MailModes {
		f.Mode.Options = append(f.Mode.Options, option{Value: string(mode), Label: p.say(mailModes[mode]), Chosen: mode == box.Mode})
	}
	for _, language := range dsr.Languages {
		f.Language.Options = append(f.Language.Options, option{Value: language, Label: p.say(languageNames[language]), Chosen: language == box.Language})
	}
	f.Faults = marked(found, &f.Mode.field, &f.Address, &f.Language.field)
	return f
}
