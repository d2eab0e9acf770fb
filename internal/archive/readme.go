package archive

import (
	"context"
	"io"
	"strings"
	"text/template"

	"dsr-server/internal/record"
	"dsr-server/internal/sign"
)

// readmes are the texts of README.txt, one for each language. They are plain text,
// so whatever they show is on one line and without control characters.
var readmes = template.Must(template.New("").ParseFS(templateFiles, "templates/readme.*.txt"))

// readmePage is what README.txt tells.
type readmePage struct {
	indexPage
	Identity, Namespace string
}

func (p *packer) writeReadme(context.Context) error {
	data := readmePage{p.indexPage(), sign.Identity, sign.Namespace}
	return p.zip.add(readmeName, func(w io.Writer) error {
		return readmes.ExecuteTemplate(w, "readme."+p.texts.Lang+".txt", data)
	})
}

// Line shows a text of others on one line.
func (readmePage) Line(s string) string { return oneLine(s) }

func oneLine(s string) string { return strings.Join(strings.Fields(record.Visible(s)), " ") }
