package archive_test

import (
	"archive/zip"
	"bytes"
	"io"
	"os"
	"os/exec"
	"strings"
	"testing"

	"golang.org/x/net/html"
)

// unpack returns the entries of a ZIP in their order, and their content by name.
func unpack(t testing.TB, b []byte) (names []string, content map[string][]byte) {
	t.Helper()
	z, err := zip.NewReader(bytes.NewReader(b), int64(len(b)))
	if err != nil {
		t.Fatal(err)
	}
	content = map[string][]byte{}
	for _, f := range z.File {
		r, err := f.Open()
		if err != nil {
			t.Fatal(err)
		}
		text, err := io.ReadAll(r)
		if err != nil {
			t.Fatalf("%s: %v", f.Name, err)
		}
		names = append(names, f.Name)
		content[f.Name] = text
	}
	return names, content
}

// repack writes a ZIP anew with what change makes of each entry; more entries may
// follow.
func repack(t testing.TB, b []byte, change func(name string, body []byte) (string, []byte, bool), more ...string) []byte {
	t.Helper()
	var out bytes.Buffer
	w := zip.NewWriter(&out)
	put := func(name string, body []byte) {
		f, err := w.Create(name)
		if err == nil {
			_, err = f.Write(body)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	names, content := unpack(t, b)
	for _, name := range names {
		if name, body, keep := change(name, content[name]); keep {
			put(name, body)
		}
	}
	for _, name := range more {
		put(name, []byte("more"))
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

// as is a change for repack that puts other content into one entry.
func as(entry string, edit func(string) string) func(string, []byte) (string, []byte, bool) {
	return func(name string, body []byte) (string, []byte, bool) {
		if name == entry {
			body = []byte(edit(string(body)))
		}
		return name, body, true
	}
}

// without is a change for repack that leaves one entry out.
func without(entry string) func(string, []byte) (string, []byte, bool) {
	return func(name string, body []byte) (string, []byte, bool) { return name, body, name != entry }
}

// tree parses a page.
func tree(t testing.TB, page []byte) *html.Node {
	t.Helper()
	root, err := html.Parse(bytes.NewReader(page))
	if err != nil {
		t.Fatal(err)
	}
	return root
}

// elements returns every element of a page in document order.
func elements(root *html.Node) []*html.Node {
	var out []*html.Node
	for n := range root.Descendants() {
		if n.Type == html.ElementNode {
			out = append(out, n)
		}
	}
	return out
}

func attr(n *html.Node, name string) string {
	for _, a := range n.Attr {
		if a.Key == name {
			return a.Val
		}
	}
	return ""
}

// textOf is the text that a reader sees.
func textOf(n *html.Node) string {
	var b strings.Builder
	for d := range n.Descendants() {
		if d.Type == html.TextNode && d.Parent.Data != "style" && d.Parent.Data != "title" {
			b.WriteString(d.Data)
		}
	}
	return b.String()
}

// tool returns the path of an external program, or skips the test.
func tool(t testing.TB, name string) string {
	t.Helper()
	path, err := exec.LookPath(name)
	if err != nil {
		if os.Getenv("DSR_TEST_REQUIRE") == "all" {
			t.Fatalf("%s is not installed, but DSR_TEST_REQUIRE=all", name)
		}
		t.Skipf("%s is not installed; it would check the archive from outside", name)
	}
	return path
}
