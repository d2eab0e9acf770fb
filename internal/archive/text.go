package archive

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"dsr-server/internal/dsr"
	"dsr-server/internal/record"
)

// texts are all words of one language that stand on the pages; README.txt has a
// template of its own for each language.
type texts struct {
	Lang       string
	Thousands  string
	Decimal    string
	MonthNames [12]string
	DateForm   string // D, M and Y mean day, month and year
	ClockForm  string // T means the time of day, O the zone's distance from UTC
	NoTime     string
	zone       *time.Location // of all days and times shown

	Title, Lead                                      string
	AskedHeading, SearchedHeading, ListHeading       string
	FilesHeading, CheckHeading, CheckText, FilesLead string
	Reference, RequestID, Received, Period, AsOf     string
	Selectors, SelectorsLead, Sources, SoftwareWord  string

	SelConversation, SelKey, SelAnyKey string
	Match, MatchAny                    map[dsr.Match]string // of one field, of any
	MatchNote                          string               // said of all matches but the exact one and phone numbers
	PhoneNote                          string
	PeriodAll, PeriodFrom, PeriodUntil string
	PeriodBoth                         string // %1 from, %2 until
	Span, FromTheStart, UntilTheEnd    string // %1 from, %2 to

	CompleteTitle, CompleteText, IncompleteTitle, IncompleteText string
	FoundNothing, FoundNothingYet, FoundSome                     string // %1 conversations, %2 messages
	ConversationOne, ConversationMany, MessageOne, MessageMany   string
	SourceComplete, SourceIncomplete, WhyIncomplete              string
	SourceNothing, Asked, Found, ReadCount, Assumes, AssumesNote string
	Anomalies, OnThisPage                                        string
	FilesRead, FilesReadOne, FilesReadUntimed                    string // %1 file, %2 records, %3 oldest, %4 newest
	ReadSentence                                                 string // %1 records
	RecordOne, RecordMany                                        string
	Reasons                                                      map[string]string
	ReasonOther                                                  string
	Assumptions                                                  map[string]string // by code, as dsr.AssumptionWords
	Rules                                                        map[string]string
	RuleOther                                                    string // %1 the rule
	InformedHeading, InformedLead                                string
	Items                                                        map[string]string // by dsr.InformationItem.Name
	NoWords, SortNote, MonthUnknown                              string
	ZoneUTC, ZoneLocal                                           string // %1 zone
	Controller                                                   string
	FileReadme, FileTranscripts, FileNDJSON, FileCSV             string
	FileCoverage, FileManifest, FileSignature, FileAttached      string
	FileStatement, StatementTitle, StatementLead                 string
	AttachedHeading, AttachedLead, FilesNone                     string
	FilesSome, FilesMissing                                      string // %1 files, %2 in the archive; %1 files, %2 why
	FileOne, FileMany, FileNotHere, FileSaid, PictureAlt         string // %1 name
	MissingFiles                                                 map[string]string

	ConversationOf, ConversationUndated, Back, PageOf                  string // %1 page, %2 pages
	ConversationUnknown, UserUnknown, UnknownLead, LiveAgent           string // %1 user
	PageNav, PageNavBelow, FirstPage, PreviousPage, NextPage, LastPage string
	TalkNav, TalkNavBelow, PreviousTalk, NextTalk                      string
	Facts, Source, ID, Started, LastActivity, Messages, WhyFound       string
	WhyID, WhyMetadata, WhyRoot                                        string
	MessagesHeading, SenderNote, NoMessages, NoMessagesWithoutID       string
	SenderUser, SenderBot, SenderUnknown, SenderWithheld, Kind         string
	Options, Form, Further, Record, RecordLead, DayUnknown             string
	DerivedLead, AnalyticsEntry                                        string
	WithheldSome                                                       string // %1 how much, %2 the mark
	WithheldConversation, WithheldWhole, WithheldMessage               string // %1 why
	WithheldReasons                                                    map[dsr.WithholdReason]string
	PassageOne, PassageMany, FileWithheld                              string
	ActionQuickReply, ActionForm, FieldName, FieldValue                string
}

// textsFor returns the texts of a language, English for an unknown one, with days and
// times in the zone; nil is UTC.
func textsFor(language string, zone *time.Location) *texts {
	t := *english
	if language == german.Lang {
		t = *german
	}
	t.zone = zone
	if zone == nil {
		t.zone = time.UTC
	}
	return &t
}

// fill puts the arguments in place of %1, %2, …
func fill(text string, args ...string) string {
	for i, arg := range args {
		text = strings.ReplaceAll(text, "%"+strconv.Itoa(i+1), arg)
	}
	return text
}

// Number writes n with separators between its thousands.
func (t *texts) Number(n int64) string {
	digits := strconv.FormatInt(n, 10)
	for i := len(digits) - 3; i > 0 && digits[i-1] != '-'; i -= 3 {
		digits = digits[:i] + t.Thousands + digits[i:]
	}
	return digits
}

// CountConversations is "1 conversation", "2 conversations".
func (t *texts) CountConversations(n int64) string {
	return t.count(n, t.ConversationOne, t.ConversationMany)
}

// CountMessages is "1 message", "2 messages".
func (t *texts) CountMessages(n int64) string { return t.count(n, t.MessageOne, t.MessageMany) }

func (t *texts) count(n int64, one, many string) string {
	if n == 1 {
		return t.Number(n) + " " + one
	}
	return t.Number(n) + " " + many
}

// Bytes writes a size in the unit that suits it.
func (t *texts) Bytes(n int64) string {
	unit, size := 0, float64(n)
	for size >= 999.5 && unit < len(byteUnits)-1 {
		size /= 1000
		unit++
	}
	form := "%.0f"
	if unit > 0 && size < 9.95 {
		form = "%.1f"
	}
	return strings.Replace(fmt.Sprintf(form, size), ".", t.Decimal, 1) + " " + byteUnits[unit]
}

var byteUnits = []string{"B", "kB", "MB", "GB", "TB"}

// Date writes the day, as it is in the archive's time zone.
func (t *texts) Date(at time.Time) string {
	at = at.In(t.zone)
	return strings.NewReplacer("D", strconv.Itoa(at.Day()), "M", t.MonthNames[at.Month()-1],
		"Y", strconv.Itoa(at.Year())).Replace(t.DateForm)
}

// Month writes the month and its year.
func (t *texts) Month(at time.Time) string {
	at = at.In(t.zone)
	return t.MonthNames[at.Month()-1] + " " + strconv.Itoa(at.Year())
}

// Moment writes day and time with the zone's distance from UTC, or that there is none.
func (t *texts) Moment(at time.Time) string {
	if at.IsZero() {
		return t.NoTime
	}
	clock := strings.NewReplacer("T", at.In(t.zone).Format("15:04"), "O", offset(at.In(t.zone)))
	return t.Date(at) + ", " + clock.Replace(t.ClockForm)
}

// offset is how far a zone is from UTC at a moment: "UTC", "UTC+1", "UTC−3:30".
func offset(at time.Time) string {
	_, seconds := at.Zone()
	if seconds == 0 {
		return "UTC"
	}
	sign, minutes := "+", seconds/60
	if minutes < 0 {
		sign, minutes = "−", -minutes
	}
	if minutes%60 == 0 {
		return fmt.Sprintf("UTC%s%d", sign, minutes/60)
	}
	return fmt.Sprintf("UTC%s%d:%02d", sign, minutes/60, minutes%60)
}

// ZoneNote says in which zone the times are.
func (t *texts) ZoneNote() string {
	if t.zone == time.UTC || t.zone.String() == "UTC" {
		return t.ZoneUTC
	}
	return fill(t.ZoneLocal, t.zone.String())
}

// Window says in words which time was asked for; the search reached to asOf.
func (t *texts) Window(start, end, asOf time.Time) string {
	switch {
	case start.IsZero() && end.IsZero():
		return fill(t.PeriodAll, t.Date(asOf))
	case end.IsZero():
		return fill(t.PeriodFrom, t.Moment(start))
	case start.IsZero():
		return fill(t.PeriodUntil, t.Moment(end))
	}
	return fill(t.PeriodBoth, t.Moment(start), t.Moment(end))
}

// Reason says a reason's code in words.
func (t *texts) Reason(code string) string {
	if words, ok := t.Reasons[code]; ok {
		return words
	}
	return t.ReasonOther
}

// Assumption says in words what a search rests on. What has no words in the language is
// said in English.
func (t *texts) Assumption(a dsr.Assumption) string {
	return a.Said(t.Assumptions, t.Moment)
}

// Rule says in words what an anomaly's rule is about.
func (t *texts) Rule(rule string) string {
	if words, ok := t.Rules[rule]; ok {
		return words
	}
	return fill(t.RuleOther, rule)
}

// SpanWords writes an interval; a zero end is open.
func (t *texts) SpanWords(s dsr.Span) string {
	from, to := t.FromTheStart, t.UntilTheEnd
	if !s.Start.IsZero() {
		from = t.Moment(s.Start)
	}
	if !s.End.IsZero() {
		to = t.Moment(s.End)
	}
	return fill(t.Span, from, to)
}

// fileRead says of a file from when to when its records are.
func (t *texts) fileRead(r dsr.RangeRead) string {
	if r.First == nil || r.Last == nil {
		return fill(t.FilesReadUntimed, r.File, t.count(r.Records, t.RecordOne, t.RecordMany))
	}
	return fill(t.FilesReadOne, r.File, t.count(r.Records, t.RecordOne, t.RecordMany), t.Date(*r.First), t.Date(*r.Last))
}

// MatchWords joins a selector's key to its value.
func (t *texts) MatchWords(m dsr.Metadata) string {
	if m.AnyPath() {
		return t.MatchAny[m.Match]
	}
	return t.Match[m.Match]
}

// MatchNotes says how values were compared.
func (t *texts) MatchNotes(m dsr.Match) string {
	switch m {
	case dsr.Exact:
		return ""
	case dsr.Phone:
		return t.PhoneNote
	}
	return t.MatchNote
}

// Sender names who speaks.
func (t *texts) Sender(s record.Sender) string {
	switch s {
	case record.User:
		return t.SenderUser
	case record.Bot:
		return t.SenderBot
	case withheldSender:
		return t.SenderWithheld
	}
	return t.SenderUnknown
}

// Action says how the user answered, when that is worth saying.
func (t *texts) Action(action string) string {
	switch action {
	case "", "text":
		return ""
	case "quickReply":
		return t.ActionQuickReply
	case "form":
		return t.ActionForm
	}
	return action
}
