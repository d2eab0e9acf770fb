package ui

import "regexp"

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
