package app

import (
	"fmt"
	"time"

	"dsr-server/internal/config"
	"dsr-server/internal/dsr"
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

// openSources makes the configured sources readable; it makes no call. A type that this
// version cannot read is an error.
func openSources(cfg *config.Config) (sources []fulfil.Source, closeAll func() error, err error) {
	var open []vendor
	budget := export.NewBudget(int64(cfg.Limits.Memory))
	turns := fetch.NewTurns()
	for i, domain := range cfg.DomainSources() {
		c := cfg.Sources[i]
		source := fulfil.Source{Source: scan.Source{Source: domain}, Information: c.Information.Domain(), Files: openFiles(c.Files, turns)}
		v, err := openSource(&source.Source, c, cfg.RateOf(c), budget)
		if err != nil {
			return nil, nil, fmt.Errorf("source %s: %w", c.Name, err)
		}
		if v != nil {
			open = append(open, v)
		}
		sources = append(sources, source)
	}
	return sources, func() error {
		for _, v := range open {
			v.Close()
		}
		return nil
	}, nil
}

// openSource sets what the source's type decides: its export, its pace and its limit. The
// vendor is nil where no connection is kept.
func openSource(source *scan.Source, c config.Source, rate dsr.Rate, budget *export.Budget) (v vendor, err error) {
	if !export.HasSpeech(c.Type) {
		return nil, fmt.Errorf("type %q: this version does not know how to show its records", c.Type)
	}
	switch c.Type {
	case "dump":
		source.Export = export.NewDumpOf(c.Path, c.Form()).Within(budget)
		return nil, nil
	case "avaamo":
		v = openAvaamo(c, budget)
		// The vendor counts its calls over all endpoints together.
		source.Limit = scan.Limit{Calls: int(max(rate.Count, 1)), Per: rate.Per}
	case "converse":
		v = openConverse(c, budget)
	case "rest":
		v = openRest(c, rate, budget)
		if c.Declared().PerHost {
			source.Limit = scan.Limit{Calls: int(max(rate.Count, 1)), Per: rate.Per}
		}
	default:
		return nil, fmt.Errorf("type %q: this version does not know how to read it", c.Type)
	}
	source.Export, source.Pace = v, pace(rate)
	return v, nil
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

func openRest(c config.Source, rate dsr.Rate, budget *export.Budget) vendor {
	return export.NewRest(export.RestConfig{
		BaseURL: c.BaseURL, Declaration: c.Declared(), Secret: c.Secret(), Gap: pace(rate) * 106 / 100, Timeout: c.Timeout, Agent: Software(), Budget: budget,
	})
}

func pace(r dsr.Rate) time.Duration {
	return time.Duration(float64(time.Second) / r.PerSecond())
}
