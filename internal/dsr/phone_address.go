package dsr

import (
	"net/url"
	"regexp"
	"strings"
)

var (
	// phoneLink is a link that opens a chat with a number, which has its country code and
	// seldom the plus.
	phoneLink = regexp.MustCompile(`^(?i)(?:(?:https?://)?(?:www\.)?(?:wa\.me/|t\.me/\+|signal\.me/#p/)|(?:https?://)?(?:api\.|web\.|www\.)?whatsapp\.com/send/?\?(?:[^#]*&)?phone=|` +
		`(?:whatsapp|viber|tg|sgnl):/{0,2}[a-z.]+/?[?#](?:p/|(?:[^#]*&)?(?:phone|number)=))\+?([\d\s().-]{5,})(?:[/?&#].*)?$`)
	// phoneAddress is a number inside of an address: with a scheme in front, the name of a
	// network behind it and perhaps an agent's and a device's number between.
	phoneAddress = regexp.MustCompile(`^(?i)(?:(tel|telprompt|callto|smsto|sms|mms|fax|sips?|h323|whatsapp|viber|skype|xmpp|facetime|facetime-audio|imessage):/{0,2})?([^@:;?]*?)(?:_\d+)?(?::\d+)?(@[^@\s\x{85}\p{Z};?/]+)?([;?/].*)?$`)
	// angled is an address after a name, as telephones and mail programs show it.
	angled = regexp.MustCompile(`^[^<>]*<([^<>]+)>[^<>]*$`)
	// remark is what somebody wrote behind a number: "(home)".
	remark = regexp.MustCompile(`\s*\([^()]*\p{L}[^()]*\)\s*$`)
	// context is the country for which a number is written (RFC 3966).
	context = regexp.MustCompile(`(?i);phone-context=\+?([\d-]*)`)
)

// dialled takes a number out of an address, with the plus if its network has numbers with
// the country code only. Of a text that is no such address it takes off a remark.
func dialled(text string) (number string, isAddress bool) {
	if strings.Contains(text, "%") {
		if plain, err := url.PathUnescape(text); err == nil {
			text = plain
		}
	}
	text = strings.TrimSpace(text)
	if p := angled.FindStringSubmatch(text); p != nil {
		text = strings.TrimSpace(p[1])
	}
	if p := phoneLink.FindStringSubmatch(text); p != nil {
		return abroad(p[1]), true
	}
	p := phoneAddress.FindStringSubmatch(text)
	switch {
	case p == nil && strings.Contains(text, "://"): // the digits of another link are those of an order, a page, a picture
		return "", false
	case p == nil:
		return remark.ReplaceAllString(text, ""), false
	}
	scheme, number, host, rest := strings.ToLower(p[1]), p[2], strings.ToLower(p[3]), p[4]
	switch {
	case host == "@s.whatsapp.net", host == "@c.us", scheme == "whatsapp":
		return abroad(number), true
	case scheme == "" && host != "": // an e-mail address
		return text, false
	case scheme == "" && !context.MatchString(rest):
		return remark.ReplaceAllString(text, ""), false
	}
	return inContext(number, rest), scheme != ""
}

// abroad is a number that has its country code, with the plus.
func abroad(number string) string { return "+" + strings.TrimLeft(number, "+ 0") }

// inContext puts the country's code in front of a number that is written without.
func inContext(number, parameters string) string {
	p := context.FindStringSubmatch(parameters)
	if p == nil || p[1] == "" || len(p[1]) > 3 || strings.HasPrefix(number, "+") {
		return number
	}
	return "+" + p[1] + " " + number
}
