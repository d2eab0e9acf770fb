package browsertest

import (
	_ "embed"
	"encoding/json"
)

//go:embed axe/axe.min.js
var axe string

// axeRun runs every rule of WCAG 2.2 A and AA and the best practices, and returns
// what is wrong in a few words each.
const axeRun = `axe.run(document, {
	runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"],
	resultTypes: ["violations"],
}).then((r) => JSON.stringify({
	passed: r.passes.length,
	wrong: r.violations.flatMap((v) => v.nodes.map((n) => v.id + ": " + v.help + " – " + n.html + " – " + n.failureSummary)),
}))`

// Accessible asserts that axe-core finds nothing on the page, and that the page does
// not have to be scrolled sideways.
func (tab *Tab) Accessible(name string) {
	tab.t.Helper()
	Eval[bool](tab, axe+"; true")
	var found struct {
		Passed int
		Wrong  []string
	}
	if err := json.Unmarshal([]byte(Eval[string](tab, axeRun)), &found); err != nil {
		tab.t.Fatal(err)
	}
	if found.Passed < 10 {
		tab.t.Errorf("%s: axe-core ran only %d rules that apply", name, found.Passed)
	}
	for _, wrong := range found.Wrong {
		tab.t.Errorf("%s: %s", name, wrong)
	}
	width := Eval[[]int](tab, `[document.documentElement.scrollWidth, document.documentElement.clientWidth]`)
	if width[0] > width[1] {
		widest := Eval[string](tab, `[...document.querySelectorAll("body *")].filter((e) => e.getBoundingClientRect().right > innerWidth + 1).map((e) => e.outerHTML.slice(0, 120)).slice(-3).join(" | ")`)
		tab.t.Errorf("%s: %d wide in a window of %d: %s", name, width[0], width[1], widest)
	}
}
