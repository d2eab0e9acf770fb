package vendor

import (
	"bytes"
	"encoding/json"
	"io/fs"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"
)

// shapes are what the sample promises to hold: at least so many records that match. The
// patterns look at the bytes, as a record is told from another by its text.
var conversationShapes = map[string]struct {
	least   int
	pattern string
}{
	"start as an integer":               {150, `"startTime":\d+,`},
	"start with .0":                     {10, `"startTime":\d+\.0,`},
	"start as text":                     {10, `"startTime":"\d+"`},
	"last action with a fraction":       {100, `"lastActionAt":"[^"]+\.\d{6}"`},
	"last action without a fraction":    {5, `"lastActionAt":"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d"`},
	"last action with Z":                {5, `"lastActionAt":"[^"]+Z"`},
	"last action null":                  {3, `"lastActionAt":null`},
	"dashed id":                         {20, `^\{"_id":"[0-9a-f]{8}-[0-9a-f]{4}-`},
	"plain id":                          {150, `^\{"_id":"[0-9a-f]{32}"`},
	"metadata null":                     {5, `"metadata":null`},
	"metadata empty":                    {5, `"metadata":\{\}`},
	"metadata an array":                 {1, `"metadata":\[`},
	"metadata a string":                 {1, `"metadata":"`},
	"nested address":                    {10, `"contact":\{"email"`},
	"verified user":                     {10, `"browser_userMeta":\{"Email"`},
	"addresses in an array":             {10, `"emails":\["`},
	"address in other case":             {10, `"email":"[A-Z]`},
	"address with spaces":               {10, `"email":" [^"]+ "`},
	"address with an escape":            {10, `"email":"\\u00`},
	"escaped throughout":                {30, `\\u[0-9a-f]{4}.*\\u[0-9a-f]{4}.*\\u[0-9a-f]{4}`},
	"user id as a number":               {10, `"userId":\d`},
	"user id as text":                   {10, `"userId":"\d`},
	"number of 20 digits":               {10, `:\d{20}[,}]`},
	"text of 20 digits":                 {1, `"\d{20}"`},
	"key with a dot":                    {3, `"[a-z]+\.[a-z]+":`},
	"key twice":                         {2, `"email":"first@example.org".*"email":|"user":\{.*"user":\{`},
	"other spelling of the key":         {1, `"EMAIL":`},
	"scrubbed":                          {10, `"email":"\[EMAIL\]"`},
	"draft as a bool":                   {100, `"draft":(true|false)`},
	"draft as text":                     {20, `"draft":"(true|false)"`},
	"milliseconds":                      {150, `"browser_localTime":1\d{12},`},
	"system parameters":                 {30, `"__sys_userAgentParsed":\{.*"patch":null`},
	"user action":                       {30, `"__sys_userAction":\{"type"`},
	"somebody else's order":             {1, `"actionOutput":\{.*"recipient"`},
	"array of origin tags":              {1, `"tags":\["ios","vip"\]`},
	"unknown member":                    {20, `"rating":\{`},
	"no tags":                           {3, `"tags":\[\]`},
	"transcript":                        {80, `"transcript":"Bot:\\t`},
	"one device":                        {3, `8d7f1c55-90a3-4d7e-a0b6-5b0f6f2c1f10`},
	"the subject in full-width letters": {1, `"contact.email":"(ａｎａ＠|\\uff41\\uff4e\\uff41\\uff20)example.com"`},
}

var messageShapes = map[string]struct {
	least   int
	pattern string
}{
	"time as an integer":           {200, `"time":\d+,`},
	"time with a fraction":         {1000, `"time":\d+\.\d{3},`},
	"time with .0":                 {200, `"time":\d+\.0,`},
	"time as text":                 {10, `"time":"\d+\.?\d*"`},
	"time in ISO":                  {10, `"time":"\d{4}-\d\d-\d\dT[^"Z]+"`},
	"time in ISO, Z":               {1, `"time":"[^"]+Z"`},
	"time in milliseconds":         {1, `"time":1\d{12},`},
	"time with an exponent":        {1, `"time":1\.\d+e9`},
	"time null":                    {1, `"time":null`},
	"time unreadable":              {1, `"time":"yesterday"`},
	"the documented fraction":      {1, `"time":1744651778\.652,`},
	"dashed id":                    {300, `^\{"_id":"[0-9a-f]{8}-`},
	"Question":                     {300, `"type":"Question"`},
	"BotMessage":                   {300, `"type":"BotMessage"`},
	"UserInput":                    {500, `"type":"UserInput"`},
	"live agent":                   {50, `"type":"LiveAgent","text"`},
	"other live agent":             {1, `"type":"LiveAgentMessage"`},
	"type null":                    {1, `"type":null`},
	"unknown type":                 {4, `"type":"(ConditionalJump|Event|FileUpload)"`},
	"steps":                        {1000, `"outMsg":\{"steps":\[\{"text":"`},
	"options":                      {100, `"options":\[\{"txt":"`},
	"outMsg empty":                 {1, `"outMsg":\{\}`},
	"outMsg null":                  {1, `"outMsg":null`},
	"outMsg a text":                {1, `"outMsg":"`},
	"outMsg of another shape":      {1, `"outMsg":\{"card"`},
	"step that is no object":       {1, `"a bare step"`},
	"form":                         {30, `"userInput":\{`},
	"user input a list":            {1, `"userInput":\[`},
	"user input null":              {1, `"userInput":null`},
	"user input a number":          {1, `"userInput":12345678901234567890`},
	"quick reply":                  {100, `"userActionType":"quickReply"`},
	"markup":                       {1, `<script>alert\('x'\)</script> & <b>`},
	"formula":                      {4, `"(=1\+1|-2\+3|@SUM\(A1:A9\)|\\t=2\*3|=HYPERLINK)`},
	"emoji":                        {10, `👋|🎉|👍|😊|🙏`},
	"emoji, escaped":               {3, `\\ud83[c-e]\\ud`},
	"right to left":                {10, `[\x{0590}-\x{06ff}]`},
	"CR LF":                        {1, `\\r\\n`},
	"tab":                          {2, `\\t`},
	"instruction":                  {1, `Ignore all previous instructions`},
	"the subject spoken of":        {2, `flatmate, ana@example.com|Ana \(ana@example.com\)`},
	"message of no conversation":   {1, `"event":"ping"`},
	"direction override":           {1, "\u202e"},
	"control character, as escape": {1, `\\u001b\[31m`},
}

func TestSampleHoldsWhatItPromises(t *testing.T) {
	t.Parallel()
	d := Sample()
	for _, part := range []struct {
		records []json.RawMessage
		shapes  map[string]struct {
			least   int
			pattern string
		}
	}{{d.Conversations(), conversationShapes}, {d.Messages(), messageShapes}} {
		for name, shape := range part.shapes {
			pattern, n := regexp.MustCompile(shape.pattern), 0
			for _, raw := range part.records {
				if n += btoi(pattern.Match(raw)); n == shape.least {
					break
				}
			}
			if n < shape.least {
				t.Errorf("%s: %d records, want at least %d", name, n, shape.least)
			}
		}
	}
	absent := map[string]int{}
	for _, raw := range d.Conversations() {
		for _, name := range []string{"metadata", "lastActionAt", "tags"} {
			absent[name] += btoi(!bytes.Contains(raw, []byte(`"`+name+`":`)))
		}
	}
	for _, raw := range d.Messages() {
		absent["userActionType"] += btoi(bytes.Contains(raw, []byte(`"UserInput"`)) && !bytes.Contains(raw, []byte(`"userActionType"`)))
	}
	for name, n := range absent {
		if n < 3 {
			t.Errorf("%s is absent from %d records, want at least 3", name, n)
		}
	}
}

func TestSampleIsOfTheSizePromised(t *testing.T) {
	t.Parallel()
	nc, nm := Sample().Size()
	if nc < 280 || nc > 330 || nm < 2300 || nm > 2800 {
		t.Errorf("got %d conversations and %d messages", nc, nm)
	}
	total := int64(0)
	must(t, fs.WalkDir(sampleFiles, ".", func(_ string, e fs.DirEntry, err error) error {
		if info, infoErr := e.Info(); infoErr == nil {
			total += info.Size()
		}
		return err
	}))
	if total > 600<<10 {
		t.Errorf("the files have %d bytes", total)
	}
	locales := map[string]int{}
	for _, raw := range Sample().Conversations() {
		var r struct{ Locale string }
		must(t, json.Unmarshal(raw, &r))
		locales[r.Locale]++
	}
	for _, want := range strings.Fields("en_us de_de fr_fr es_es pl_pl tr_tr ja_jp ar_eg he_il zh_cn uk_ua") {
		if locales[want] < 3 {
			t.Errorf("%d conversations in %s", locales[want], want)
		}
	}
}

func TestSampleRecordsAreJSONWithUniqueIDs(t *testing.T) {
	t.Parallel()
	seen := map[string]bool{}
	for _, raw := range append(Sample().Conversations(), Sample().Messages()...) {
		var id struct {
			ID string `json:"_id"`
		}
		if err := json.Unmarshal(raw, &id); err != nil || id.ID == "" || seen[id.ID] || bytes.ContainsAny(raw, "\r\n") {
			t.Errorf("record %q: %v", id.ID, err)
		}
		seen[id.ID] = true
	}
}

func TestSampleTimesAndBelonging(t *testing.T) {
	t.Parallel()
	c, _ := Sample().conversations.(*held)
	m, _ := Sample().messages.(*held)
	first, last := time.UnixMicro(c.asc[0].key).UTC(), time.UnixMicro(c.asc[len(c.asc)-1].last).UTC()
	if first.Format("2006-01") != "2024-01" || last.Format("2006-01") != "2025-06" {
		t.Errorf("from %v to %v", first, last)
	}
	var long, veryLong, silent, early, orphans, timeless int
	spoken, start := map[string]int{}, map[string]int64{}
	for _, rec := range m.asc {
		spoken[rec.conv]++
		timeless += btoi(rec.key == unplaced)
	}
	for _, rec := range c.asc {
		start[rec.id] = rec.key
		long += btoi(rec.last-rec.key > 86400e6)
		veryLong += btoi(rec.last-rec.key > 10*86400e6)
		silent += btoi(spoken[rec.id] == 0)
	}
	for _, rec := range m.asc {
		begin, known := start[rec.conv]
		orphans += btoi(!known)
		early += btoi(known && rec.key != unplaced && rec.key < begin)
	}
	for name, n := range map[string][2]int{
		"longer than a day": {long, 4}, "longer than ten days": {veryLong, 1}, "without messages": {silent, 3},
		"messages before the start": {early, 4}, "orphans": {orphans, 6}, "messages without a time": {timeless, 2},
	} {
		if n[0] < n[1] {
			t.Errorf("%s: %d, want at least %d", name, n[0], n[1])
		}
	}
}

func TestSampleSubjectHasSixConversations(t *testing.T) {
	t.Parallel()
	// Folding by hand what her six spellings need; full-width letters lie 0xfee0 above.
	fold := func(s string) string {
		s = strings.Map(func(r rune) rune {
			if r >= 0xff01 && r <= 0xff5e {
				return r - 0xfee0
			}
			return r
		}, s)
		return strings.TrimSpace(strings.ToLower(s))
	}
	var hers []string
	for _, raw := range Sample().Conversations() {
		var r struct {
			ID       string          `json:"_id"`
			Metadata json.RawMessage `json:"metadata"`
		}
		must(t, json.Unmarshal(raw, &r))
		if slices.ContainsFunc(texts(t, r.Metadata), func(s string) bool { return fold(s) == SampleEmail }) {
			hers = append(hers, r.ID)
		}
	}
	wantIDs(t, hers, SampleConversations())
	for _, id := range hers {
		if len(Sample().MessagesOf(id)) < 4 {
			t.Errorf("conversation %s has %d messages", id, len(Sample().MessagesOf(id)))
		}
	}
}

// texts are all strings in a JSON value but the names of members.
func texts(t *testing.T, raw json.RawMessage) []string {
	t.Helper()
	if len(raw) == 0 {
		return nil
	}
	var out []string
	dec := json.NewDecoder(bytes.NewReader(raw))
	dec.UseNumber()
	var v any
	must(t, dec.Decode(&v))
	var walk func(any)
	walk = func(v any) {
		switch v := v.(type) {
		case string:
			out = append(out, v)
		case []any:
			for _, e := range v {
				walk(e)
			}
		case map[string]any:
			for _, e := range v {
				walk(e)
			}
		}
	}
	walk(v)
	return out
}

func TestSampleIsServedWhole(t *testing.T) {
	t.Parallel()
	_, c := serve(t, Sample(), Options{})
	for endpoint, want := range map[string][]json.RawMessage{Conversations: Sample().Conversations(), Messages: Sample().Messages()} {
		got, _ := c.scan(endpoint, ask("per_page", "97"))
		wantIDs(t, got, ids(t, want))
	}
}
