package declared

import (
	"strings"
	"time"

	"dsr-server/internal/dsr"
)

// checkWindow compares a window with what is sent, and with the times that are declared.
func (o object) checkWindow(c Call) {
	w := object{o.faults, join(o.path, "window"), o.get("window")}
	if c.Window.Step%time.Second != 0 {
		w.fault("step", "must be whole seconds, as the ends of intervals are")
	}
	switch {
	case w.tree != nil && c.Window.By == dsr.FieldStartTime && !o.has("start"):
		w.fault("by", "is start, but no path of a start is declared; add start")
	case w.tree != nil && c.Window.By == dsr.FieldLastAction && !o.has("last"):
		w.fault("by", "is last, but no path of a last action is declared; add last")
	}
	sends := c.Uses(Start) || c.Uses(Finish)
	switch least := c.Slack() + c.Grain(); {
	case c.Window.Span == 0 || sends && c.Window.Span >= least:
	case sends && w.has("span"):
		w.fault("span", tooNarrow, short(least))
	case sends:
		o.fault("window", "is that of the conversations, whose span "+tooNarrow, short(least))
	case w.has("span"):
		w.fault("span", "limits an interval, but the call sends neither {start} nor {end}")
	}
}

const tooNarrow = "must be at least %s here: so much is sent for the shortest interval, with its ends, the step, and the form of its times"

// short writes a duration without the zeros at its end.
func short(d time.Duration) string {
	text := d.String()
	for _, zero := range []string{"m0s", "h0m"} {
		if strings.HasSuffix(text, zero) {
			text = text[:len(text)-2]
		}
	}
	return text
}

// Slack is how much longer what is sent may be than the interval that it is sent for, where
// that is a multiple of Grain: a unit for each end that the vendor leaves out, or may; one for
// the end that a date cannot write; and a step.
func (c Call) Slack() time.Duration {
	units := map[Ends]time.Duration{Half: 1, Exclusive: 2, Unknown: 2}[c.Window.Ends]
	if c.Unit() == Date {
		units = max(units, 1)
	}
	return units*c.Unit().Unit() + c.Window.Step
}

// Grain is what the interval of a call is a multiple of, where the vendor limits it.
func (c Call) Grain() time.Duration { return max(c.Unit().Unit(), time.Second, c.Window.Step) }
