package export

import (
	"encoding/json"
	"slices"

	"dsr-server/internal/dsr"
	"dsr-server/internal/record"
)

// Names under which a conversation counts its messages, and those of the person among them;
// see plainName. Only the first of the latter is documented, and none says what it counts.
var (
	countsAll = []string{"messagecount", "messagescount", "messagecounts", "nummessages", "numberofmessages", "totalmessages", "messagestotal", "messagetotal", "totalmessagecount"}
	countsOwn = []string{"usermessagecount", "usermessagescount", "numusermessages", "totalusermessages", "usermessages"}
)

// countsOf are how many messages a conversation says it has, and how many of the person; 0
// where it does not say.
func countsOf(raw json.RawMessage) (all, own int64) {
	for _, f := range record.Parse(raw).Fields() {
		n, is := counted(f.Value)
		switch name := plainName(f.Name); {
		case !is:
		case slices.Contains(countsAll, name):
			all = max(all, n)
		case slices.Contains(countsOwn, name):
			own = max(own, n)
		}
	}
	return all, own
}

// saidByThePerson reports whether a message has something in it that the person said.
func saidByThePerson(m dsr.Record) bool {
	return slices.ContainsFunc(converseSpeech{}.Message(m).Sides, func(s record.Side) bool { return s.Sender == record.User })
}
