package config

// Traces say where spans of calls, jobs and vendor calls are sent (OpenTelemetry).
type Traces struct {
	Endpoint string `yaml:"endpoint"` // of a collector, OTLP over HTTP; empty: there are none
	Percent  int    `yaml:"percent" validate:"min=1,max=100"`
}

func (c *Config) checkTraces(r *report) {
	if c.Traces.Endpoint == "" {
		return
	}
	u, problem := readURL(c.Traces.Endpoint)
	switch {
	case problem != "":
		r.fault("traces.endpoint", "%s", problem)
	case u.Path == "" || u.Path == "/":
		r.fault("traces.endpoint", "has no path; collectors take traces at /v1/traces")
	}
}
