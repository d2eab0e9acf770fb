package finder

import (
	"regexp"
	"strings"
)

// Words for secrets, in the languages of the forms, as folded. The second kind are of digits.
const (
	passwords = `pass ?words?|pass ?phrase|passwd|passwor[dt]s?|kennwort|zugangscode|pwd|pw|contrasena|clave(?: de acceso)?|mot de passe|mdp|wachtwoord|haslo|senha|` +
		`api[ _-]?(?:key|token|secret|schlussel)|access[ _-]?(?:key|token)|secret(?:[ _-]?(?:access[ _-]?)?key)?|client[ _-]?secret|auth(?:orization)?[ _-]?token|token|bearer|` +
		`(?:wlan|wifi|wi-fi)[ -]?(?:key|schlussel|passwor[dt])|recovery[ -]?code|license[ -]?key`
	pins = `pin|puk|tan|otp|cvv2?|cvc2?|geheimzahl|pass ?code|(?:karten)?prufnummer|(?:security|verification|access|door|login|sms|unlock|2fa|one[- ]time)[ -]?code|` +
		`(?:sicherheits|bestatigungs|verifizierungs|zugangs|einmal|freischalt|tur|sms)-?code|code (?:de securite|secret|pin)|codigo (?:de seguridad|de verificacion|pin)|` + //nolint:misspell // Spanish
		`codice (?:di sicurezza|pin)|beveiligingscode|pincode|kod pin|pin-?(?:code|nummer|number)`
	says = `is|ist|lautet|es|est|e|was|war|are|sind|to|auf|jest|zijn|means`
)

// secretWords begin every word of passwords and pins.
var secretWords = hints{"pass", "kennwort", "zugangs", "pwd", "pw", "contrasena", "clave", "mot de", "mdp", "wachtwoord", "haslo", "senha", "api", "access", "secret",
	"client", "auth", "token", "bearer", "wlan", "wifi", "wi-fi", "recovery", "license", "pin", "puk", "tan", "otp", "cvv", "cvc", "geheimzahl", "karten", "pruf", "security",
	"verification", "door", "login", "sms", "unlock", "2fa", "one", "sicherheits", "bestatigungs", "verifizierungs", "einmal", "freischalt", "tur", "code ", "codigo", "codice",
	"beveiliging", "kod"}

// NamedSecret: a word for a secret, and the secret. Where nothing but a blank or a verb
// stands between, only what no word looks like is one. KeyShape: what services publish of
// the form of their keys, so that scanners find them.
var keyForms = []form{
	{kind: Credential, rule: SecretInURL, group: 1, hints: hints{"://"}, shape: regexp.MustCompile(`(?i)\b[a-z][a-z0-9+.-]{1,20}://([^\s/:@]{1,64}:[^\s/@]{1,128})@[^\s/@]`)}, // RFC 3986, 3.2.1
	shaped(hints{"-----begin"}, `-----BEGIN [A-Z ]{0,40}PRIVATE KEY-----[A-Za-z0-9+/=:,. \n]*(?:-----END [A-Z ]{0,40}PRIVATE KEY-----)?`),                                     // RFC 7468
	shaped(hints{"eyj"}, `\beyJ[\w-]{8,}\.eyJ[\w-]{8,}\.[\w-]{8,}`),                                                                                                           // RFC 7519: JSON in Base64
	shaped(hints{"akia", "asia"}, `\b(?:AKIA|ASIA)[A-Z2-7]{16}\b`),                                                                                                            // AWS: unique identifiers of access keys
	shaped(hints{"gh", "github_pat_"}, `\b(?:gh[pousr]_[A-Za-z0-9]{36,}|github_pat_\w{22,})`),                                                                                 // GitHub: token formats
	shaped(hints{"glpat-"}, `\bglpat-[\w-]{20,64}`),                                                                                                                           // GitLab: personal access tokens
	shaped(hints{"xox"}, `\bxox[abeoprs]-[A-Za-z0-9-]{10,}`),                                                                                                                  // Slack: token types
	shaped(hints{"sk_", "rk_", "pk_"}, `\b(?:sk|rk|pk)_(?:live|test)_[A-Za-z0-9]{16,}`),                                                                                       // Stripe: API keys
	shaped(hints{"sk-"}, `\bsk-(?:[a-z]{2,8}[0-9]{0,2}-)?[A-Za-z0-9_-]{20,}`),                                                                                                 // OpenAI, Anthropic
	shaped(hints{"aiza"}, `\bAIza[\w-]{35}`),                                                                                                                                  // Google: API keys
	shaped(hints{"sg."}, `\bSG\.[\w-]{22}\.[\w-]{43}`),                                                                                                                        // SendGrid
	shaped(hints{"npm_"}, `\bnpm_[A-Za-z0-9]{36}\b`),                                                                                                                          // npm: access tokens
	named(secretWords, assigned+`([^\s"'<>\x01]{3,128})`, isCode),
	named(secretWords, assigned+`([^\s"'<>\x01]{3,128})["']? *$`, isLastWord),
	named(secretWords, `(?i)\b(?:`+passwords+`)\b (?:(?:`+says+`) )?["']?([^\s"'<>\x01]{4,128})`, isMixed),
	named(secretWords, `(?i)\b(?:`+passwords+`)\b (?:`+says+`) ["']?(\d{4,64})\b`, nil),
	named(secretWords, `(?i)\b(?:`+pins+`)\b(?: (?:`+says+`|for [a-z ]{1,20}?|fur [a-z ]{1,20}?))?[ #:=]{1,3}(\d{3,8})\b`, nil),
	named(nil, `(?i)\b(\d{4,8}) (?:is|ist|est|es) (?:your|the|my|ihr|dein|mein|votre|su|tu) (?:[\w-]+ ){0,3}(?:code|pin|otp|tan|pass ?code|[a-z]{1,20}code)\b`, nil),
}

// assigned is a word for a secret, and a colon or an equals sign.
const assigned = `(?im)\b(?:` + passwords + `|` + pins + `)\b["']? ?(?:(?:` + says + `|for [\w.-]{1,30}|fur [\w.-]{1,30}) ?)?(?::|=>?) ?["']?`

func shaped(h hints, pattern string) form {
	return form{kind: Credential, rule: KeyShape, hints: h, behind: keyBehind, shape: regexp.MustCompile(pattern)}
}

func named(h hints, pattern string, fits func(string) bool) form {
	return form{kind: Credential, rule: NamedSecret, hints: h, shape: regexp.MustCompile(pattern), group: 1, fits: fits, trim: true}
}

// placeholders stand where a secret would.
var placeholders = regexp.MustCompile(`(?i)^(?:[*x.•_#-]+|\[.*\]?|\{.*\}?|\$\{?.*|https?:.*|none|null|nil|undefined|true|false|redacted|hidden|removed|geheim gehalten)$`)

// isCode accepts digits, and what no word looks like.
func isCode(value string) bool { return digitsIn(value) == len(value) || isMixed(value) }

// isLastWord accepts a word with nothing behind it, as no sentence begins.
func isLastWord(value string) bool {
	return !placeholders.MatchString(value) && !strings.ContainsAny(value, ".,;:")
}

// isMixed accepts what no word of a language looks like: letters with digits or signs.
func isMixed(value string) bool {
	if placeholders.MatchString(value) || len(value) < 4 {
		return false
	}
	letters := len(value) - digitsIn(value) - signsIn(value)
	return letters > 0 && (digitsIn(value) > 0 || signsIn(strings.TrimRight(value, signs)) > 0)
}

// signs are those of a password that no punctuation of a sentence is.
const signs = "!@#$%^&*_+~?|"

func signsIn(value string) (n int) {
	for i := range len(value) {
		if strings.IndexByte(signs, value[i]) >= 0 {
			n++
		}
	}
	return n
}
