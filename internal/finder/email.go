package finder

import (
	"regexp"
	"strings"
)

// emailForm is an address as people write it: the dot-atoms of RFC 5322, 3.2.3, without
// the characters that are usually punctuation around one.
var emailForm = form{
	kind: Email, rule: EmailAddress,
	shape: regexp.MustCompile(`[\w%+'-]+(?:\.[\w%+'-]+){0,8}@[\w-]+(?:\.[\w-]+){1,8}`),
	fits:  isPersons,
	hints: hints{"@"},
}

// notPeople are the mailboxes of roles (RFC 2142) and of programs that write by themselves.
var notPeople = regexp.MustCompile(`(?i)^(?:info|marketing|sales|support|abuse|noc|security|postmaster|hostmaster|usenet|news|webmaster|www|uucp|ftp|` +
	`no-?reply|do-?not-?reply|donotreply|mailer-daemon|bounces?|notifications?|newsletter|service|kundenservice|kontakt|contact|help|helpdesk|hello|office|git)(?:[+-].*)?@`)

// files are endings of what looks like an address and is a file's name: icon@2x.png.
var files = regexp.MustCompile(`(?i)\.(?:png|jpe?g|gif|svg|webp|pdf|css|js|json|html?|\d+)$`)

// isPersons reports whether an address may be a person's.
func isPersons(address string) bool {
	domain := address[strings.LastIndexByte(address, '@')+1:]
	last := domain[strings.LastIndexByte(domain, '.')+1:]
	return len(last) >= 2 && digitsIn(last) == 0 && !notPeople.MatchString(address) && !files.MatchString(address)
}
