package config

import (
	"strings"
	"time"

	"filippo.io/age"
)

// Backups are made by the service itself while it runs, if there is a folder for them.
type Backups struct {
	Folder     string        `yaml:"folder"`
	Every      time.Duration `yaml:"every" validate:"min=1m,max=8760h"`
	Keep       int           `yaml:"keep" validate:"min=1,max=10000"` // the newest so many
	Recipients []string      `yaml:"recipients"`                      // age recipients; none: what is sealed stays so, the rest is clear

	recipients []age.Recipient
}

// AgeRecipients are those that can read the backups; nil when these are not encrypted as a whole.
func (b Backups) AgeRecipients() []age.Recipient { return b.recipients }

func (c *Config) checkBackups(r *report) {
	b := &c.Backups
	if b.Folder == "" && len(b.Recipients) > 0 {
		r.fault("backups.recipients", "encrypt backups, and none are made: name a folder for them (backups.folder), or leave this out")
	}
	if b.Folder != "" && (b.Folder == c.DataDir || strings.HasPrefix(b.Folder, c.DataDir+"/")) {
		r.fault("backups.folder", "lies in data_dir, so that backups would be lost with it; name a folder elsewhere, at best on another disk")
	}
	if len(b.Recipients) == 0 {
		return
	}
	var err error
	if b.recipients, err = age.ParseRecipients(strings.NewReader(strings.Join(b.Recipients, "\n"))); err != nil {
		r.fault("backups.recipients", "must be age recipients (age1…): %v", err)
	}
}
