package vendor

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"sync"
)

// AvaamoSample is [Sample] as Avaamo would hold it: the same dialogues, with every anomaly
// of its rows. The person to ask for is SampleEmail, who typed that address once in each
// of her conversations, under one of two identifiers; see [SampleLayers].
func AvaamoSample() *AvaamoData { return avaamoSample() }

// SampleLayers are the two user.layer_id under which SampleEmail is known to Avaamo: one
// for each device.
func SampleLayers() []string {
	return []string{"06c7beb3-9bf8-4350-8d1a-745e5431053d", "b2f4c0de-5a57-4a55-9d2b-0d5b4f1e77aa"}
}

var avaamoSample = sync.OnceValue(func() *AvaamoData {
	d, err := AvaamoFrom(Sample())
	if err != nil {
		panic(fmt.Sprintf("fake vendor: the sample as Avaamo's: %v", err)) // built in, and tested
	}
	return d
})

// AvaamoFrom makes of each conversation of d that has a time one of Avaamo's.
func AvaamoFrom(d *Data) (*AvaamoData, error) {
	m := avaamoMaker{sampled: SampleConversations()}
	for i := range d.conversations.len() {
		if at := d.conversations.key(i); at != unplaced {
			m.conversation(i, d.conversations.id(i), d.messages.conversation(d.conversations.id(i)))
		}
	}
	return NewAvaamoData(m.out)
}

// avaamoMaker writes records the way Avaamo does, odd ones at fixed distances.
type avaamoMaker struct {
	out     AvaamoRecords
	sampled []string
	n       int // entries so far
}

// avaamoTalk is a conversation being written.
type avaamoTalk struct {
	uuid  string
	layer string // of the user
	email string
	first int64
	asked string // uuid of what the user said last
	count int
}

func (m *avaamoMaker) conversation(i int, id string, said list) {
	if id == "" {
		return
	}
	t := &avaamoTalk{uuid: hexOf(3, uint64(i)), layer: dashed(hexOf(4, uint64(i%97))), first: unplaced} //nolint:gosec // i >= 0
	if i%41 == 0 {
		t.layer = fmt.Sprintf("dashboard_admin_test_user_%d", 300+i)
	}
	mine := slices.Index(m.sampled, id)
	if mine >= 0 {
		t.layer, t.email = SampleLayers()[mine%2], SampleEmail
	}
	last := unplaced
	for j := range said.len() {
		if at := said.key(j); at != unplaced {
			m.message(t, said.raw(j), at)
			last = at
		}
	}
	if mine >= 0 && last != unplaced {
		m.bot(t, "Which e-mail address may we write to?", last+20e6, false)
		m.userSays(t, SampleEmail, last+45e6)
		m.bot(t, "Thank you, noted.", last+46e6, false)
	}
	if t.count > 0 {
		m.out.Conversations = append(m.out.Conversations, t.summary())
	}
}

// message writes a message of the other vendor as one of Avaamo's.
func (m *avaamoMaker) message(t *avaamoTalk, raw []byte, at int64) {
	var r struct {
		Type      string
		UserInput any
		OutMsg    struct{ Steps []struct{ Text string } }
	}
	_ = json.Unmarshal(raw, &r) // what it cannot read stays empty, as unknown content does there
	switch text, isText := r.UserInput.(string); {
	case r.Type == "UserInput" && isText:
		m.userSays(t, text, at)
	case r.Type == "UserInput":
		m.userSays(t, "", at)
	default:
		var steps []string
		for _, s := range r.OutMsg.Steps {
			steps = append(steps, s.Text)
		}
		m.bot(t, strings.Join(steps, "\n"), at, m.n%17 == 3)
	}
}

func (m *avaamoMaker) userSays(t *avaamoTalk, text string, at int64) {
	uuid := dashed(hexOf(5, uint64(m.n))) //nolint:gosec // m.n >= 0
	t.note(at)
	t.asked = uuid
	custom := `{}`
	if t.email != "" {
		custom = fmt.Sprintf(`{"email":%s,"contacts":["%s","ana.p@example.org"]}`, quoted(t.email), t.email)
	}
	m.talk(t, talkRow{uuid: uuid, text: text, at: at, user: t.user(), custom: custom, request: "null"})
	m.entry(t, uuid, text, at)
	m.n++
}

// entry writes a row of the analytics. What the sample person typed is left as it is.
func (m *avaamoMaker) entry(t *avaamoTalk, uuid, text string, at int64) {
	n := m.n
	content, user := string(quoted(text)), fmt.Sprintf(`{"first_name":"You","layer_id":%s}`, quoted(t.layer))
	created, score := fmt.Sprintf("%d.0", at/1e6), "1.0"
	if n%2 == 0 {
		created, score = fmt.Sprint(at/1e6), "1"
	}
	if t.email == "" {
		switch {
		case n%9 == 0:
			content = `""`
		case n%13 == 0:
			content = `"****"`
		}
		switch {
		case n%31 == 5:
			user = `null`
		case n%23 == 7:
			user = `{"first_name":"Ana"}` // as rows were before v8.1.0
		case n%19 == 2:
			user = fmt.Sprintf(`{"first_name":%d,"layer_id":%s}`, n, quoted(t.layer))
		case n%19 == 9:
			user = fmt.Sprintf(`{"first_name":null,"layer_id":%s}`, quoted(t.layer))
		}
	}
	m.out.Entries = append(m.out.Entries, fmt.Appendf(nil,
		`{"message_uuid":"%s","score":%s,"content":%s,"intent_type":"JS::INTENT","channel_name":"web","created_at":%s,"user":%s,"intent_name":"custom code"}`,
		uuid, score, content, created, user))
}

// bot writes what the agent answered, or a live agent, whose rows answer to no message.
func (m *avaamoMaker) bot(t *avaamoTalk, text string, at int64, live bool) {
	t.note(at)
	request, agent := "null", ""
	if t.asked != "" && !live {
		request = `"` + t.asked + `"`
	}
	uuid := dashed(hexOf(6, uint64(len(m.out.Talk))))
	if live {
		agent = dashed(hexOf(7, uint64(len(m.out.Talk))))
	}
	m.talk(t, talkRow{uuid: uuid, text: text, at: at, user: botUser, custom: `{}`, request: request, liveAgent: agent})
}

const botUser = `{"first_name":"MacPizza","last_name":"","layer_id":"a1148a3e-58ce-4cc6-9ea6-2c2d7b092730","email":null,"phone":null,"avatar":false,"avaamo_id":3344}`

// talkRow is a message of /v1.
type talkRow struct {
	uuid, text, user, custom, request, liveAgent string
	at                                           int64
}

func (m *avaamoMaker) talk(t *avaamoTalk, r talkRow) {
	agent := "null"
	if r.liveAgent != "" {
		agent = `"` + r.liveAgent + `"`
	}
	m.out.Talk = append(m.out.Talk, fmt.Appendf(nil,
		`{"uuid":"%s","content":%s,"content_type":"text","created_at":%s,"user":%s,"timetoken":%d,"external_source":null,`+
			`"request_message_uuid":%s,"sequence":"1/1","custom_properties":%s,"agent_message_uuid":%s,"read_acks":[],"attachments":[],`+
			`"conversation":{"uuid":"%s","mode":false,"display_name":"MacPizza,You","locale":null}}`,
		r.uuid, quoted(r.text), secondsText(r.at+13_000), r.user, r.at, r.request, r.custom, agent, t.uuid))
}

func (t *avaamoTalk) note(at int64) {
	if t.first == unplaced {
		t.first = at
	}
	t.count++
}

func (t *avaamoTalk) user() string {
	email := "null"
	if t.email != "" {
		email = string(quoted(t.email))
	}
	return fmt.Sprintf(`{"first_name":"You","last_name":"","layer_id":%s,"email":%s,"phone":null,"avatar":false,"avaamo_id":1380}`, quoted(t.layer), email)
}

func (t *avaamoTalk) summary() json.RawMessage {
	return fmt.Appendf(nil, `{"uuid":"%s","mode":false,"members_type":2,"name":null,"created_at":%s,"user":null,"receivers":[%s,%s],"members_count":2}`,
		t.uuid, secondsText(t.first), botUser, t.user())
}

// hexOf is an identifier of 32 hex digits.
func hexOf(seed, n uint64) string {
	return fmt.Sprintf("%016x%016x", mix(seed, n), mix(seed+100, n))
}

// dashed writes it as a UUID is written.
func dashed(id string) string {
	return id[:8] + "-" + id[8:12] + "-" + id[12:16] + "-" + id[16:20] + "-" + id[20:]
}
