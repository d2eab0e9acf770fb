package main

import (
	"context"
	"errors"
	"fmt"

	"dsr-server/internal/app"
)

type mailCommand struct {
	Test mailTestCommand `cmd:"" help:"Send a message, to see whether mail to staff arrives."`
}

type mailTestCommand struct {
	configFlag
	To       string `help:"Whom to send it to." required:"" placeholder:"ADDRESS"`
	Language string `help:"In which language." enum:"en,de" default:"en"`
}

// Run implements the command: it talks to the mail server as the service does, and says what
// that does not take.
func (c mailTestCommand) Run(ctx context.Context) error {
	cfg, err := c.load()
	if err != nil {
		return err
	}
	m := cfg.Mail
	if !m.On() {
		return errors.New("no mail is sent to staff: mail.host is not set in the configuration")
	}
	sender := app.NewMail(m, func(path string) string { return cfg.BaseURL + path })
	if err := sender.Test(ctx, c.To, c.Language); err != nil {
		return fmt.Errorf("mail server %s, port %d: %w", m.Host, m.Port, err)
	}
	fmt.Printf("the mail server %s, port %d, has taken the message\n", m.Host, m.Port)
	return nil
}
