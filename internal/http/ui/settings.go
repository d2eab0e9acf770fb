package ui

import (
	"net/http"
	"strings"
	"time"

	"dsr-server/internal/dsr"
)

// settingsPage shows the configuration in words.
type settingsPage struct {
	chrome
	Groups  []settingGroup
	Mail    mailView
	Sources []sourceSettingRow
	Texts   []informationView
}

func (settingsPage) template() string { return "settings" }

type settingGroup struct {
	Title string
	Pairs []settingPair
}

type settingPair struct{ Name, Value string }

type sourceSettingRow struct {
	Name, Type, Where, Rate, Region, Files string
	Earliest                               instant
}

func (p *pages) settingsShow(w http.ResponseWriter, r *http.Request, _ dsr.Principal) error {
	mail, err := p.mailView(r.Context())
	if err != nil {
		return err
	}
	data := settingsPage{chrome: p.chrome(r, p.say("Settings"), "settings"), Groups: p.settingGroups(), Mail: mail, Texts: p.informationViews()}
	for _, s := range p.opts.Settings.Sources {
		row := sourceSettingRow{Name: s.Name, Type: s.Type, Where: s.Where, Rate: s.Rate, Region: p.orNone(s.Region), Files: p.say("named, not fetched"), Earliest: p.day(s.Earliest)}
		if s.FetchesFiles {
			row.Files = p.say("fetched")
		}
		data.Sources = append(data.Sources, row)
	}
	return p.render(w, http.StatusOK, data)
}

func (p *pages) settingGroups() []settingGroup {
	s := p.opts.Settings
	return []settingGroup{
		{p.say("The service"), []settingPair{
			{p.say("Address"), s.Address}, {p.say("Listens on"), s.Listen}, {p.say("Folder of the data"), s.DataDir},
			{p.say("Time zone"), s.Zone}, {p.say("Proxies that are believed"), p.orNone(strings.Join(s.Proxies, ", "))},
		}},
		{p.say("Who answers"), []settingPair{
			{p.say("Controller"), p.orNone(s.Controller)}, {p.say("Contact"), p.orNone(s.Contact)},
			{p.say("Law of requests that name none"), s.Law}, {p.say("Public holidays of"), p.orNone(s.Holidays)},
		}},
		{p.say("Release and sign-in"), []settingPair{
			{p.say("Release of results"), p.releaseWords(s.ReviewAll)}, {p.say("Roles that need a second factor"), p.orNone(p.inWords(p.factorRoles()))},
		}},
		{p.say("How long things are kept"), []settingPair{
			{p.say("Archives, from when they are ready"), p.period(s.ArchiveKept)}, {p.say("Requests, from when they are answered"), p.period(s.RequestKept)},
		}},
		{p.say("Limits"), []settingPair{
			{p.say("Reads a second, of one person or token"), p.number(int64(s.ReadsPerSecond))}, {p.say("Submissions a second, of one person or token"), p.number(int64(s.Submissions))},
			{p.say("Calls at once, of one person or token"), p.number(int64(s.CallsAtOnce))}, {p.say("Requests that are queued or running"), p.number(int64(s.OpenRequests))},
			{p.say("Conversations of one request before staff are warned"), p.number(int64(s.ManyMatches))}, {p.say("Downloads of one archive"), p.orUnlimited(s.MaxDownloads)},
			{p.say("Memory for vendors’ answers"), p.fileSize(s.Memory)}, {p.say("Files of one request"), p.fileSize(s.RequestFiles)},
		}},
	}
}

func (p *pages) releaseWords(all bool) string {
	if all {
		return p.say("Every result waits for a second person.")
	}
	return p.say("Complete results without a warning are released at once; others wait for a second person.")
}

func (p *pages) factorRoles() (names []string) {
	for _, role := range p.opts.SecondFactor {
		names = append(names, p.say(roleWords[role]))
	}
	return names
}

func (l tongue) orNone(s string) string {
	if s == "" {
		return l.say("none set")
	}
	return s
}

func (l tongue) orUnlimited(n int) string {
	if n == 0 {
		return l.say("unlimited")
	}
	return l.number(int64(n))
}

// period says a duration of the configuration in days, where it is some.
func (l tongue) period(d time.Duration) string {
	if d%(24*time.Hour) == 0 {
		return l.count(int64(d/(24*time.Hour)), "day")
	}
	return d.String()
}
