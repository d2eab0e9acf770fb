package ui

import (
	"net/url"
	"regexp"
)

// pagePattern is the addresses of pages: parts of them may be ids and tokens. notPages are
// those under them that are none.
var (
	pagePattern = regexp.MustCompile(`^/((requests|sources|audit|people|tokens|settings|account|help|docs|invite)(/[0-9A-Za-z_-]{1,64}){0,3}|people/[0-9a-z][0-9a-z._@+-]{0,63})?$`)
	notPages    = regexp.MustCompile(`/(download|progress)$`)
)

// ownPath returns s when it is the address of a page of this service, else nothing.
func ownPath(s string) string {
	if pagePattern.MatchString(s) && !notPages.MatchString(s) {
		return s
	}
	return ""
}

// openPattern is the addresses of pages that need nobody to be signed in.
var openPattern = regexp.MustCompile(`^/(sign-in|sign-in/code|setup|download/[0-9A-Za-z_-]{1,64})$`)

// spokenPath returns s when a choice of language may lead back there: to any page of this
// service, of the sign-in with where that leads to; else nothing.
func spokenPath(s string) string {
	u, err := url.Parse(s)
	if err != nil || u.IsAbs() || u.Host != "" || !openPattern.MatchString(u.Path) {
		return ownPath(s)
	}
	if next := ownPath(u.Query().Get("next")); next != "" && u.Path == "/sign-in" {
		return u.Path + "?next=" + url.QueryEscape(next)
	}
	return u.Path
}
