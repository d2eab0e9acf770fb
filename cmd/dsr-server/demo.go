package main

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"time"

	"golang.org/x/sync/errgroup"

	"dsr-server/internal/app"
	"dsr-server/internal/auth"
	"dsr-server/internal/config"
	"dsr-server/internal/dsr"
	"dsr-server/internal/fake/vendor"
	"dsr-server/internal/store"
)

type demoCommand struct {
	Listen string `help:"Where to listen; a taken port is replaced by a free one." default:"127.0.0.1:8080"`
}

// Run implements the command: the real service on a temporary folder, with a fake
// vendor that enforces what the real one enforces. Everything is gone afterwards.
func (c demoCommand) Run(ctx context.Context) (err error) {
	dir, err := os.MkdirTemp("", "dsr-demo-")
	if err != nil {
		return fmt.Errorf("make a temporary folder: %w", err)
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	d := demo{dir: dir, key: rand.Text(), token: rand.Text() + rand.Text(), password: rand.Text()[:16], out: os.Stdout}
	for url, handler := range map[*string]http.Handler{&d.vendor: d.converse(), &d.slowVendor: d.converse(), &d.avaamo: d.platform()} {
		server, err := startVendor(ctx, handler, url)
		if err != nil {
			return err
		}
		defer func() { _ = server.Close() }()
	}
	cfg, err := d.configure(ctx, c.Listen)
	if err != nil {
		return err
	}
	return d.serve(ctx, cfg)
}

// demo is one run of the command.
type demo struct {
	dir                string
	vendor, slowVendor string // addresses of two built-in vendors with the same data
	avaamo             string // of a third, of the other kind, with the same dialogues
	key                string // all accept
	token              string // of the API
	password           string // of the person demo
	out                io.Writer
}

func (d demo) converse() http.Handler {
	return vendor.New(vendor.Sample(), vendor.Options{Keys: []string{d.key}, Latency: 150 * time.Millisecond})
}

// avaamoRate is what the demo's Avaamo allows in a second. The real one allows 50 calls in a
// minute, and it would take ten of them to search three days at a time.
const avaamoRate = 40

func (d demo) platform() http.Handler {
	return vendor.NewAvaamo(vendor.AvaamoSample(), vendor.AvaamoOptions{
		UserTokens: []string{d.key}, AgentTokens: []string{"agent-" + d.key}, Rate: avaamoRate, Per: time.Second, Latency: 20 * time.Millisecond,
		Choices: vendor.AvaamoChoices{LimitScope: vendor.PerAccount},
	})
}

// startVendor serves a vendor on a port of its own, whose address it stores in url.
func startVendor(ctx context.Context, handler http.Handler, url *string) (*http.Server, error) {
	l, err := new(net.ListenConfig).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return nil, fmt.Errorf("start the built-in vendor: %w", err)
	}
	server := app.WithholdServer(&http.Server{Handler: handler, ReadHeaderTimeout: 10 * time.Second}, demoLog())
	go func() { _ = server.Serve(l) }() // ends with Close
	*url = "http://" + l.Addr().String()
	return server, nil
}

// configure writes the files a real installation has and loads them.
func (d demo) configure(ctx context.Context, listen string) (*config.Config, error) {
	free, err := freeAddress(ctx, listen)
	if err != nil {
		return nil, err
	}
	if free != listen {
		fmt.Fprintf(os.Stderr, "%s is taken; using %s instead\n", listen, free)
	}
	for name, text := range map[string]string{
		"key": d.key, "agent": "agent-" + d.key, "token": d.token,
		"dsr.yaml": fmt.Sprintf(demoConfig, free, d.vendor, d.slowVendor, d.avaamo, vendor.DefaultAgent, avaamoRate),
	} {
		if err := os.WriteFile(filepath.Join(d.dir, name), []byte(text), 0o600); err != nil {
			return nil, fmt.Errorf("write the demo's configuration: %w", err)
		}
	}
	cfg, _, err := config.Load(filepath.Join(d.dir, "dsr.yaml"), nil)
	return cfg, err
}

const demoConfig = `
listen: %s
allow_plain_http: true # there is nothing but sample data, and --listen was typed on purpose
data_dir: ./data
sources:
  - {name: support-bot, type: converse, base_url: "%s", bot_name: r3-218210, api_key_file: ./key, earliest: 2023-01-01, page_size: 50,
     information: {
       purposes: {en: "To answer questions about orders and devices.", de: "Um Fragen zu Bestellungen und Geräten zu beantworten."},
       categories: [{en: "Contact details", de: "Kontaktdaten"}, {en: "Conversations", de: "Unterhaltungen"}],
       recipients: [{en: "The chatbot's provider", de: "Der Anbieter des Chatbots"}],
       retention: {en: "Two years after the last conversation.", de: "Zwei Jahre nach der letzten Unterhaltung."},
       rights: {en: "You may ask us to correct or erase this data or to use less of it, and you may object to its use.",
                de: "Sie können verlangen, dass wir diese Daten berichtigen, löschen oder nur eingeschränkt nutzen, und der Nutzung widersprechen."},
       authority: {en: "The data protection authority where you live.", de: "Die Datenschutzbehörde Ihres Wohnorts."},
       origin: {en: "You gave it to the chatbot.", de: "Sie haben sie dem Chatbot mitgeteilt."},
       automated_decisions: {en: "None.", de: "Keine."},
       transfers: {en: "To the United States, under the EU's standard contractual clauses.", de: "In die USA, nach den Standardvertragsklauseln der EU."}}}
  - {name: old-bot, type: converse, base_url: "%s", bot_name: r3-218210, api_key_file: ./key, earliest: 2023-01-01, page_size: 1}
  - {name: it-desk, type: avaamo, base_url: "%s", agent_id: "%s", access_token_file: ./key, agent_token_file: ./agent, earliest: 2024-12-01, rate: %d/s}
bootstrap: {tokens: [{name: demo, role: admin, token_file: ./token}]}
`

// freeAddress returns listen, or the same host with a free port when it is taken.
func freeAddress(ctx context.Context, listen string) (string, error) {
	var lc net.ListenConfig
	l, err := lc.Listen(ctx, "tcp", listen)
	if err != nil {
		host, _, splitErr := net.SplitHostPort(listen)
		if splitErr != nil {
			return "", fmt.Errorf("--listen: %w", splitErr)
		}
		if l, err = lc.Listen(ctx, "tcp", net.JoinHostPort(host, "0")); err != nil {
			return "", fmt.Errorf("--listen: %w", err)
		}
	}
	return l.Addr().String(), l.Close()
}

// serve runs the service, takes the sample request through it, and says where to look.
func (d demo) serve(ctx context.Context, cfg *config.Config) (err error) {
	p, err := app.Open(ctx, cfg, app.Env{Log: demoLog()})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, p.Close()) }()
	if err := d.addPerson(ctx, p.Store); err != nil {
		return err
	}
	g, ctx := errgroup.WithContext(ctx)
	g.Go(func() error { return p.Run(ctx) })
	g.Go(func() error {
		if err := d.show(ctx, p.URL()); err != nil && ctx.Err() == nil {
			return err
		}
		return nil
	})
	return g.Wait()
}

// demoLog writes warnings and errors alone, so that the lines for people are not lost in it.
func demoLog() *slog.Logger {
	return app.NewLog(os.Stderr, slog.LevelWarn)
}

// addPerson makes the account to sign in with.
func (d demo) addPerson(ctx context.Context, st *store.Store) error {
	person, faults := dsr.NewPerson("demo", "Demo", dsr.Admin)
	err := faults.Err()
	if err != nil {
		return err
	}
	if person.PasswordHash, err = auth.NewHasher(auth.DefaultKiB).Hash(ctx, d.password); err != nil {
		return err
	}
	_, err = st.CreatePerson(ctx, dsr.Principal{ID: "system"}, person)
	return err
}

// Two requests for the sample's main data subject: one over both kinds of vendor is taken
// to its archive at once, the other reads one record a page, to watch it.
const (
	demoRequest = `{"reference":"DEMO-1","sources":["support-bot","it-desk"],"selectors":[{"metadata":{"key":"*","value":"ana@example.com"}}]}`
	slowRequest = `{"reference":"DEMO-2","sources":["old-bot"],"selectors":[{"metadata":{"key":"*","value":"ana@example.com"}}]}`
)

// show waits until the service answers, sends the sample requests, and prints where to look.
func (d demo) show(ctx context.Context, url string) error {
	if err := d.poll(ctx, url+"/healthz", func(map[string]any) bool { return true }); err != nil {
		return err
	}
	fmt.Fprintf(d.out, "dsr-server is at %s\n", url)
	fmt.Fprintln(d.out, "making a first archive; this takes about ten seconds")
	request, err := d.call(ctx, http.MethodPost, url+"/api/v1/requests", demoRequest)
	if err != nil {
		return err
	}
	address := fmt.Sprintf("%s/api/v1/requests/%v", url, request["id"])
	if err := d.poll(ctx, address, func(r map[string]any) bool { return r["status"] == "ready" }); err != nil {
		return err
	}
	if _, err := d.call(ctx, http.MethodPost, url+"/api/v1/requests", slowRequest); err != nil {
		return err
	}
	fmt.Fprintf(d.out, demoText, d.token, address, url, d.password)
	return nil
}

const demoText = `
  sign in   %[3]s/sign-in with login demo, password %[4]s
            DEMO-1 is ready, DEMO-2 is being searched: watch it

  token     %[1]s

  archive   download what the vendor holds about ana@example.com:

    curl -H 'Authorization: Bearer %[1]s' -o DEMO-1.zip %[2]s/archive

  another   ask for somebody else, and watch it on the page; old-bot is slow on purpose:

    curl -H 'Authorization: Bearer %[1]s' -H 'Content-Type: application/json' \
      -d '{"selectors":[{"metadata":{"key":"email","value":"somebody@example.org"}}]}' %[3]s/api/v1/requests

  check     go run ./cmd/dsr-server verify DEMO-1.zip
  REST      %[3]s/openapi.json
  stop      Ctrl-C; the demo's data is deleted then
`

// poll reads a resource until it is there and as wanted.
func (d demo) poll(ctx context.Context, address string, wanted func(map[string]any) bool) error {
	tick := time.NewTicker(100 * time.Millisecond)
	defer tick.Stop()
	for {
		if body, err := d.call(ctx, http.MethodGet, address, ""); err == nil && wanted(body) {
			return nil
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	}
}

func (d demo) call(ctx context.Context, method, address, body string) (answer map[string]any, err error) {
	req, err := http.NewRequestWithContext(ctx, method, address, strings.NewReader(body))
	if err != nil {
		return nil, err
	}
	req.Header.Set("Authorization", "Bearer "+d.token)
	req.Header.Set("Content-Type", "application/json")
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, resp.Body.Close()) }()
	if resp.StatusCode >= http.StatusBadRequest {
		return nil, fmt.Errorf("%s %s: %s", method, address, resp.Status)
	}
	return answer, json.NewDecoder(resp.Body).Decode(&answer)
}
