package app

import (
	"context"
	"fmt"
	"net"
	"os"
	"strconv"
	"time"
)

// Manager is the service manager that has started the program, as sd_notify(3) describes it;
// the zero value is none. It is told that the program is ready, that it stops and, in
// between, that it still answers.
type Manager struct {
	Socket   string        // where it listens; empty: nobody does
	Watchdog time.Duration // how long it waits for a sign of life; zero: it does not
}

// ManagerOf reads what a service manager says in the environment.
func ManagerOf(getenv func(string) string) Manager {
	m := Manager{Socket: getenv("NOTIFY_SOCKET")}
	meant := getenv("WATCHDOG_PID")
	if µs, err := strconv.ParseInt(getenv("WATCHDOG_USEC"), 10, 64); err == nil && (meant == "" || meant == strconv.Itoa(os.Getpid())) {
		m.Watchdog = time.Duration(µs) * time.Microsecond
	}
	return m
}

// tell sends one state. A name that begins with @ is of an abstract socket; net knows that.
func (m Manager) tell(ctx context.Context, state string) error {
	if m.Socket == "" {
		return nil
	}
	var d net.Dialer
	conn, err := d.DialContext(ctx, "unixgram", m.Socket)
	if err != nil {
		return fmt.Errorf("tell the service manager: %w", err)
	}
	defer func() { _ = conn.Close() }()
	if _, err := conn.Write([]byte(state)); err != nil {
		return fmt.Errorf("tell the service manager: %w", err)
	}
	return nil
}

// report tells the service manager how the program is, until ctx ends.
func (p *Program) report(ctx context.Context) error {
	m := p.env.Manager
	if err := m.tell(ctx, "READY=1\nSTATUS=serving "+p.URL()); err != nil {
		return err
	}
	defer func() { _ = m.tell(context.WithoutCancel(ctx), "STOPPING=1") }()
	if m.Watchdog <= 0 {
		<-ctx.Done()
		return nil
	}
	tick := time.NewTicker(m.Watchdog / 3)
	defer tick.Stop()
	for {
		if p.alive(ctx, m.Watchdog) {
			_ = m.tell(ctx, "WATCHDOG=1") // if it is not heard, the manager acts
		}
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		}
	}
}

// alive reports whether there is any answer to the question whether the program is ready. A
// full disk is one, and a new start would not mend it; that nobody gets hold of the database
// any more is none.
func (p *Program) alive(ctx context.Context, within time.Duration) bool {
	asking, cancel := context.WithTimeout(ctx, within)
	defer cancel()
	_ = p.ready(asking)
	return asking.Err() == nil
}
