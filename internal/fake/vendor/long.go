package vendor

import (
	"encoding/json"
	"fmt"
	"hash/fnv"
	"time"
)

// LongConversation makes one conversation with n short messages, a minute apart from
// start; its lastActionAt is the time of the last. metadata is its metadata member.
// The same arguments give the same records.
func LongConversation(id string, start time.Time, n int, metadata json.RawMessage) (conversation json.RawMessage, messages []json.RawMessage) {
	name := fnv.New64()
	_, _ = name.Write([]byte(id)) // a hash takes everything
	last := start.Truncate(time.Second).Add(time.Duration(max(n-1, 0))*time.Minute + 250*time.Millisecond).UTC().Format("2006-01-02T15:04:05.000000")
	conversation = fmt.Appendf(nil, `{"_id":%q,"startTime":%d,"lastActionAt":%q,"locale":"en_us","tags":[],"metadata":%s,"userMessageCount":%d}`,
		id, start.Unix(), last, metadata, (n+1)/2)
	for i := range n {
		what := fmt.Sprintf(`"type":"UserInput","userInput":"Question number %d"`, i/2+1)
		if i%2 == 1 {
			what = fmt.Sprintf(`"type":"Question","outMsg":{"steps":[{"text":"Answer number %d"}]}`, i/2+1)
		}
		messages = append(messages, fmt.Appendf(nil, `{"_id":"%016x%016x","time":%d.250,"conversationId":%q,%s}`,
			name.Sum64(), i, start.Unix()+int64(i)*60, id, what))
	}
	return conversation, messages
}
