package chaos

import (
	"net/http"
	"slices"
	"time"

	"dsr-server/internal/fake/vendor"
)

// Variant is one reading of the vendor's documentation, with a name for a subtest.
type Variant struct {
	Name    string
	Choices vendor.Choices
}

// Variants are the default and every single departure from it that a client must be right
// under without being told.
func Variants() []Variant {
	return []Variant{
		{"default", vendor.Choices{}},
		{"window by last action", vendor.Choices{WindowField: vendor.LastAction}},
		{"window by overlap", vendor.Choices{WindowField: vendor.Overlap}},
		{"open end", vendor.Choices{Ends: vendor.OpenEnd}},
		{"open start", vendor.Choices{Ends: vendor.OpenStart}},
		{"last cursor absent", vendor.Choices{LastCursor: vendor.Absent}},
		{"last cursor empty", vendor.Choices{LastCursor: vendor.Empty}},
		{"trailing empty page", vendor.Choices{TrailingEmptyPage: true}},
		{"per_page above the maximum refused", vendor.Choices{OverPerPage: vendor.Refuse}},
		{"per_page clamped to 100", vendor.Choices{MaxPerPage: 100}},
		{"window ignored with conversation_id", vendor.Choices{WindowIgnoredWithConversationID: true}},
		{"window of at most 60 days", vendor.Choices{MaxSpan: 60 * 24 * time.Hour}},
		{"newest first", vendor.Choices{Order: vendor.NewestFirst}},
		{"shuffled", vendor.Choices{Order: vendor.Shuffled}},
		{"unknown bot refused", vendor.Choices{UnknownBot: vendor.RefuseBot}},
		{"bad key 401", vendor.Choices{BadKeyStatus: http.StatusUnauthorized}},
		{"429 with Retry-After", vendor.Choices{RateRetryAfter: vendor.RetrySeconds, RateHTML: true}},
		{"expired cursor 404", vendor.Choices{CursorTTL: time.Minute, ExpiredCursorStatus: http.StatusNotFound}},
		{"expired cursor 410", vendor.Choices{CursorTTL: time.Minute, ExpiredCursorStatus: http.StatusGone}},
		{"no compression", vendor.Choices{NoGzip: true}},
	}
}

// AvaamoVariant is one reading of Avaamo's documentation, with a name for a subtest.
type AvaamoVariant struct {
	Name    string
	Choices vendor.AvaamoChoices
}

// AvaamoVariants are the default and every single departure from it under which a client
// must find everything without being told.
func AvaamoVariants() []AvaamoVariant {
	return []AvaamoVariant{
		{"default", vendor.AvaamoChoices{}},
		{"bad token 403", vendor.AvaamoChoices{BadTokenStatus: http.StatusForbidden}},
		{"per_page above the maximum refused", vendor.AvaamoChoices{OverPerPage: vendor.Refuse}},
		{"an empty list has one page", vendor.AvaamoChoices{EmptyIsOnePage: true}},
		{"total_entries by the documented equation", vendor.AvaamoChoices{Equation: true}},
		{"equation, and an empty list has one page", vendor.AvaamoChoices{Equation: true, EmptyIsOnePage: true}},
		{"old names honoured", vendor.AvaamoChoices{OldNames: vendor.OldHonoured}},
		{"old names refused", vendor.AvaamoChoices{OldNames: vendor.OldRefused}},
		{"messages by seconds", vendor.AvaamoChoices{TalkNames: vendor.FromSeconds}},
		{"oldest first", vendor.AvaamoChoices{OldestFirst: true}},
		{"ties in any order", vendor.AvaamoChoices{UnstableTies: true}},
		{"clock ahead", vendor.AvaamoChoices{ClockSkew: 10 * time.Minute}},
		{"clock behind", vendor.AvaamoChoices{ClockSkew: -10 * time.Minute}},
		{"limit per address", vendor.AvaamoChoices{LimitScope: vendor.PerIP}},
		{"limit per account, 403", vendor.AvaamoChoices{LimitScope: vendor.PerAccount, LimitStatus: http.StatusForbidden}},
		{"429 with Retry-After", vendor.AvaamoChoices{RateRetryAfter: vendor.RetrySeconds, RateHTML: true}},
		{"wide windows time out", vendor.AvaamoChoices{SlowSpan: 30 * time.Hour}},
		{"deep pages time out", vendor.AvaamoChoices{SlowPage: 4}},
		{"no compression", vendor.AvaamoChoices{NoGzip: true}},
	}
}

// RestVariant is one reading of a documentation, with a name for a subtest.
type RestVariant struct {
	Name    string
	Choices vendor.RestChoices
}

// RestVariants are a layout's own choices and every single departure from them under which
// its declaration must find everything without being told.
func RestVariants(l vendor.Layout) []RestVariant {
	out := []RestVariant{{"default", l.Choices()}}
	for _, v := range restDepartures {
		c := l.Choices()
		if v.open != nil && !v.open(l) {
			continue
		}
		if v.change(&c); c != l.Choices() {
			out = append(out, RestVariant{v.name, c})
		}
	}
	return out
}

// restDepartures are the open points; open says of which layouts, nil of all. What is no
// vendor's own, as the form of a 429, is asked of one.
var restDepartures = []struct {
	name   string
	open   func(vendor.Layout) bool
	change func(*vendor.RestChoices)
}{
	{"last cursor null", cursors, func(c *vendor.RestChoices) { c.Last = vendor.Null }},
	{"last cursor absent", cursors, func(c *vendor.RestChoices) { c.Last = vendor.Absent }},
	{"last cursor empty", cursors, func(c *vendor.RestChoices) { c.Last = vendor.Empty }},
	{"trailing empty page", cursors, func(c *vendor.RestChoices) { c.Trailing = true }},
	{"empty pages before the end", emptyPages, func(c *vendor.RestChoices) { c.EmptyPages = true }},
	{"links without a host", cursors, func(c *vendor.RestChoices) { c.RelativeLinks = true }},
	{"links with a host", cursors, func(c *vendor.RestChoices) { c.RelativeLinks = false }},
	{"expired cursor 410", cursors, func(c *vendor.RestChoices) { c.CursorTTL, c.ExpiredStatus = time.Minute, http.StatusGone }},
	{"links for ever", of("zendesk-chat"), func(c *vendor.RestChoices) { c.Endless = true }},
	{"both ends", ends, func(c *vendor.RestChoices) { c.Ends = vendor.Closed }},
	{"open end", ends, func(c *vendor.RestChoices) { c.Ends = vendor.OpenEnd }},
	{"open start", ends, func(c *vendor.RestChoices) { c.Ends = vendor.OpenStart }},
	{"open ends", ends, func(c *vendor.RestChoices) { c.Ends = vendor.Open }},
	{"window by last action", of("agentx"), func(c *vendor.RestChoices) { c.Field = vendor.LastAction }},
	{"window by overlap", of("agentx"), func(c *vendor.RestChoices) { c.Field = vendor.Overlap }},
	{"window of at most 60 days", of("agentx", "intercom", "voiceflow"), func(c *vendor.RestChoices) { c.MaxSpan = 60 * 24 * time.Hour }},
	{"oldest first", nil, func(c *vendor.RestChoices) { c.Order = vendor.ByStart }},
	{"newest first", nil, func(c *vendor.RestChoices) { c.Order = vendor.NewestFirst }},
	{"shuffled", nil, func(c *vendor.RestChoices) { c.Order = vendor.Shuffled }},
	{"larger pages refused", of("ada"), func(c *vendor.RestChoices) { c.OverSize = vendor.Refuse }},
	{"pages of at most 30", nil, func(c *vendor.RestChoices) { c.MaxSize = 30 }},
	{"access tokens of a minute", of("liveperson"), func(c *vendor.RestChoices) { c.TokenLife, c.NoLifetime = time.Minute, false }},
	{"bad key 403", of("ada"), func(c *vendor.RestChoices) { c.BadKeyStatus = http.StatusForbidden }},
	{"429 with Retry-After", of("ada"), func(c *vendor.RestChoices) { c.RateRetryAfter, c.RateHTML = vendor.RetrySeconds, true }},
	{"no compression", of("ada"), func(c *vendor.RestChoices) { c.NoGzip = true }},
}

func cursors(l vendor.Layout) bool { return l.PagesByCursor() }

// emptyPages are no end where a cursor or link says what is one.
func emptyPages(l vendor.Layout) bool { return cursors(l) && !of("zendesk-chat")(l) }

// ends are open where the documentation does not say which belong to the window.
func ends(l vendor.Layout) bool { return of("agentx", "intercom", "voiceflow", "ada")(l) }

func of(names ...string) func(vendor.Layout) bool {
	return func(l vendor.Layout) bool { return slices.Contains(names, l.Name()) }
}
