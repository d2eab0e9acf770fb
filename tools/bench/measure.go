package main

import (
	"bufio"
	"bytes"
	"cmp"
	"fmt"
	"os"
	"os/exec"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// ours is the contestant that others are compared with.
const ours = "search, NDJSON"

// contest is one contestant.
type contest struct {
	name    string
	command []string
	than    string // another contestant that its CPU seconds are divided by; empty: ours
	own     bool   // a search of our own: less is better; of the others, more
	quiet   bool   // it answers nothing that could be compared
	needs   string // the program that has to be installed; empty if it is
}

// judged is false for what only others are compared with.
func (c contest) judged() bool { return c.name != ours && c.name != ourPages && !c.quiet }

// used is what one run took.
type used struct {
	cpu, wall time.Duration
	peak      int64 // bytes of memory
}

// measure runs the contestants in rounds and prints the ratios.
func measure(rounds int, contests []contest, f *figures) error {
	took := map[string][]used{}
	for round := range rounds {
		for _, c := range contests {
			fmt.Fprintf(os.Stderr, "\r\x1b[Kround %d of %d: %s", round+1, rounds, c.name)
			u, out, err := runOnce(c.command, 1)
			if err != nil {
				return fmt.Errorf("%s: %w", c.name, err)
			}
			if err := sameAnswer(out); err != nil && !c.quiet {
				return fmt.Errorf("%s: %w", c.name, err)
			}
			took[c.name] = append(took[c.name], u)
		}
	}
	fmt.Fprint(os.Stderr, "\r\x1b[K")
	fmt.Printf("\n%-28s %8s %8s %8s   %-20s %s\n", "", "CPU s", "wall s", "peak MB", "CPU ratio [min-max]", "baseline")
	for _, c := range contests {
		report(c, took, f)
	}
	return nil
}

func report(c contest, took map[string][]used, f *figures) {
	than := cmp.Or(c.than, ours)
	var ratios []float64
	for i, u := range took[c.name] {
		ratios = append(ratios, u.cpu.Seconds()/took[than][i].cpu.Seconds())
	}
	slices.Sort(ratios)
	ratio, judgement := ratios[len(ratios)/2], ""
	if c.judged() {
		judgement = f.judge(c.name, ratio, !c.own)
	}
	if c.than != "" {
		judgement += ", of " + c.than
	}
	u := median(took[c.name])
	fmt.Printf("%-28s %8.2f %8.2f %8d   %-20s %s\n", c.name, u.cpu.Seconds(), u.wall.Seconds(), u.peak>>20,
		fmt.Sprintf("%.2f [%.2f-%.2f]", ratio, ratios[0], ratios[len(ratios)-1]), judgement)
}

func median(all []used) used {
	sorted := slices.SortedFunc(slices.Values(all), func(a, b used) int { return int(a.cpu - b.cpu) })
	return sorted[len(sorted)/2]
}

// runOnce runs a command on some cores and charges it what its process took.
func runOnce(command []string, cores int) (u used, out []byte, err error) {
	pinned := append([]string{"-c", "0-" + strconv.Itoa(cores-1)}, command...)
	cmd := exec.Command("taskset", pinned...) //nolint:gosec // G204: the contestants' own commands
	cmd.Env = append(os.Environ(), "GOMAXPROCS="+strconv.Itoa(cores))
	var stderr, stdout bytes.Buffer
	cmd.Stderr, cmd.Stdout = &stderr, &stdout
	if command[0] == "zstd" {
		cmd.Stdout = nil
	}
	begun := time.Now()
	if err := cmd.Run(); err != nil {
		return u, nil, fmt.Errorf("%w: %s", err, stderr.Bytes())
	}
	usage := cmd.ProcessState.SysUsage().(*syscall.Rusage)
	u = used{cmd.ProcessState.UserTime() + cmd.ProcessState.SystemTime(), time.Since(begun), usage.Maxrss << 10}
	return u, stdout.Bytes(), nil
}

// sameAnswer compares the ids found.
func sameAnswer(out []byte) error {
	var got []string
	for lines := bufio.NewScanner(bytes.NewReader(out)); lines.Scan(); {
		got = append(got, strings.TrimSpace(lines.Text()))
	}
	slices.Sort(got)
	want := slices.Sorted(slices.Values(wantedIDs))
	if !slices.Equal(got, want) {
		return fmt.Errorf("found %q, want %q", got, want)
	}
	return nil
}
