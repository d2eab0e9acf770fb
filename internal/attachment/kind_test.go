package attachment_test

import (
	"testing"

	"dsr-server/internal/attachment"
)

// TestAKindFollowsFromTheContent: nothing that could run keeps an ending under which it would.
func TestAKindFollowsFromTheContent(t *testing.T) {
	t.Parallel()
	for content, want := range map[string]string{
		"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR":                                ".png",
		"\xff\xd8\xff\xe0\x00\x10JFIF":                                       ".jpg",
		"GIF89a\x01\x00\x01\x00":                                             ".gif",
		"RIFF\x00\x00\x00\x00WEBPVP8 ":                                       ".webp",
		"%PDF-1.7\n":                                                         ".pdf",
		"<!DOCTYPE html><script>alert(1)</script>":                           ".txt",
		"<svg xmlns=\"http://www.w3.org/2000/svg\" onload=\"alert(1)\"/>":    ".txt",
		"<?xml version=\"1.0\"?><svg xmlns=\"http://www.w3.org/2000/svg\"/>": ".txt",
		"=HYPERLINK(\"http://x\"),b\n1,2\n3,4\n":                             ".txt",
		"#!/bin/sh\nrm -rf /\n":                                              ".txt",
		"{\"a\":1}":                                                          ".txt",
		"hello":                                                              ".txt",
		"MZ\x90\x00\x03\x00\x00\x00\x04\x00":                                 ".bin",
		"\x7fELF\x02\x01\x01":                                                ".bin",
		"PK\x03\x04\x14\x00\x00\x00\x08\x00":                                 ".zip",
		"ID3\x03\x00\x00\x00\x00\x0f\x76TIT2\x00\x00\x00\x05\x00\x00\x00abcd": ".mp3",
		"\x00\x01\x02\x03\xff": ".bin",
	} {
		kind := attachment.Sniff([]byte(content))
		if kind.Extension != want || kind.Type == "" || attachment.KindOf(want) != kind {
			t.Errorf("%.20q: got %+v, want %s", content, kind, want)
		}
	}
	if k := attachment.Sniff(nil); k.Inline {
		t.Errorf("an empty file is %+v", k)
	}
	if attachment.KindOf(".html").Extension != ".bin" {
		t.Error(".html is an extension")
	}
}

func TestNameIsForShowing(t *testing.T) {
	t.Parallel()
	for addr, want := range map[string]string{
		"https://c.example/a/b%20c.pdf?x=1#y": "b c.pdf", "https://c.example/": "c.example", "https://c.example": "c.example",
		"https://c.example/..%2f..%2fetc%2fpasswd": "passwd", "https://c.example/a/..": "c.example", "https://c.example/100%": "100%", "nothing": "nothing",
	} {
		if got := attachment.Name(addr); got != want {
			t.Errorf("%s: got %q, want %q", addr, got, want)
		}
	}
}
