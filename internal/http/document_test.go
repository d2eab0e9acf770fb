package http_test

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"

	"dsr-server/api"
)

// document is openapi.yaml as it is served.
func document(t *testing.T) *openapi3.T {
	t.Helper()
	text, err := api.JSON()
	if err != nil {
		t.Fatal(err)
	}
	doc, err := openapi3.NewLoader().LoadFromData(text)
	if err != nil {
		t.Fatal(err)
	}
	return doc
}

// TestEveryOperationIsDescribedInFull: in words, with examples of what is sent and answered,
// what is refused of every call, and what stands for all other answers.
func TestEveryOperationIsDescribedInFull(t *testing.T) {
	t.Parallel()
	for path, item := range document(t).Paths.Map() {
		for method, o := range item.Operations() {
			call := method + " " + path
			if o.Summary == "" || o.Description == "" {
				t.Errorf("%s is not described in words", call)
			}
			for _, status := range []string{"default", "400"} {
				if o.Responses.Value(status) == nil {
					t.Errorf("%s: %s is not described", call, status)
				}
			}
			if body := o.RequestBody; body != nil {
				wantExamples(t, call+" is sent", body.Value.Content)
				if o.Responses.Value("415") == nil {
					t.Errorf("%s: 415 is not described", call)
				}
			}
			for status, r := range o.Responses.Map() {
				if strings.HasPrefix(status, "2") {
					wantExamples(t, call+" answers "+status, r.Value.Content)
				}
			}
		}
	}
}

// wantExamples asserts that there are some of JSON. That they fit is asserted where the
// document is read for all tests.
func wantExamples(t *testing.T, what string, content openapi3.Content) {
	t.Helper()
	for name, c := range content {
		if strings.HasSuffix(name, "json") && c.Example == nil && len(c.Examples) == 0 {
			t.Errorf("%s: there is no example of %s", what, name)
		}
	}
}

// ofPages are the codes of errors that pages alone show, or commands.
var ofPages = []string{"account_disabled", "already_set_up", "bad_secret", "bad_setup_token", "code_refused", "cross_origin", "in_use", "link_ended", "login_in_use",
	"own_account", "second_factor_set", "sign_in_refused", "sign_in_throttled", "token_in_use", "too_many_requests_ticked", "wrong_passcode"}

// codeInSource finds the code of an error where one is made.
var codeInSource = regexp.MustCompile(`(?:Errorf\((?:dsr\.)?(?:Malformed|Unauthenticated|Forbidden|NotFound|Conflict|Gone|Changed|TooLarge|Invalid|TooMany|Unavailable), |edgeError\{[^"]*|, Code: |newPlaces\([^"]*, )"([a-z0-9_]+)"`)

// TestEveryProblemCodeIsListed: that which the API may answer with, and no other.
func TestEveryProblemCodeIsListed(t *testing.T) {
	t.Parallel()
	listed := map[string]bool{}
	for _, code := range document(t).Components.Schemas["ProblemCode"].Value.Enum {
		listed[fmt.Sprint(code)] = false
	}
	err := filepath.WalkDir("..", func(path string, _ os.DirEntry, err error) error {
		if err != nil || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
			return err
		}
		text, err := os.ReadFile(path)
		for code := range listed {
			listed[code] = listed[code] || strings.Contains(string(text), `"`+code+`"`)
		}
		for _, m := range codeInSource.FindAllStringSubmatch(string(text), -1) {
			if _, is := listed[m[1]]; !is && !slices.Contains(ofPages, m[1]) && !strings.Contains(path, "report") {
				t.Errorf("%s: the code %s is not listed in openapi.yaml", path, m[1])
			}
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	for code, found := range listed {
		if !found {
			t.Errorf("openapi.yaml lists the code %s, which there is not", code)
		}
	}
}
