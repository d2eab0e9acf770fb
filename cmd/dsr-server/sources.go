package main

import (
	"time"

	"dsr-server/internal/dsr"
	"dsr-server/internal/export"
	"dsr-server/internal/fulfil"
)

// openSources makes the configured sources readable; it makes no call.
func openSources(cfg *Config) (sources []fulfil.Source, closeAll func() error) {
	var open []*export.Converse
	for i, domain := range cfg.DomainSources() {
		c := cfg.Sources[i]
		vendor := export.NewConverse(export.ConverseConfig{
			BaseURL: c.BaseURL, BotName: c.BotName, APIKey: c.Secret(), Timeout: c.Timeout, Agent: software(),
		})
		open = append(open, vendor)
		sources = append(sources, fulfil.Source{Source: domain, Export: vendor, Interval: interval(cfg.RateOf(c))})
	}
	return sources, func() error {
		for _, vendor := range open {
			vendor.Close()
		}
		return nil
	}
}

func interval(r Rate) time.Duration {
	return time.Duration(float64(time.Second) / r.PerSecond())
}

func sourceNames(cfg *Config) []string {
	names := make([]string, len(cfg.Sources))
	for i, s := range cfg.Sources {
		names[i] = s.Name
	}
	return names
}

func dsrRole(name string) dsr.Role { return dsr.Role(name) }
