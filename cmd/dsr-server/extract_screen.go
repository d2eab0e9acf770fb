package main

import (
	"fmt"
	"os"
	"strings"
	"sync"
	"time"

	"golang.org/x/term"

	"dsr-server/internal/dsr"
)

// screen shows how far a command is: a bar that is redrawn on a terminal, else a plain
// line now and then. It may be used from several goroutines.
type screen struct {
	mu       sync.Mutex
	w        *os.File
	terminal bool
	drawn    bool      // a bar stands on the line
	last     string    // what was shown last
	at       time.Time // when
}

// plainEvery is how often a line is written where there is no terminal.
const plainEvery = 5 * time.Second

func newScreen(w *os.File) *screen {
	return &screen{w: w, terminal: term.IsTerminal(int(w.Fd())), at: time.Now()}
}

// say writes a line of its own.
func (s *screen) say(format string, args ...any) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.wipe()
	fmt.Fprintf(s.w, format+"\n", args...)
}

// Write lets others write whole lines without spoiling the bar.
func (s *screen) Write(b []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.wipe()
	return s.w.Write(b)
}

// clear takes the bar away.
func (s *screen) clear() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.wipe()
}

func (s *screen) wipe() {
	if s.drawn {
		fmt.Fprint(s.w, "\r\x1b[K")
		s.drawn, s.last = false, ""
	}
}

// Progress implements app.Screen.
func (s *screen) Progress(p dsr.Progress) {
	s.mu.Lock()
	defer s.mu.Unlock()
	line := counts(p)
	switch {
	case line == s.last, !s.terminal && time.Since(s.at) < plainEvery:
		return
	case s.terminal:
		s.draw(p.Percent, line)
	default:
		fmt.Fprintln(s.w, line)
	}
	s.last, s.at = line, time.Now()
}

func counts(p dsr.Progress) string {
	line := fmt.Sprintf("%3d %%  %s read, %s and %s found", p.Percent,
		plural(int(p.Records), "record"), plural(int(p.Conversations), "conversation"), plural(int(p.Messages), "message"))
	if p.Waiting != nil {
		line += fmt.Sprintf("; %s does not answer, next try at %s", p.Waiting.Source, p.Waiting.Until.Local().Format(time.TimeOnly))
	}
	return line
}

// draw fits the bar into one line, which it replaces.
func (s *screen) draw(percent int, line string) {
	const cells = 24
	full := percent * cells / 100
	text := "[" + strings.Repeat("#", full) + strings.Repeat(".", cells-full) + "] " + line
	if width, _, err := term.GetSize(int(s.w.Fd())); err == nil && width > 0 && len(text) >= width {
		text = text[:width-1]
	}
	fmt.Fprint(s.w, "\r\x1b[K"+text)
	s.drawn = true
}

func plural(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", n, noun)
}
