package app

import (
	"net"
	"strconv"

	"dsr-server/internal/config"
	"dsr-server/internal/dsr"
	"dsr-server/internal/http/ui"
)

// settings is the configuration as the pages show it. What is not named here is not shown:
// a key that is added later, and may be a secret, does not appear by itself.
func (p *Program) settings() ui.Settings {
	c := p.Config
	law, _ := dsr.RegimeOf(c.Regime)
	s := ui.Settings{
		Address: p.URL(), Listen: c.Listen, DataDir: c.DataDir, Proxies: c.Proxies, Zone: c.Location().String(),
		Controller: c.Controller.Name, Contact: c.Controller.Contact, Law: law.Law, Holidays: c.Holidays,
		ReviewAll: c.Release.Required(), ArchiveKept: c.Retention.Archive, RequestKept: c.Retention.Request,
		ReadsPerSecond: c.Limits.ReadsPerSecond, Submissions: c.Limits.SubmissionsPerSecond, CallsAtOnce: c.Limits.CallsAtOnce,
		OpenRequests: c.Limits.OpenRequests, ManyMatches: c.Limits.ManyMatches, MaxDownloads: c.Limits.MaxDownloads,
		Memory: int64(c.Limits.Memory), RequestFiles: int64(c.Limits.RequestFiles),
	}
	if m := c.Mail; m.On() {
		s.Mail = net.JoinHostPort(m.Host, strconv.Itoa(m.Port))
	}
	for _, source := range c.Sources {
		s.Sources = append(s.Sources, sourceSetting(c, source))
	}
	return s
}

func sourceSetting(c *config.Config, s config.Source) ui.SourceSetting {
	out := ui.SourceSetting{Name: s.Name, Type: s.Type, Where: s.BaseURL, Rate: c.RateOf(s).String(), Region: s.Region, Earliest: s.Earliest, FetchesFiles: s.Files.Fetch, Information: s.Information.Domain()}
	if s.Path != "" {
		out.Where = s.Path
	}
	return out
}
