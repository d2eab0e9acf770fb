package archive_test

import (
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"testing"

	"dsr-server/internal/archive"
	"dsr-server/internal/sign"
)

// benchFull is set by `make bench-archive`, which measures the sizes that the limits
// are about; every other run of the benchmarks only sees that they still run.
var benchFull = os.Getenv("DSR_BENCH_FULL") != ""

// packEnv makes this program package once and end, so that the memory of that alone
// can be read off the process.
const packEnv = "DSR_TEST_PACK"

func TestMain(m *testing.M) {
	if size := os.Getenv(packEnv); size != "" {
		if err := packOnce(size); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		os.Exit(0)
	}
	os.Exit(m.Run())
}

func packOnce(size string) error {
	var m many
	if _, err := fmt.Sscanf(size, "%dx%d", &m.conversations, &m.messagesEach); err != nil {
		return err
	}
	dir, err := os.MkdirTemp("", "pack-")
	if err != nil {
		return err
	}
	defer func() { _ = os.RemoveAll(dir) }()
	s, err := sign.LoadOrCreate(filepath.Join(dir, "signing.key"))
	if err != nil {
		return err
	}
	_, err = archive.Write(context.Background(), io.Discard,
		archive.Input{Request: request("bot"), Coverage: complete("bot"), Software: "dsr-server", Contents: m, Signer: s, Speech: speech})
	if err != nil {
		return err
	}
	status, err := os.ReadFile("/proc/self/status")
	fmt.Print(string(status))
	return err
}

var highWater = regexp.MustCompile(`(?m)^VmHWM:\s+(\d+) kB$`)

// peak is the most memory that a process held while it packaged so much, in bytes. The
// process tells it itself: what the system tells of a child begins with its parent's.
func peak(b *testing.B, m many) float64 {
	b.Helper()
	cmd := exec.CommandContext(b.Context(), os.Args[0])
	cmd.Env = append(os.Environ(), fmt.Sprintf("%s=%dx%d", packEnv, m.conversations, m.messagesEach))
	out, err := cmd.CombinedOutput()
	found := highWater.FindSubmatch(out)
	if err != nil || found == nil {
		b.Fatalf("%v\n%s", err, out)
	}
	kib, err := strconv.ParseFloat(string(found[1]), 64)
	if err != nil {
		b.Fatal(err)
	}
	return kib * 1024
}

// BenchmarkMemory holds packaging to its limits: memory grows with the entries, not
// with the messages.
func BenchmarkMemory(b *testing.B) {
	if _, err := os.Stat("/proc/self/status"); err != nil {
		b.Skip("this system does not tell a process's peak memory")
	}
	few, much, wide := many{10, 10}, many{10, 100}, many{100, 10}
	if benchFull {
		few, much, wide = many{1000, 10}, many{1000, 1000}, many{100_000, 10}
	}
	for b.Loop() {
		small, large, entries := peak(b, few), peak(b, much), peak(b, wide)
		each := (entries - small) / float64(wide.conversations-few.conversations)
		b.ReportMetric(small/(1<<20), "few-messages-MiB")
		b.ReportMetric(large/(1<<20), "many-messages-MiB")
		b.ReportMetric(large/small, "many/few")
		b.ReportMetric(entries/(1<<20), "many-conversations-MiB")
		b.ReportMetric(each, "B/entry")
		if benchFull && (large > 64<<20 || large > 1.5*small || each > 1280) {
			b.Errorf("limits: 64 MiB, 1.5 times that of few messages, 1280 B for each entry: half of that is held, and the collector's usual rule lets as much garbage lie beside it")
		}
	}
}
