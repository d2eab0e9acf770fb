package audit_test

import (
	"bytes"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"dsr-server/internal/audit"
)

var at = time.Date(2025, 6, 30, 9, 0, 0, 7e6, time.UTC)

// The form is a promise: hashes of logs that exist depend on it.
func TestLeafForm(t *testing.T) {
	t.Parallel()
	for want, e := range map[string]audit.Event{
		`{"actor":"system","at":"2025-06-30T09:00:00.007Z","data":{},"index":17,"kind":"request.ready","request":""}`: {
			At: at.In(time.FixedZone("", 7200)).Add(999 * time.Microsecond), Kind: audit.RequestReady, Actor: audit.System,
		},
		`{"actor":"token:ci","at":"2025-06-30T09:00:00.007Z","data":{"a":"1","b_2":"<\"\\\n\u001bé` + "\u2028" + `>"},"index":17,"kind":"token.created","request":"0198"}`: {
			At: at, Kind: audit.TokenCreated, Actor: "token:ci", Request: "0198",
			Data: map[string]string{"b_2": "<\"\\\n\x1bé\u2028>", "a": "1"},
		},
	} {
		got, err := e.Leaf(17)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, string(got)); diff != "" {
			t.Error(diff)
		}
	}
}

// TestTheBytesOfALeafNeverChange: the hashes of logs that exist depend on them. These were
// written when the form was first released.
func TestTheBytesOfALeafNeverChange(t *testing.T) {
	t.Parallel()
	e := audit.Event{Actor: "\x00\x01\b\t\n\v\f\r\x1f \"/\\\x7f", At: time.Date(2025, 6, 30, 11, 0, 0, 5e6, time.FixedZone("", 7200)), Kind: audit.RequestReady,
		Request: "r<>&\u2028\u2029", Data: map[string]string{"b": "~", "a_1": "ünï \U0001F600 \ufffd \ufeff", "c": ""}}
	want := `{"actor":"\u0000\u0001\b\t\n\u000b\f\r\u001f \"/\\` + "\x7f" + `","at":"2025-06-30T09:00:00.005Z",` +
		`"data":{"a_1":"ünï ` + "\U0001F600 \ufffd \ufeff" + `","b":"~","c":""},"index":9007199254740991,"kind":"request.ready","request":"r<>&` + "\u2028\u2029" + `"}`
	got, err := e.Leaf(1<<53 - 1)
	if err != nil || string(got) != want {
		t.Errorf("got  %q, %v\nwant %q", got, err, want)
	}
	e.Data = nil
	if got, err := e.Leaf(0); err != nil || !bytes.Contains(got, []byte(`"data":{},"index":0,`)) {
		t.Errorf("without data: %q, %v", got, err)
	}
}

func TestLeafRefusesWhatItCouldNotReadBack(t *testing.T) {
	t.Parallel()
	good := audit.Event{At: at, Kind: audit.RequestReady, Actor: audit.System}
	if _, err := good.Leaf(0); err != nil {
		t.Fatal(err)
	}
	secret := "ana@example.com"
	for name, change := range map[string]func(*audit.Event){
		"no time":         func(e *audit.Event) { e.At = time.Time{} },
		"no kind":         func(e *audit.Event) { e.Kind = "" },
		"kind in capital": func(e *audit.Event) { e.Kind = "Request.Ready" },
		"no actor":        func(e *audit.Event) { e.Actor = "" },
		"long actor":      func(e *audit.Event) { e.Actor = strings.Repeat(secret, 100) },
		"bad name":        func(e *audit.Event) { e.Data = map[string]string{secret: "1"} },
		"long value":      func(e *audit.Event) { e.Data = map[string]string{"a": strings.Repeat(secret, 100)} },
		"not UTF-8":       func(e *audit.Event) { e.Data = map[string]string{"a": secret + "\xff"} },
	} {
		e := good
		change(&e)
		if leaf, err := e.Leaf(0); err == nil {
			t.Errorf("%s: written as %s", name, leaf)
		} else if strings.Contains(err.Error(), secret) {
			t.Errorf("%s: the error repeats the value", name)
		}
	}
	if _, err := good.Leaf(-1); err == nil {
		t.Error("a negative index was written")
	}
}

func TestEveryKindCanBeWritten(t *testing.T) {
	t.Parallel()
	seen := map[audit.Kind]bool{}
	for _, k := range audit.Kinds {
		if _, err := (audit.Event{At: at, Kind: k, Actor: "a"}).Leaf(0); err != nil || seen[k] {
			t.Errorf("%s: %v, twice: %t", k, err, seen[k])
		}
		seen[k] = true
	}
}

func genEvent(t *rapid.T) audit.Event {
	text := rapid.StringN(0, 20, 200)
	return audit.Event{
		At:      time.UnixMilli(rapid.Int64Range(0, 4102444800000).Draw(t, "at")).UTC(),
		Kind:    rapid.SampledFrom(audit.Kinds).Draw(t, "kind"),
		Actor:   rapid.StringN(1, 20, 200).Draw(t, "actor"),
		Request: text.Draw(t, "request"),
		Data:    rapid.MapOfN(rapid.StringMatching(`[a-z][a-z0-9_]{0,9}`), text, 0, 4).Draw(t, "data"),
	}
}

func TestALeafIsReadBackAsTheSameEvent(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		want, n := genEvent(t), rapid.Int64Range(0, 1<<53).Draw(t, "index")
		leaf, err := want.Leaf(n)
		if err != nil {
			t.Fatal(err)
		}
		index, got, err := audit.ParseLeaf(leaf)
		if err != nil || index != n || !cmp.Equal(got, want) {
			t.Fatalf("%s: read back as %d, %v: %s", leaf, index, err, cmp.Diff(want, got))
		}
	})
}

func TestOneEventHasOneLeaf(t *testing.T) {
	t.Parallel()
	good := `{"actor":"a","at":"2025-06-30T09:00:00.007Z","data":{"a":"é"},"index":17,"kind":"request.ready","request":"r"}`
	if _, _, err := audit.ParseLeaf([]byte(good)); err != nil {
		t.Fatal(err)
	}
	for _, change := range [][2]string{
		{`}`, `} `}, {`"a":"é"`, `"a": "é"`}, {`é`, `\u00e9`}, {`:17`, `:17.0`}, {`:17`, `:-1`}, {`.007Z`, `.0070Z`}, {`.007Z`, `.007+00:00`},
		{`"request":"r"}`, `"request":"r","x":1}`}, {`"index":17,`, `"index":16,"index":17,`}, {`"request":"r"}`, `"Request":"r"}`},
		{`,"request":"r"`, ``}, {`"a":"é"`, `"a":1`}, {`{"a":"é"}`, `null`}, {`é`, "\xff"},
	} {
		leaf := strings.Replace(good, change[0], change[1], 1)
		if _, _, err := audit.ParseLeaf([]byte(leaf)); err == nil || leaf == good {
			t.Errorf("read: %s", leaf)
		}
	}
}

func FuzzParseLeaf(f *testing.F) {
	f.Add([]byte(`{"actor":"a","at":"2025-06-30T09:00:00.007Z","data":{"a":"é"},"index":17,"kind":"request.ready","request":"r"}`))
	f.Fuzz(func(t *testing.T, leaf []byte) {
		n, e, err := audit.ParseLeaf(leaf)
		if err != nil {
			return
		}
		if again, err := e.Leaf(n); err != nil || string(again) != string(leaf) {
			t.Errorf("%q written again as %q, %v", leaf, again, err)
		}
	})
}
