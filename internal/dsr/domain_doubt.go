package dsr

import "strings"

// misspelt are ends of domains that exist for no e-mail provider, or hardly ever are what was
// meant, by what was.
var misspelt = map[string]string{
	"con": "com", "cmo": "com", "ocm": "com", "comm": "com", "vom": "com", "xom": "com", "cim": "com", "cpm": "com", "c0m": "com", "coom": "com",
	"nte": "net", "ner": "net", "nett": "net", "ogr": "org", "orq": "org", "rog": "org", "dee": "de", "ed": "de", "deu": "de",
}

// misspeltHosts are the same for whole domains of providers.
var misspeltHosts = map[string]string{
	"gmial": "gmail", "gmai": "gmail", "gamil": "gmail", "gmal": "gmail", "gmil": "gmail", "gnail": "gmail", "gmaill": "gmail", "googlemial": "googlemail", "hotmial": "hotmail", "hotmal": "hotmail", "hotmai": "hotmail", "hotmil": "hotmail",
	"outlok": "outlook", "outloo": "outlook", "outllok": "outlook", "yaho": "yahoo", "yahooo": "yahoo", "yhaoo": "yahoo", "iclod": "icloud", "icloude": "icloud", "webb": "web", "t-onlin": "t-online", "tonline": "t-online",
}

// LikelyMeant is the address that somebody may have meant who typed one with an odd domain;
// empty where nothing is odd.
func (i Identifier) LikelyMeant() string {
	if i.Shape != ShapeAddress {
		return ""
	}
	at := strings.LastIndexByte(i.Text, '@')
	if at < 0 {
		return ""
	}
	host, end, found := strings.Cut(strings.ToLower(i.Text[at+1:]), ".")
	if !found {
		return ""
	}
	dot := strings.LastIndexByte(end, '.')
	meant := host
	if better := misspeltHosts[host]; better != "" {
		meant = better
	}
	last := end[dot+1:]
	if better := misspelt[last]; better != "" {
		last = better
	}
	if meant == host && last == end[dot+1:] {
		return ""
	}
	return i.Text[:at+1] + meant + "." + end[:dot+1] + last
}
