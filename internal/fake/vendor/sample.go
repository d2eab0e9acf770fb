package vendor

// SampleEmail is the person of the sample whom the demo asks for.
const SampleEmail = "ana@example.com"

// SampleConversations are the _ids of the six conversations of [Sample] whose metadata
// holds SampleEmail, by startTime. Each spells it in its own way: plain, in other case and
// nested, in capitals and with spaces, with \u escapes, in an array, in full-width letters.
// Two more conversations mention it in a message only, and three hold one that looks
// like it: those are not hers.
func SampleConversations() []string {
	return []string{
		"9de0ba17c2a19712c67ca620161a2e26", "c4c0f4aa5d276e62fdbc985a64864e4f", "0e785c26-c541-466c-a700-c503af4638c7",
		"391501730fbad44ed03ca12a1445ff82", "64c244cdaff544f54c694f4dd40fd78c", "09abb670a1132cb0868db7bd7b3ca1d0",
	}
}
