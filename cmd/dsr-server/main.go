// Command dsr-server answers GDPR access requests from chatbot exports. See README.md.
package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"os/signal"
	"strings"
	"syscall"

	"github.com/alecthomas/kong"

	"dsr-server/internal/app"
	"dsr-server/internal/record"
)

// commands is the command line; each command's Run is beside it.
type commands struct {
	Demo    demoCommand    `cmd:"" help:"Run everything in one process with sample data and a built-in vendor."`
	Serve   serveCommand   `cmd:"" help:"Run the service."`
	Extract extractCommand `cmd:"" help:"Fulfil one request without a server. Exit status: 0 complete, 3 incomplete or with a warning, 1 error."`
	Check   checkCommand   `cmd:"" help:"Test the configuration, the database and every source."`
	Sources sourcesCommand `cmd:"" help:"The declarations of vendors that come with the program."`
	Verify  verifyCommand  `cmd:"" help:"Check an archive, offline. Exit status: 0 good, 1 altered, 2 unreadable."`
	Diff    diffCommand    `cmd:"" help:"Compare two archives of one person. Exit status: 0 the same records, 1 different, 2 unreadable or altered."`
	Key     keyCommand     `cmd:"" help:"The signing key and the master key."`
	Token   tokenCommand   `cmd:"" help:"API tokens."`
	User    userCommand    `cmd:"" help:"People who sign in."`
	Jobs    jobsCommand    `cmd:"" help:"The queue: what waits, runs or was given up."`
	Audit   auditCommand   `cmd:"" help:"The audit log."`
	Mail    mailCommand    `cmd:"" help:"Mail to staff."`
	Backup  backupCommand  `cmd:"" help:"Copy everything the data folder holds, while the service runs or not."`
	Restore restoreCommand `cmd:"" help:"Put a backup into an empty data folder."`
	Migrate migrateCommand `cmd:"" help:"Bring the database's schema up to date."`

	Version kong.VersionFlag `help:"Print the version."`
}

// exitError ends the program with a status of its own; its message has been printed.
type exitError int

func (e exitError) Error() string { return fmt.Sprintf("exit status %d", int(e)) }

func main() {
	// Files the service makes are nobody else's business.
	syscall.Umask(0o077)
	app.WithholdLibraries(app.NewLog(os.Stderr, slog.LevelInfo))
	ctx, stop := signal.NotifyContext(context.Background(), endings()...)
	defer stop()
	context.AfterFunc(ctx, stop) // a second signal ends the program at once
	os.Exit(run(ctx, os.Args[1:]))
}

// endings are the signals that end a command in order. A terminal that goes is one, unless
// the command was started not to mind (nohup).
func endings() []os.Signal {
	signals := []os.Signal{os.Interrupt, syscall.SIGTERM}
	if !signal.Ignored(syscall.SIGHUP) {
		signals = append(signals, syscall.SIGHUP)
	}
	return signals
}

func run(ctx context.Context, args []string) int {
	var c commands
	parser := kong.Must(&c, kong.Name("dsr-server"), kong.Description("GDPR access requests over chatbot exports."),
		kong.UsageOnError(), kong.Exit(func(status int) { os.Exit(min(status, 1)) }), kong.Vars{"version": app.Software()}, kong.BindTo(ctx, (*context.Context)(nil)))
	call, err := parser.Parse(args)
	parser.FatalIfErrorf(err)
	err = call.Run()
	if status, ok := errors.AsType[exitError](err); ok {
		return int(status)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "dsr-server:", strings.ReplaceAll(record.Visible(err.Error()), "\r", "\u240d")) // it may name files of others
		return 1
	}
	return 0
}
