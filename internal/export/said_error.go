package export

import (
	"slices"
	"strconv"
	"strings"

	"dsr-server/internal/record"
)

// Vendors report errors beside their records under names that stand there also where all
// went well: {"error":{"code":0,"message":"Success"}}.

// Under these names a number is a code, of which those of HTTP from 200 on are of success.
// Under any other it counts errors.
var codeNames = []string{"error", "errorcode", "code", "status", "statuscode", "httpstatus", "httpcode"}

var successWords = []string{"ok", "okay", "success", "successful", "succeeded", "noerror", "noerrors", "noexception", "nofailure", "nofailures", "done", "complete", "completed"}

// reportsError reports whether what stands under the name of an error is one. An object in a
// list is, unless it says that all went well.
func reportsError(name string, v *record.Value) bool {
	if !v.IsObject() && !v.IsList() {
		return !saysNothing(v.Text()) && !saysSuccess(name, v.Text())
	}
	return slices.ContainsFunc(v.Fields(), func(f record.Field) bool {
		if v.IsList() {
			return f.Value.IsObject() && !f.Value.IsEmpty() && !reportsSuccess(f.Value) || reportsError(name, f.Value)
		}
		return reportsError(plainName(f.Name), f.Value)
	})
}

func reportsSuccess(v *record.Value) bool {
	return slices.ContainsFunc(v.Fields(), func(f record.Field) bool { return saysSuccess(plainName(f.Name), f.Value.Text()) })
}

// saysSuccess reports whether a text is a code or a word of success, or the one behind the
// other, as in "200 OK".
func saysSuccess(name, text string) bool {
	text = strings.TrimSpace(text)
	if n, err := strconv.ParseFloat(text, 64); err == nil {
		return isSuccess(name, n)
	}
	code, words, _ := strings.Cut(text, " ")
	if n, err := strconv.ParseFloat(code, 64); err == nil && isSuccess(name, n) {
		text = words
	}
	return slices.Contains(successWords, plainName(strings.TrimRight(text, "!")))
}

func isSuccess(name string, n float64) bool {
	return slices.Contains(codeNames, name) && (n == 0 || n >= 200 && n < 300)
}
