package config

import (
	"strings"
	"testing"
)

const recipient = "age1ql3z7hjy54pw3hyww5ayyfg7zqgvc7w3j2elw8zmrj2kg5sfn9aqmcac8p"

func TestBackupsLieOutsideTheDataFolderAndNameWhoReadsThem(t *testing.T) {
	t.Parallel()
	for text, fault := range map[string]string{
		"data_dir: d\nbackups: {folder: b, every: 6h, keep: 3, recipients: [" + recipient + "]}\n": "",
		"data_dir: d\nbackups: {folder: d2}\n":                                                     "",
		"data_dir: d\nbackups: {folder: d/b}\n":                                                    "backups.folder",
		"data_dir: d\nbackups: {folder: d}\n":                                                      "backups.folder",
		"backups: {recipients: [" + recipient + "]}\n":                                             "backups.recipients",
		"backups: {folder: b, recipients: [age1x]}\n":                                              "backups.recipients",
		"backups: {folder: b, keep: 0}\n":                                                          "backups.keep",
		"backups: {folder: b, every: 1s}\n":                                                        "backups.every",
	} {
		cfg, _, err := load(t, text)
		if good := fault == ""; good != (err == nil) || !good && !strings.Contains(err.Error(), fault+": ") {
			t.Errorf("%q: got %v, want a fault in %q", text, err, fault)
		}
		if err == nil && len(cfg.Backups.AgeRecipients()) != len(cfg.Backups.Recipients) {
			t.Errorf("%q: %d recipients", text, len(cfg.Backups.AgeRecipients()))
		}
	}
}
