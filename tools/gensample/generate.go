package main

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
)

// row is one record and the time by which it is filed, in seconds.
type row struct {
	at   float64
	json string
}

// generator collects the records of the sample.
type generator struct {
	random
	dialogues     map[string][]dialogue
	people        []person
	conversations []row
	messages      []row
}

var (
	sampleStart = time.Date(2024, 1, 2, 0, 0, 0, 0, time.UTC)
	sampleEnd   = time.Date(2025, 6, 30, 18, 0, 0, 0, time.UTC)
)

const ordinary = 268 // conversations without anything staged; the staged ones come on top

// locales as often as they occur; the first half is English and German.
var locales = strings.Fields(`en_us en_us en_us en_us en_us de_de de_de de_de fr_fr fr_fr es_es es_es
	pl_pl tr_tr ja_jp ar_eg he_il zh_cn uk_ua`)

// generate makes all records, in order of time.
func generate() (conversations, messages []row, err error) {
	g := &generator{random: random{state: 20250630}}
	if g.dialogues, err = readDialogues(); err != nil {
		return nil, nil, err
	}
	for n := range 96 {
		g.people = append(g.people, newPerson(&g.random, locales[n%len(locales)], n))
	}
	for n := range ordinary {
		g.ordinary(n)
	}
	g.subject()
	g.staged()
	byTime := func(a, b row) int { return cmp.Compare(a.at, b.at) }
	slices.SortStableFunc(g.conversations, byTime)
	slices.SortStableFunc(g.messages, byTime)
	return g.conversations, g.messages, nil
}

// talk is a conversation being made.
type talk struct {
	person
	id       string
	start    float64
	escaped  bool // its JSON is ASCII
	tags     []string
	metadata string // JSON; empty: the member is absent
	extra    []string
	now      float64 // time of the latest message
	question string
	script   []string // "User:\t…" and "Bot:\t…"
	users    int
}

// newTalk begins a conversation at a time.
func (g *generator) newTalk(p person, at time.Time) *talk {
	t := &talk{person: p, id: g.id(g.chance(15)), start: float64(at.Unix()), escaped: g.chance(30)}
	t.now = t.start
	return t
}

// ordinary is one of the many: a dialogue, sometimes taken up again later.
func (g *generator) ordinary(n int) {
	span := sampleEnd.Sub(sampleStart) - 12*24*time.Hour
	at := sampleStart.Add(span / ordinary * time.Duration(n)).Add(time.Duration(g.between(6, 21)) * time.Hour)
	at = at.Add(time.Duration(g.n(3600)) * time.Second)
	t := g.newTalk(pick(&g.random, g.people), at)
	g.speak(t, pick(&g.random, g.dialogues[t.locale]))
	switch {
	case n%60 == 7:
		g.pause(t, time.Duration(g.between(30, 130))*time.Hour)
	case g.chance(45):
		g.pause(t, time.Duration(g.between(2, 40))*time.Minute)
	default:
		g.finish(t)
		return
	}
	g.speak(t, pick(&g.random, g.dialogues[t.locale]))
	g.finish(t)
}

// pause lets time pass inside a conversation.
func (g *generator) pause(t *talk, d time.Duration) { t.now += d.Seconds() }

// speak plays a dialogue.
func (g *generator) speak(t *talk, d dialogue) {
	order := fmt.Sprintf("LL-%06d", g.n(1000000))
	fill := strings.NewReplacer("{first}", t.first, "{last}", t.last, "{email}", t.email,
		"{phone}", t.phone, "{city}", t.city, "{order}", order)
	for _, tag := range d.tags {
		if !slices.Contains(t.tags, tag) {
			t.tags = append(t.tags, tag)
		}
	}
	for i, turn := range d.turns {
		if i > 0 {
			t.now += g.gap(turn.who)
		}
		turn.text = fill.Replace(turn.text)
		g.say(t, turn)
	}
}

// gap is how long the next one takes to answer, in seconds.
func (g *generator) gap(who byte) float64 {
	switch who {
	case 'B':
		return 0.4 + float64(g.n(2200))/1000
	case 'A':
		return 40 + float64(g.n(200000))/1000
	default:
		return 5 + float64(g.n(80000))/1000
	}
}

// say adds one message to the conversation.
func (g *generator) say(t *talk, u turn) {
	o := newObject(t.escaped).text("_id", g.id(g.chance(25)))
	stamp := fmt.Sprintf("%.3f", t.now)
	if strings.IndexByte("UQF", u.who) >= 0 {
		// The browser's clock: whole seconds, which may sort before the bot's last word.
		stamp = pick(&g.random, []string{strconv.Itoa(int(t.now)), stamp, fmt.Sprintf("%d.0", int(t.now))})
		t.users++
	}
	switch {
	case g.chance(1):
		stamp = quote(stamp)
	case g.chance(1):
		stamp = quote(naive(t.now))
	}
	o.raw("time", stamp)
	g.content(o, t, u)
	o.text("conversationId", t.id)
	g.messages = append(g.messages, row{t.now, o.String()})
	t.record(u)
}

// record keeps what the flow copies into the metadata.
func (t *talk) record(u turn) {
	switch u.who {
	case 'B', 'A':
		t.script = append(t.script, "Bot:\t"+u.text)
	default:
		if t.question == "" {
			t.question = u.text
		}
		t.script = append(t.script, "User:\t"+u.text)
	}
}

// content is what was said, in the shape of who said it.
func (g *generator) content(o *object, t *talk, u turn) {
	switch u.who {
	case 'U':
		o.text("type", "UserInput").text("userInput", u.text)
		if !g.chance(25) {
			o.text("userActionType", "text")
		}
	case 'Q':
		o.text("type", "UserInput").text("userInput", u.text).text("userActionType", "quickReply")
	case 'F':
		o.text("type", "UserInput").raw("userInput", u.text).text("userActionType", "form")
	case 'A':
		agent := newObject(t.escaped).text("name", strings.Fields(u.text)[0]).text("role", "agent")
		o.text("type", "LiveAgent").text("text", u.text).raw("agent", agent.String())
	default:
		out := newObject(t.escaped).raw("steps", "["+newObject(t.escaped).text("text", u.text).String()+"]")
		if len(u.options) > 0 {
			options := make([]string, len(u.options))
			for i, option := range u.options {
				options[i] = newObject(t.escaped).text("txt", option).String()
			}
			out.raw("options", "["+strings.Join(options, ",")+"]")
		}
		o.text("type", pick(&g.random, []string{"Question", "BotMessage"})).raw("outMsg", out.String())
	}
}

// naive is a time as Python writes it: no zone, and no fraction where that is zero.
func naive(seconds float64) string {
	t := time.UnixMilli(int64(seconds * 1000)).UTC()
	if t.Nanosecond() == 0 {
		return t.Format("2006-01-02T15:04:05")
	}
	return t.Format("2006-01-02T15:04:05.000000")
}
