package archive

import (
	"crypto/sha256"
	"embed"
	"encoding/base64"
	"html/template"
	"io"

	"dsr-server/internal/dsr"
	"dsr-server/internal/record"
)

//go:embed templates
var templateFiles embed.FS

// pages are the HTML templates. They hold no script, no style attribute and no
// address outside the archive; html/template escapes whatever they show.
var pages = template.Must(template.New("").Funcs(template.FuncMap{"visible": record.Visible}).ParseFS(templateFiles, "templates/*.html"))

// style is the one stylesheet, repeated in each page so that a page stands alone.
var style = func() template.CSS {
	css, err := templateFiles.ReadFile("templates/style.css")
	if err != nil {
		panic(err) // the file is embedded
	}
	return template.CSS(css) //nolint:gosec // our own file, no record in it
}()

// contentPolicy lets a browser use the stylesheet and pictures of the archive, and nothing
// else: should a record ever become markup, it could neither run nor fetch anything.
var contentPolicy = func() string {
	sum := sha256.Sum256([]byte(style))
	return "default-src 'none'; style-src 'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) +
		"'; img-src 'self'; base-uri 'none'; form-action 'none'"
}()

// page is what every page has.
type page struct {
	T          *texts
	Title      string
	Controller dsr.Controller
}

// Style is the page's stylesheet.
func (page) Style() template.CSS { return style }

// Policy is the page's Content-Security-Policy.
func (page) Policy() string { return contentPolicy }

func render(w io.Writer, name string, data any) error { return pages.ExecuteTemplate(w, name, data) }
