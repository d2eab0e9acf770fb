package archive_test

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"dsr-server/internal/archive"
	"dsr-server/internal/attachment"
	"dsr-server/internal/dsr"
	"dsr-server/internal/export"
	"dsr-server/internal/http/browsertest"
)

// dot is a picture of one red pixel.
var dot = func() string {
	b, err := base64.StdEncoding.DecodeString("iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mP8z8BQDwAEhQGAhKmMIQAAAABJRU5ErkJggg==")
	if err != nil {
		panic(err)
	}
	return string(b)
}()

const svg = `<svg xmlns="http://www.w3.org/2000/svg" onload="document.title='run'"><script>document.title='run'</script></svg>`

// refer adds a message that refers to a file, and the file: fetched, or missing for a reason.
func (f *found) refer(source, id, address, content, reason string) {
	f.message(source, fmt.Sprintf(`{"_id":%q,"time":1744651800,"type":"BotMessage","outMsg":{"attachment":{"url":%s}},"conversationId":"5c80416892d94e40a64cea7dc6406e25"}`, id, inQuotes(address)))
	a := dsr.Attachment{Source: source, Address: address, State: dsr.AttachmentMissing, Reason: reason}
	if reason == "" {
		sum := sha256.Sum256([]byte(content))
		kind := attachment.Sniff([]byte(content))
		a.State, a.Content = dsr.AttachmentFetched, dsr.AttachmentContent{Size: int64(len(content)), SHA256: hex.EncodeToString(sum[:]),
			Extension: kind.Extension, Type: kind.Type, Declared: "text/html"}
		f.content[a.Content.SHA256] = content
	}
	f.attachments[source] = append(f.attachments[source], a)
}

func inQuotes(s string) string { return `"` + strings.ReplaceAll(s, `"`, `\"`) + `"` }

func (f *found) open(a dsr.Attachment) (io.ReadCloser, error) {
	return io.NopCloser(strings.NewReader(f.content[a.Content.SHA256])), nil
}

// attached is the sample with files: a picture that two messages refer to, a document, two
// that could run, and some that are missing.
func attached(t testing.TB) archive.Input {
	in := sample(t)
	f := in.Contents.(*found)
	f.refer("support-bot", "f1", "https://cdn.example.com/dot.png?sig=1", dot, "")
	f.refer("support-bot", "f2", "https://cdn.example.com/same.jpg", dot, "")
	f.refer("support-bot", "f3", "https://cdn.example.com/rechnung%20m%C3%A4rz.pdf", "%PDF-1.7\n", "")
	f.refer("support-bot", "f4", "https://cdn.example.com/run.svg", svg, "")
	f.refer("support-bot", "f5", "https://cdn.example.com/run.png", "<!DOCTYPE html><script>document.title='run'</script>", "")
	f.refer("support-bot", "f6", "https://cdn.example.com/gone.png", "", dsr.MissingGone)
	f.refer("support-bot", "f7", "https://elsewhere.example/x.png", "", dsr.MissingHostNotListed)
	in.OpenFile = f.open
	return withFiles(in, &dsr.FileCount{Referred: 7, Fetched: 5, Missing: map[string]int64{dsr.MissingGone: 1, dsr.MissingHostNotListed: 1}})
}

func withFiles(in archive.Input, c *dsr.FileCount) archive.Input {
	for i := range in.Coverage.Sources {
		if s := &in.Coverage.Sources[i]; s.Name == "support-bot" {
			s.Files = c
		}
	}
	return in
}

func filesIn(names []string) (files []string) {
	for _, name := range names {
		if strings.HasPrefix(name, "files/") {
			files = append(files, name)
		}
	}
	return files
}

func TestFilesAreInTheArchive(t *testing.T) {
	t.Parallel()
	in := attached(t)
	b := write(t, in)
	names, content := unpack(t, b)
	transcript := func(content map[string][]byte) []byte {
		return content["conversations/support-bot/5c80416892d94e40a64cea7dc6406e25.html"]
	}
	want := map[string]string{".png": dot, ".pdf": "%PDF-1.7\n", ".txt": svg}
	files := filesIn(names)
	if len(files) != 4 {
		t.Errorf("got %v: one for each content", files)
	}
	for extension, text := range want {
		sum := sha256.Sum256([]byte(text))
		name := "files/support-bot/" + hex.EncodeToString(sum[:]) + extension
		if string(content[name]) != text {
			t.Errorf("%s is %q", name, content[name])
		}
		if !bytes.Contains(content["index.html"], []byte(`href="`+name+`"`)) || !bytes.Contains(transcript(content), []byte(`href="../../`+name+`"`)) {
			t.Errorf("%s is linked nowhere", name)
		}
	}
	if n := bytes.Count(transcript(content), []byte("<img ")); n != 2 {
		t.Errorf("%d pictures are shown, want the dot twice", n)
	}
	for _, page := range [][]byte{content["index.html"], transcript(content)} {
		for _, words := range []string{"A file that is not in this archive:", "https://cdn.example.com/gone.png", "its server does not have it",
			"https://elsewhere.example/x.png", "rechnung märz.pdf", "application/pdf", "9 B"} {
			if !strings.Contains(string(page), words) {
				t.Errorf("a page does not say %q", words)
			}
		}
	}
	for _, words := range []string{"The messages refer to 7 files; 5 of them are in this archive.", "Not in this archive: 1 (", "its server called it <bdi>text/html</bdi>"} {
		if !strings.Contains(string(content["index.html"]), words) {
			t.Errorf("the start page does not say %q", words)
		}
	}
	if _, err := archive.Verify(save(t, b), []byte(in.Signer.AllowedSigner()), export.Named); err != nil {
		t.Error(err)
	}
	if again := write(t, attachedBy(t, in)); !bytes.Equal(b, again) {
		t.Error("two archives of the same differ")
	}
	if _, plain := unpack(t, write(t, sample(t))); !bytes.Contains(plain["index.html"], []byte("The messages refer to no files.")) || bytes.Contains(plain["index.html"], []byte("#attached")) {
		t.Error("a start page without files does not say so")
	}
}

// attachedBy is attached with the signer of another input.
func attachedBy(t testing.TB, in archive.Input) archive.Input {
	again := attached(t)
	again.Signer = in.Signer
	return again
}

// TestVerifyHoldsFilesAgainstTheCoverage: one taken away or put there is told, also when
// the manifest agrees.
func TestVerifyHoldsFilesAgainstTheCoverage(t *testing.T) {
	t.Parallel()
	in := attached(t)
	b := write(t, in)
	names, _ := unpack(t, b)
	for _, name := range filesIn(names) {
		if problems := refused(t, in, repack(t, b, as(name, func(s string) string { return s + " " }))); !slices.ContainsFunc(problems, func(p archive.Problem) bool { return p.Entry == name }) {
			t.Errorf("%s altered: got %v", name, problems)
		}
		if problems := refused(t, in, repack(t, b, without(name))); !has(problems, archive.Missing, name) {
			t.Errorf("%s missing: got %v", name, problems)
		}
	}
	for _, name := range []string{"files/support-bot/" + strings.Repeat("a", 64) + ".png", "files/support-bot/x.png", "files/support-bot/" + strings.Repeat("a", 64) + ".html",
		"files/" + strings.Repeat("a", 64) + ".png", "files/../" + strings.Repeat("a", 64) + ".png"} {
		if problems := refused(t, in, repack(t, b, as("", nil), name)); !has(problems, archive.Added, name) {
			t.Errorf("%s added: got %v", name, problems)
		}
	}
	for name, c := range map[string]*dsr.FileCount{"none counted": nil, "fewer counted": {Referred: 3, Fetched: 3}} {
		in := withFiles(attached(t), c)
		if problems := refused(t, in, write(t, in)); !has(problems, archive.Counts, "files/support-bot") {
			t.Errorf("%s: got %v", name, problems)
		}
	}
	for name, c := range map[string]*dsr.FileCount{"too many": {Referred: 9, Fetched: 5}, "too few": {Referred: 5, Fetched: 5, Missing: map[string]int64{dsr.MissingGone: 1}}} {
		if _, err := archive.Write(t.Context(), &bytes.Buffer{}, withFiles(attached(t), c)); err == nil {
			t.Errorf("%s: a coverage that contradicts itself is taken", name)
		}
	}
}

// TestAFileThatIsNotWhatItWasEndsThePackaging: nor is one left out that cannot be opened.
func TestAFileThatIsNotWhatItWasEndsThePackaging(t *testing.T) {
	t.Parallel()
	for name, open := range map[string]func(dsr.Attachment) (io.ReadCloser, error){
		"changed": func(dsr.Attachment) (io.ReadCloser, error) { return io.NopCloser(strings.NewReader("other")), nil },
		"lost":    func(dsr.Attachment) (io.ReadCloser, error) { return nil, os.ErrNotExist },
		"broken":  func(dsr.Attachment) (io.ReadCloser, error) { return io.NopCloser(failingReader{}), nil },
		"nobody":  nil,
	} {
		in := attached(t)
		in.OpenFile = open
		if _, err := archive.Write(t.Context(), &bytes.Buffer{}, in); err == nil {
			t.Errorf("%s: an archive was made", name)
		}
	}
	in := attached(t)
	in.Contents.(*found).attachments["support-bot"][0].State = dsr.AttachmentWaiting
	if _, err := archive.Write(t.Context(), &bytes.Buffer{}, in); err == nil {
		t.Error("an archive was made while a file is waiting")
	}
}

type failingReader struct{}

func (failingReader) Read([]byte) (int, error) { return 0, errors.New("broken") }

// TestHostileAddressesAreShownAndNothingElse: whatever the address, its file's name is ours
// and the pages have the shape that tame ones give.
func TestHostileAddressesAreShownAndNothingElse(t *testing.T) {
	t.Parallel()
	key := signer(t)
	rapid.Check(t, func(rt *rapid.T) {
		rest := rapid.StringMatching(`[^\x00-\x1f\x7f\\"]{0,40}`).Draw(rt, "rest")
		hostile := rapid.SampledFrom([]string{"", `<script>alert(1)</script>`, `' onerror=alert(1) x='`, "../../../etc/passwd", "javascript:alert(1)", "{{.}}", "%00", "\u202efdp.exe", "&lt;img&gt;"}).Draw(rt, "hostile")
		in := sample(t)
		in.Signer = key
		f := in.Contents.(*found)
		f.refer("support-bot", "f1", strings.TrimSpace("https://cdn.example.com/"+hostile+rest), dot, "")
		f.refer("support-bot", "f2", strings.TrimSpace("https://cdn.example.com/x/"+hostile+rest), "", dsr.MissingRefused)
		in.OpenFile = f.open
		in = withFiles(in, &dsr.FileCount{Referred: 2, Fetched: 1, Missing: map[string]int64{dsr.MissingRefused: 1}})
		names, content := unpack(t, write(t, in))
		for _, name := range names {
			if strings.HasSuffix(name, ".html") {
				checkPage(rt, names, name, tree(t, content[name]))
			}
		}
		if files := filesIn(names); len(files) != 1 || !strings.HasSuffix(files[0], ".png") {
			rt.Fatalf("got %v", files)
		}
	})
}

// TestPicturesShowFromAFolder opens the unpacked archive as people do, without a server: its
// pictures show, and nothing that a file brings is run.
func TestPicturesShowFromAFolder(t *testing.T) {
	t.Parallel()
	browser := browsertest.Start(t)
	names, content := unpack(t, write(t, attached(t)))
	dir := t.TempDir()
	for _, name := range names {
		path := filepath.Join(dir, filepath.FromSlash(name))
		if err := errors.Join(os.MkdirAll(filepath.Dir(path), 0o700), os.WriteFile(path, content[name], 0o600)); err != nil {
			t.Fatal(err)
		}
	}
	tab := browser.Open(t, "file://"+dir, browsertest.Options{})
	for _, name := range names {
		if !strings.HasPrefix(name, "conversations/support-bot/5c80") {
			continue
		}
		tab.Go("/" + name)
		// Without being asked, pictures out of view load late or never.
		const widths = `Promise.all([...document.images].map(i => (i.loading = "eager", i.decode().then(() => i.naturalWidth)))).then(w => w.join())`
		if shown := browsertest.Eval[string](tab, widths); shown != "1,1" {
			t.Errorf("the pictures are %s wide", shown)
		}
	}
	for _, name := range filesIn(names) {
		if strings.HasSuffix(name, ".txt") {
			tab.Go("/" + name)
			if title := browsertest.Eval[string](tab, `document.title + document.querySelectorAll("script,svg").length`); title != "0" {
				t.Errorf("%s has run: %s", name, title)
			}
		}
	}
}

// TestMemoryDoesNotGrowWithFiles: they pass through.
func TestMemoryDoesNotGrowWithFiles(t *testing.T) { // not parallel: what others allocate counts too
	if small, large := allocatedFor(t, 1<<20), allocatedFor(t, 64<<20); large > small+(8<<20) {
		t.Errorf("a file of 1 MiB takes %d bytes, one of 64 MiB %d", small, large)
	}
}

// allocatedFor is how much packaging allocates with one file of a size.
func allocatedFor(t *testing.T, size int64) int64 {
	in := sample(t)
	f, sum := in.Contents.(*found), sha256.New()
	if _, err := io.Copy(sum, io.LimitReader(zeros{}, size)); err != nil {
		t.Fatal(err)
	}
	f.refer("support-bot", "f1", "https://cdn.example.com/large", "", "")
	f.attachments["support-bot"][0].Content = dsr.AttachmentContent{Size: size, SHA256: hex.EncodeToString(sum.Sum(nil)), Extension: ".bin"}
	in.OpenFile = func(dsr.Attachment) (io.ReadCloser, error) { return io.NopCloser(io.LimitReader(zeros{}, size)), nil }
	in = withFiles(in, &dsr.FileCount{Referred: 1, Fetched: 1})
	return testing.Benchmark(func(b *testing.B) {
		b.ReportAllocs()
		for range b.N {
			if _, err := archive.Write(b.Context(), io.Discard, in); err != nil {
				b.Fatal(err)
			}
		}
	}).AllocedBytesPerOp()
}

type zeros struct{}

func (zeros) Read(b []byte) (int, error) { clear(b); return len(b), nil }
