package archive

import (
	"crypto/sha256"
	"encoding/hex"
	"regexp"
	"strconv"
	"strings"

	"dsr-server/internal/attachment"
)

// Names of the entries that are there once.
const (
	readmeName    = "README.txt"
	indexName     = "index.html"
	statementName = "statement.html"
	coverageName  = "coverage.json"
	withheldName  = "withheld.json"
	manifestName  = "manifest.json"
	signatureName = "manifest.json.sig"
)

// dataFiles are the entries of each folder data/<source>.
var dataFiles = []string{"conversations.ndjson", "messages.ndjson", "conversations.csv", "messages.csv"}

// layout is every name an archive may hold; a folder's or transcript's name is one
// that cleanName gives.
var layout = regexp.MustCompile(`^(?:README\.txt|index\.html|statement\.html|coverage\.json|withheld\.json|manifest\.json(?:\.sig)?` +
	`|schemas/[a-z]+(?:-[a-z]+)*\.json` +
	`|conversations/` + segment + `/` + segment + `\.html` +
	`|data/` + segment + `/(?:conversations|messages)\.(?:ndjson|csv)` +
	`|files/` + segment + `/[0-9a-f]{64}\.(?:` + strings.Join(attachment.Extensions(), "|") + `))$`)

const segment = `[A-Za-z0-9_-](?:[A-Za-z0-9._~-]*[A-Za-z0-9_-])?`

func dataPath(dir, file string) string       { return "data/" + dir + "/" + file }
func transcriptPath(dir, name string) string { return "conversations/" + dir + "/" + name + ".html" }

// names hands out the names within one folder: no two are equal, also where upper
// and lower case are the same.
type names struct{ taken map[string]struct{} }

func newNames() *names { return &names{taken: map[string]struct{}{}} }

// claim returns a clean name for an id. The first id to claim a name has it; one
// that differs from it in case only gets the long form.
func (n *names) claim(id string) string {
	name := cleanName(id)
	if n.has(name) {
		name = hashedName(id)
	}
	for i := 2; n.has(name); i++ {
		name = hashedName(id) + "~" + strconv.Itoa(i)
	}
	n.taken[strings.ToLower(name)] = struct{}{}
	return name
}

func (n *names) has(name string) bool {
	_, ok := n.taken[strings.ToLower(name)]
	return ok
}

// maxPlainName keeps paths short enough for Windows (260 characters with the folder
// that the archive is unpacked in).
const maxPlainName = 64

var (
	plainName = regexp.MustCompile(`^[A-Za-z0-9_](?:[A-Za-z0-9._-]*[A-Za-z0-9_])?$`)
	// reservedName are device names on Windows, with any extension.
	reservedName = regexp.MustCompile(`(?i)^(?:con|prn|aux|nul|com[0-9]|lpt[0-9])(?:\.|$)`)
	notPlain     = regexp.MustCompile(`[^A-Za-z0-9_-]+`)
)

// cleanName turns an id into a file name that is safe on every system. Tame ids
// stay as they are; any other becomes what is tame of it and a hash of the whole,
// joined by "~", which no tame id contains.
func cleanName(id string) string {
	if len(id) <= maxPlainName && plainName.MatchString(id) && !strings.Contains(id, "..") && !reservedName.MatchString(id) {
		return id
	}
	return hashedName(id)
}

func hashedName(id string) string {
	tame := notPlain.ReplaceAllString(id[:min(len(id), 40)], "_")
	tame = strings.Trim(tame, "_-")
	if tame == "" || reservedName.MatchString(tame) {
		tame = "id"
	}
	sum := sha256.Sum256([]byte(id))
	return tame + "~" + hex.EncodeToString(sum[:16])
}
