package app

import (
	"log"
	"log/slog"
	"net/http"
	"runtime"
	"strings"
)

// libraryLog is what libraries log to. Their lines may quote what a vendor or a caller
// sent, so none is passed on: our log says that there was one, and which function wrote it.
type libraryLog struct{ to *slog.Logger }

// Write implements io.Writer.
func (l libraryLog) Write(line []byte) (int, error) {
	l.to.Warn("a library logged a line; its text is withheld because it may be personal data", slog.String("function", logging()))
	return len(line), nil
}

// logging names the function that is logging.
func logging() string {
	calls := make([]uintptr, 16)
	frames := runtime.CallersFrames(calls[:runtime.Callers(3, calls)]) // without Callers, this function and Write
	for {
		frame, more := frames.Next()
		if !strings.HasPrefix(frame.Function, "log.") && !strings.HasPrefix(frame.Function, "log/slog.") {
			return frame.Function
		}
		if !more {
			return "unknown"
		}
	}
}

// WithholdLibraries makes the global logger, to which net/http's client and other libraries
// write, say nothing but that they did.
func WithholdLibraries(to *slog.Logger) {
	log.SetFlags(0)
	log.SetPrefix("")
	log.SetOutput(libraryLog{to})
}

// WithholdServer does the same for what a server's connections make net/http log.
func WithholdServer(s *http.Server, to *slog.Logger) *http.Server {
	s.ErrorLog = log.New(libraryLog{to}, "", 0)
	return s
}
