package dsr

// Finding is one result of a source's self-test, in plain words.
type Finding struct {
	Name   string `json:"name"` // key, clock, data, page_size, window_field, range
	OK     bool   `json:"ok"`
	Text   string `json:"text"`   // what was found
	Advice string `json:"advice"` // what to set or do; empty when nothing is to be done
}
