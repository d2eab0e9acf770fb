package vendor

import (
	"fmt"
	"strconv"
	"strings"
	"time"
)

// Synthetic is a data set of n conversations with 10 messages each that are made as they
// are read: a million take no more memory than one. They lie evenly in the year before
// 2025-07-01; conversation i belongs to person i % 1000, see [SyntheticEmail], and has the
// id [SyntheticID]. n is at most 10 million, beyond which a conversation would have no
// second of its own. It cannot be changed by [Server.Append] and the like.
func Synthetic(n int) *Data {
	return &Data{conversations: syntheticConversations(n), messages: syntheticMessages{syntheticConversations(n), 0, n * syntheticEach}}
}

// SyntheticEmail is metadata.email of every 1000th synthetic conversation.
func SyntheticEmail(person int) string { return fmt.Sprintf("person%03d@example.org", person) }

// SyntheticID is the _id of the i-th synthetic conversation, from 0.
func SyntheticID(i int) string { return fmt.Sprintf("%016x%016x", mix(1, uint64(i)), i) } //nolint:gosec // i >= 0

const (
	syntheticEach   = 10
	syntheticPeople = 1000
	syntheticStart  = 1719792000 // 2024-07-01T00:00:00Z
	syntheticSpan   = 31536000   // 365 days
)

// syntheticConversations is how many there are.
type syntheticConversations int

// startOf is when conversation i of n begins, in µs. Every one ends before the next
// begins, so that messages in order of conversation are in order of time.
func (n syntheticConversations) startOf(i int) int64 {
	return syntheticStart*1e6 + n.step()*int64(i)
}

func (n syntheticConversations) step() int64 {
	return syntheticSpan * 1e6 / int64(max(n, 1)) / 1e6 * 1e6
}

func (n syntheticConversations) len() int                 { return int(n) }
func (n syntheticConversations) id(i int) string          { return SyntheticID(i) }
func (n syntheticConversations) key(i int) int64          { return n.startOf(i) }
func (n syntheticConversations) last(i int) int64         { return n.startOf(i) + n.step()*9/10 }
func (n syntheticConversations) seq(i int) int64          { return int64(i) }
func (n syntheticConversations) conversation(string) list { return syntheticConversations(0) }

var syntheticTalk = strings.Repeat(`User:\tIs the order on its way?\nBot:\tIt left the warehouse this morning.\n`, 8)

func (n syntheticConversations) raw(i int) []byte {
	last := time.UnixMicro(n.last(i)).UTC().Format("2006-01-02T15:04:05.000000")
	return fmt.Appendf(nil, `{"_id":"%s","startTime":%d,"lastActionAt":"%s","locale":"en_us","tags":["resolved"],`+
		`"metadata":{"locale":"en_us","browser_visitorType":"repeat","browser_screenResolution":"1440x900",`+
		`"browser_localTime":%d,"draft":false,"question":"Is the order on its way?","transcript":"%s",`+
		`"guideNodeCount":%d,"email":"%s","userId":%d},"userMessageCount":5}`,
		n.id(i), n.key(i)/1e6, last, n.last(i)/1e3, syntheticTalk, i%7, SyntheticEmail(i%syntheticPeople), 1000000+i)
}

// syntheticMessages are the messages of n conversations, from one index to before another.
type syntheticMessages struct {
	n        syntheticConversations
	from, to int
}

func (m syntheticMessages) len() int { return m.to - m.from }

func (m syntheticMessages) id(i int) string {
	return fmt.Sprintf("%016x%016x", mix(2, uint64(m.from+i)), m.from+i) //nolint:gosec // not negative
}

func (m syntheticMessages) key(i int) int64 {
	c, j := (m.from+i)/syntheticEach, (m.from+i)%syntheticEach
	return m.n.startOf(c) + m.n.step()*int64(j)/syntheticEach
}

func (m syntheticMessages) last(i int) int64 { return m.key(i) }
func (m syntheticMessages) seq(i int) int64  { return int64(m.from + i) }

func (m syntheticMessages) raw(i int) []byte {
	t, c := m.key(i), (m.from+i)/syntheticEach
	head := fmt.Sprintf(`{"_id":"%s","time":%d.%03d,"conversationId":"%s",`, m.id(i), t/1e6, t/1e3%1e3, SyntheticID(c))
	if (m.from+i)%2 == 0 {
		return []byte(head + `"type":"UserInput","userActionType":"text","userInput":"Is the order on its way?"}`)
	}
	return []byte(head + `"type":"Question","outMsg":{"steps":[{"text":"It left the warehouse this morning."}]}}`)
}

func (m syntheticMessages) conversation(id string) list {
	none := syntheticMessages{n: m.n}
	if len(id) != 32 {
		return none
	}
	i, err := strconv.ParseUint(id[16:], 16, 32)
	if err != nil || int(i) >= int(m.n) || SyntheticID(int(i)) != id {
		return none
	}
	from := int(i) * syntheticEach
	return syntheticMessages{m.n, from, from + syntheticEach}
}
