package vendor

import (
	"encoding/json"
	"strings"
	"sync"
	"time"
)

// RestSample is [Sample] as the layout's vendor would export it: the same dialogues and
// metadata, with the anomalies of its records. The person to ask for is SampleEmail, in
// the metadata of [SampleConversations].
func (l Layout) RestSample() *RestData {
	once, _ := restSamples.LoadOrStore(l.name, sync.OnceValue(func() *RestData { return l.From(Sample()) }))
	made, _ := once.(func() *RestData)
	return made()
}

// restSamples are those that were made so far, by the layout's name.
var restSamples sync.Map

// From makes of each conversation of d one of the layout's vendor.
func (l Layout) From(d *Data) *RestData {
	var records []RestRecord
	for i, raw := range d.Conversations() {
		t := talkOfRecord(raw)
		for _, m := range d.MessagesOf(t.id) {
			t.said = append(t.said, saidOf(m))
		}
		if t.id != "" {
			records = append(records, l.write(t, i))
		}
	}
	return newRestData(records)
}

// talk is a conversation of the sample, for a vendor to write in its own shape.
type talk struct {
	id          string
	start, last time.Time // zero where the sample has none that can be read
	meta        json.RawMessage
	raw         json.RawMessage
	said        []said
}

// said is a message of the sample.
type said struct {
	id   string
	at   time.Time
	who  string // user, bot, agent; empty where it cannot be told
	text string
	raw  json.RawMessage
}

func talkOfRecord(raw json.RawMessage) talk {
	t := talk{raw: raw}
	_ = eachMember(raw, func(name string, value member) { // it was read once before
		switch name {
		case "_id":
			t.id = value.text()
		case "startTime":
			t.start = timeAt(instantOf(value.text()))
		case "lastActionAt":
			t.last = timeAt(instantOf(value.text()))
		case "metadata":
			t.meta = value.raw
		}
	})
	return t
}

func saidOf(raw json.RawMessage) said {
	var r struct {
		Type      string
		Text      string
		UserInput any
		OutMsg    struct{ Steps []struct{ Text string } }
	}
	_ = json.Unmarshal(raw, &r) // what it cannot read stays empty
	m := said{raw: raw}
	_ = eachMember(raw, func(name string, value member) {
		switch name {
		case "_id":
			m.id = value.text()
		case "time":
			m.at = timeAt(instantOf(value.text()))
		}
	})
	var steps []string
	for _, s := range r.OutMsg.Steps {
		steps = append(steps, s.Text)
	}
	switch {
	case r.Type == "UserInput":
		m.who = "user"
		m.text, _ = r.UserInput.(string)
	case strings.HasPrefix(r.Type, "LiveAgent"):
		m.who, m.text = "agent", r.Text
	case len(steps) > 0:
		m.who, m.text = "bot", strings.Join(steps, "\n")
	}
	return m
}

func timeAt(us int64) time.Time {
	if us == unplaced {
		return time.Time{}
	}
	return time.UnixMicro(us).UTC()
}

// written is an object being written, member by member.
type written struct{ members []string }

// add writes a member whose value is JSON already; nothing for a value of nothing.
func (w *written) add(name string, value json.RawMessage) *written {
	if value != nil {
		w.members = append(w.members, string(quoted(name))+":"+string(value))
	}
	return w
}

func (w *written) text(name, value string) *written { return w.add(name, quoted(value)) }

func (w *written) raw() json.RawMessage {
	return json.RawMessage("{" + strings.Join(w.members, ",") + "}")
}

// arrayOf writes the messages as one array.
func arrayOf(messages []RestMessage) json.RawMessage {
	parts := make([]string, len(messages))
	for i, m := range messages {
		parts[i] = string(m.Raw)
	}
	return json.RawMessage("[" + strings.Join(parts, ",") + "]")
}

// oddTime writes a time in ISO 8601, each nth in one of the forms that systems use; null
// where there is none.
func oddTime(t time.Time, n int) json.RawMessage {
	if t.IsZero() {
		if n%2 == 0 {
			return nil
		}
		return json.RawMessage("null")
	}
	layout := "2006-01-02T15:04:05.000Z"
	switch n % 7 {
	case 1:
		layout = "2006-01-02T15:04:05.000000+00:00"
	case 2:
		layout = "2006-01-02T15:04:05Z"
	case 3:
		layout = "2006-01-02T15:04:05.000000"
	case 4:
		layout = "2006-01-02 15:04:05.000+0000"
	case 5:
		t, layout = t.In(time.FixedZone("", 2*3600)), "2006-01-02T15:04:05.000000-07:00"
	}
	return quoted(t.Format(layout))
}
