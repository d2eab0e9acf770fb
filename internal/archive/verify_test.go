package archive_test

import (
	"bytes"
	"errors"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"dsr-server/internal/archive"
	"dsr-server/internal/dsr"
	"dsr-server/internal/export"
)

func TestVerifyAcceptsWhatWasWritten(t *testing.T) {
	t.Parallel()
	in := sample(t)
	path := save(t, write(t, in))
	checked, err := archive.Verify(path, []byte("# ours\n"+in.Signer.AllowedSigner()+"\n"), export.Named)
	if err != nil || !checked.SignerChecked {
		t.Fatalf("got %+v, %v", checked, err)
	}
	if checked.Conversations != 3 || checked.Messages != 6 || checked.Fingerprint != in.Signer.Fingerprint() || !checked.Complete || checked.Entries != 21 {
		t.Errorf("got %+v", checked)
	}
	unchecked, err := archive.Verify(path, nil, export.Named)
	if err != nil || unchecked.SignerChecked || unchecked.Fingerprint != in.Signer.Fingerprint() {
		t.Errorf("without signers: got %+v, %v", unchecked, err)
	}
}

func TestVerifyNamesEachAlteredMissingAndAddedEntry(t *testing.T) {
	t.Parallel()
	in := sample(t)
	b := write(t, in)
	names, _ := unpack(t, b)
	for _, name := range names {
		problems := refused(t, in, repack(t, b, as(name, func(s string) string { return s + " " })))
		if !slices.ContainsFunc(problems, func(p archive.Problem) bool { return p.Entry == name }) {
			t.Errorf("%s altered: got %v", name, problems)
		}
		problems = refused(t, in, repack(t, b, without(name)))
		if !has(problems, archive.Missing, name) {
			t.Errorf("%s missing: got %v", name, problems)
		}
	}
	for _, name := range []string{"conversations/support-bot/new.html", "data/other/messages.csv", "notes.txt", "../x", "data/support-bot/../x.csv", "README.TXT", "index.html"} {
		if problems := refused(t, in, repack(t, b, as("", nil), name)); !has(problems, archive.Added, name) {
			t.Errorf("%s added: got %v", name, problems)
		}
	}
}

// refused verifies an archive that must not pass.
func refused(t *testing.T, in archive.Input, b []byte) []archive.Problem {
	t.Helper()
	report, err := archive.Verify(save(t, b), []byte(in.Signer.AllowedSigner()), export.Named)
	if !errors.Is(err, archive.ErrAltered) || errors.Is(err, archive.ErrUnreadable) || len(report.Problems) == 0 {
		t.Errorf("got %+v, %v", report, err)
	}
	return report.Problems
}

func has(problems []archive.Problem, kind archive.ProblemKind, entry string) bool {
	return slices.ContainsFunc(problems, func(p archive.Problem) bool { return p.Kind == kind && p.Entry == entry })
}

func TestVerifyRefusesAnyFlippedByte(t *testing.T) {
	t.Parallel()
	in := sample(t)
	b := write(t, in)
	path := filepath.Join(t.TempDir(), "flipped.zip")
	for i := range b {
		if i%151 != 0 && (i < len(b)-150 || i%3 != 0) { // the directory's end more closely
			continue
		}
		flipped := bytes.Clone(b)
		flipped[i] ^= 1 << (i % 8)
		if err := os.WriteFile(path, flipped, 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := archive.Verify(path, nil, export.Named); err == nil && !isPadding(t, b, flipped) {
			t.Errorf("byte %d of %d: accepted", i, len(b))
		}
	}
}

// isPadding reports whether two archives hold the same: a deflate stream ends with
// up to seven bits that mean nothing.
func isPadding(t *testing.T, a, b []byte) bool {
	t.Helper()
	namesA, contentA := unpack(t, a)
	namesB, contentB := unpack(t, b)
	return slices.Equal(namesA, namesB) && maps.EqualFunc(contentA, contentB, bytes.Equal)
}

func TestVerifyRefusesWhatStandsOutsideTheEntries(t *testing.T) {
	t.Parallel()
	in := sample(t)
	b := write(t, in)
	comment := bytes.Clone(b)
	comment[len(comment)-2] = 4 // the length of the comment
	for name, other := range map[string][]byte{
		"before": append([]byte("PK\x03\x04 and more"), b...), "after": append(bytes.Clone(b), make([]byte, 10)...), "comment": append(comment, "note"...),
	} {
		if problems := refused(t, in, other); !has(problems, archive.Container, "") {
			t.Errorf("%s: got %v", name, problems)
		}
	}
}

func TestVerifyToldApartFromUnreadable(t *testing.T) {
	t.Parallel()
	in := sample(t)
	b := write(t, in)
	for name, path := range map[string]string{
		"no file": filepath.Join(t.TempDir(), "none.zip"), "no ZIP": save(t, []byte("hello")), "cut": save(t, b[:len(b)/2]), "empty": save(t, nil),
	} {
		if _, err := archive.Verify(path, nil, export.Named); !errors.Is(err, archive.ErrUnreadable) || errors.Is(err, archive.ErrAltered) {
			t.Errorf("%s: got %v", name, err)
		}
	}
	_, err := archive.Verify(save(t, b), []byte("dsr-archive this is no key"), export.Named)
	if !errors.Is(err, archive.ErrUnreadable) {
		t.Errorf("bad signers: got %v", err)
	}
}

func TestVerifyChecksTheSigner(t *testing.T) {
	t.Parallel()
	in := sample(t)
	path := save(t, write(t, in))
	ours, other := in.Signer.AuthorizedKey(), signer(t).AuthorizedKey()
	for line, want := range map[string]error{
		"dsr-archive " + ours:                                                nil,
		`*,!x namespaces="file,dsr-*" ` + ours + " comment":                  nil,
		"\r\n# x\n  dsr-archive " + other + "\ndsr-archive " + ours + "\r\n": nil,
		"":                                        archive.ErrAltered,
		"dsr-archive " + other:                    archive.ErrAltered,
		"ana@example.com " + ours:                 archive.ErrAltered,
		"*,!dsr-archive " + ours:                  archive.ErrAltered,
		`dsr-archive namespaces="git" ` + ours:    archive.ErrAltered,
		"dsr-archive cert-authority " + ours:      archive.ErrUnreadable,
		`* valid-before="20200101" ` + ours:       archive.ErrUnreadable,
		`dsr-archive namespaces="git" nonsense x`: archive.ErrUnreadable,
	} {
		report, err := archive.Verify(path, []byte(line), export.Named)
		if !errors.Is(err, want) || (err == nil) != report.SignerChecked {
			t.Errorf("%q: got %v, checked %t", line, err, report.SignerChecked)
		}
	}
}

// rewrite makes an archive whose manifest and signature fit its altered content, as
// somebody with the key could.
func rewritten(t *testing.T, change func(*found, *archive.Input)) (archive.Input, []byte) {
	t.Helper()
	in := sample(t)
	change(in.Contents.(*found), &in)
	return in, write(t, in)
}

func TestVerifyFindsMessagesWithoutTheirConversation(t *testing.T) {
	t.Parallel()
	in, b := rewritten(t, func(f *found, _ *archive.Input) {
		f.add(dsr.Record{Source: "support-bot", ID: "z", ConversationID: "783bf7c2ea392cc6942a356056073c00",
			Raw: []byte(`{"_id":"z","conversationId":"somebody else's"}`)})
	})
	if problems := refused(t, in, b); !has(problems, archive.Counts, "data/support-bot/messages.ndjson") {
		t.Errorf("got %v", problems)
	}
}

func TestVerifyFindsNumberedMessagesWithoutTheirConversation(t *testing.T) {
	t.Parallel()
	for uuid, whole := range map[string]bool{"c": true, "somebody else's": false} {
		in, b := rewritten(t, func(f *found, in *archive.Input) {
			in.Contents = f
			f.conversations["it-desk"] = []dsr.Record{{Source: "it-desk", ID: "c", ConversationID: "c", Start: at(1, 1, 0, 0), Raw: []byte(`{"uuid":"c"}`)}}
			f.add(dsr.Record{Source: "it-desk", ID: "z", ConversationID: "c", Raw: []byte(`{"uuid":"z","conversation":{"uuid":"` + uuid + `"}}`)})
		})
		report, err := archive.Verify(save(t, b), []byte(in.Signer.AllowedSigner()), export.Named)
		if (err == nil) != whole || whole == has(report.Problems, archive.Counts, "data/it-desk/messages.ndjson") {
			t.Errorf("%s: %v, %v", uuid, err, report.Problems)
		}
	}
}

func TestVerifyAcceptsMessagesThatNameNoConversation(t *testing.T) {
	t.Parallel()
	in, b := rewritten(t, func(f *found, _ *archive.Input) {
		f.add(dsr.Record{Source: "support-bot", ID: "z", ConversationID: "783bf7c2ea392cc6942a356056073c00", Raw: []byte(`{"message_uuid":"z"}`)})
	})
	if _, err := archive.Verify(save(t, b), []byte(in.Signer.AllowedSigner()), export.Named); err != nil {
		t.Error(err)
	}
}

func TestReportsAreSafeToPrint(t *testing.T) {
	t.Parallel()
	in := sample(t)
	in.Software, in.Request.ID = "x\x1b[2J\ny", "\x00\r"
	report, err := archive.Verify(save(t, write(t, in)), nil, export.Named)
	if err != nil || strings.ContainsAny(report.Software+report.Request+report.Reference, "\x1b\n\x00\r") {
		t.Errorf("got %q, %q, %v", report.Software, report.Request, err)
	}
	for _, p := range refused(t, in, repack(t, write(t, in), as("", nil), "a\x1b[2J\u202e\n.txt")) {
		if strings.ContainsAny(p.String(), "\x1b\n\u202e") {
			t.Errorf("got %q", p.String())
		}
	}
}
