package app_test

import (
	"context"
	"net"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"dsr-server/internal/app"
	"dsr-server/internal/config"
)

// listenAs listens as a service manager does, and returns what it is told, word by word.
func listenAs(t *testing.T) (socket string, next func() string) {
	t.Helper()
	socket = filepath.Join(t.TempDir(), "notify")
	conn, err := net.ListenUnixgram("unixgram", &net.UnixAddr{Name: socket, Net: "unixgram"})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	return socket, func() string {
		t.Helper()
		if err := conn.SetReadDeadline(time.Now().Add(time.Minute)); err != nil {
			t.Fatal(err)
		}
		var said [4096]byte
		n, err := conn.Read(said[:])
		if err != nil {
			t.Fatalf("the service manager is told nothing: %v", err)
		}
		return string(said[:n])
	}
}

func TestTheServiceManagerKnowsHowTheProgramIs(t *testing.T) {
	t.Parallel()
	socket, next := listenAs(t)
	cfg := &config.Config{Listen: "127.0.0.1:0", DataDir: t.TempDir()}
	p, err := app.Open(t.Context(), cfg, app.Env{Manager: app.Manager{Socket: socket, Watchdog: 30 * time.Millisecond}})
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- p.Run(ctx) }()
	if got := next(); !strings.HasPrefix(got, "READY=1\nSTATUS=serving http://127.0.0.1:") {
		t.Errorf("first it is told %q", got)
	}
	for range 3 {
		if got := next(); got != "WATCHDOG=1" {
			t.Errorf("then it is told %q", got)
		}
	}
	stop()
	got := next()
	for got == "WATCHDOG=1" {
		got = next()
	}
	if got != "STOPPING=1" {
		t.Errorf("at the end it is told %q", got)
	}
	if err := <-ended; err != nil {
		t.Error(err)
	}
	if err := p.Close(); err != nil {
		t.Error(err)
	}
}

func TestTheWatchdogIsOfOneProcess(t *testing.T) {
	t.Parallel()
	for pid, want := range map[string]time.Duration{"": 2 * time.Second, "1": 0} {
		env := map[string]string{"NOTIFY_SOCKET": "@dsr", "WATCHDOG_USEC": "2000000", "WATCHDOG_PID": pid}
		if got := app.ManagerOf(func(name string) string { return env[name] }); got != (app.Manager{Socket: "@dsr", Watchdog: want}) {
			t.Errorf("WATCHDOG_PID=%q: got %+v", pid, got)
		}
	}
}
