package app

import (
	"time"

	"dsr-server/internal/config"
	"dsr-server/internal/export"
	"dsr-server/internal/fetch"
	"dsr-server/internal/fulfil"
	"dsr-server/internal/scan"
)

// vendor is a source that keeps connections open.
type vendor interface {
	export.Source
	Close()
}

// openSources makes the configured sources readable; it makes no call.
func openSources(cfg *config.Config) (sources []fulfil.Source, closeAll func() error) {
	var open []vendor
	budget := export.NewBudget(int64(cfg.Limits.Memory))
	turns := fetch.NewTurns()
	for i, domain := range cfg.DomainSources() {
		c := cfg.Sources[i]
		if c.Type == "dump" {
			sources = append(sources, fulfil.Source{Source: scan.Source{Source: domain, Export: export.NewDump(c.Path).Within(budget)}, Information: c.Information.Domain(), Files: openFiles(c.Files, turns)})
			continue
		}
		rate := cfg.RateOf(c)
		source := fulfil.Source{Source: scan.Source{Source: domain, Pace: pace(rate)}, Information: c.Information.Domain(), Files: openFiles(c.Files, turns)}
		var v vendor
		switch c.Type {
		case "avaamo":
			v = openAvaamo(c, budget)
			// The vendor counts its calls over all endpoints together.
			source.Limit = scan.Limit{Calls: int(max(rate.Count, 1)), Per: rate.Per}
		default:
			v = openConverse(c, budget)
		}
		source.Export = v
		open, sources = append(open, v), append(sources, source)
	}
	return sources, func() error {
		for _, v := range open {
			v.Close()
		}
		return nil
	}
}

func openFiles(c config.Files, turns *fetch.Turns) fulfil.Files {
	files := fulfil.Files{Paths: c.Paths, MaxSize: int64(c.MaxSize)}
	if c.Fetch {
		files.Fetch = fetch.New(fetch.Options{Hosts: c.Hosts, AllowLoopback: c.AllowLoopback, Timeout: c.Timeout, Agent: Software(), Turns: turns})
	}
	return files
}

func openConverse(c config.Source, budget *export.Budget) vendor {
	return export.NewConverse(export.ConverseConfig{
		BaseURL: c.BaseURL, BotName: c.BotName, APIKey: c.Secret(), Timeout: c.Timeout, Agent: Software(), Budget: budget,
	})
}

func openAvaamo(c config.Source, budget *export.Budget) vendor {
	return export.NewAvaamo(export.AvaamoConfig{
		BaseURL: c.BaseURL, AgentID: c.AgentID, AccessToken: c.Secret(), AgentToken: c.AgentTokenFile.Reveal(),
		Unit: export.TimeUnit(c.TimetokenUnit), Timeout: c.Timeout, Agent: Software(), Budget: budget,
	})
}

func pace(r config.Rate) time.Duration {
	return time.Duration(float64(time.Second) / r.PerSecond())
}
