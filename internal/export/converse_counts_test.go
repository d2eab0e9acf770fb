package export

import (
	"testing"

	"dsr-server/internal/dsr"
)

// TestHowManyMessagesAConversationSaysItHas, under whatever name and in whatever wrapping.
func TestHowManyMessagesAConversationSaysItHas(t *testing.T) {
	t.Parallel()
	for text, want := range map[string][2]int64{
		`{"userMessageCount":3}`: {0, 3}, `{"user_message_count":"3"}`: {0, 3}, `{"messageCount":4}`: {4, 0}, `{"message_count":4.0}`: {4, 0}, `{"messagesCount":{"$numberLong":"4"}}`: {4, 0},
		`{"numMessages":4,"userMessageCount":2}`: {4, 2}, `{"totalMessages":{"$numberInt":"4"}}`: {4, 0}, `{"userMessagesCount":" 2 "}`: {0, 2},
		`{"messageCount":null}`: {}, `{"messageCount":-1}`: {}, `{"messageCount":"many"}`: {}, `{"metadata":{"messageCount":9}}`: {}, `{"messages":[1,2]}`: {}, `{"messageCount":{"unit":"x"}}`: {},
	} {
		if all, own := countsOf([]byte(text)); all != want[0] || own != want[1] {
			t.Errorf("%s: %d and %d, want %v", text, all, own, want)
		}
	}
}

func TestWhichMessagesThePersonSaid(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]bool{
		`{"type":"UserInput","userInput":"hello"}`: true, `{"userInput":"hello","outMsg":"hi"}`: true, `{"type":"Question","outMsg":"hi"}`: false, `{"type":"AgentMessage","outMsg":"Max here"}`: false, `{}`: false,
	} {
		if got := saidByThePerson(dsr.Record{Kind: dsr.Message, Raw: []byte(text)}); got != want {
			t.Errorf("%s: %t", text, got)
		}
	}
}
