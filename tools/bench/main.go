// Command bench measures how fast dumps are searched, beside the tools that people
// would take instead: `make bench-scan`.
//
// Every contestant answers the same question over the same files, on one core, in
// rounds, and is charged the CPU seconds (user and system) of its own process. What
// counts is the ratio to our own search of the same round; the median of the rounds is
// printed. An answer that differs from ours in one record ends the run.
//
// The question is metadata.email = jane.doe@example.com without regard to case, or one
// _id. "search" is the reading and matching of a dump: blocks of the files through
// match.Scan. "extract" is the whole command besides: the SHA-256 of every file, the
// database, the archive. corpus.go says what the files hold.
package main

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// options of a run.
type options struct {
	dir    string // corpus and tools
	size   int64  // bytes of NDJSON
	rounds int
	only   string // names of contestants that contain it

	baseline string // file of the figures to compare with
	write    bool   // make what was measured the baseline
}

func main() {
	if len(os.Args) > 1 && inner[os.Args[1]] != nil {
		exit(inner[os.Args[1]](os.Args[2:]))
	}
	var o options
	flag.StringVar(&o.dir, "dir", filepath.Join(os.TempDir(), "bench-scan"), "folder for corpus and tools; kept for the next run")
	megabytes := flag.Int64("mb", 1024, "size of the corpus in MiB of NDJSON")
	flag.IntVar(&o.rounds, "rounds", 5, "rounds")
	flag.StringVar(&o.only, "only", "", "measure only what contains this in its name, beside our own search")
	flag.StringVar(&o.baseline, "baseline", "tools/bench/baseline.json", "figures to compare with")
	flag.BoolVar(&o.write, "write", false, "make what was measured the baseline, instead of comparing with it")
	flag.Parse()
	o.size = *megabytes << 20
	exit(run(o))
}

func exit(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, "bench-scan:", err)
		os.Exit(1)
	}
	os.Exit(0)
}

// run prepares the corpus, measures, prints the tables and compares with the baseline.
func run(o options) error {
	f, err := readFigures(o.baseline)
	if err != nil {
		return err
	}
	t, err := findTools(o.dir)
	if err != nil {
		return err
	}
	c, err := prepare(o)
	if err != nil {
		return err
	}
	fmt.Printf("%d MiB of NDJSON, %d records, %d rounds, one core\n", o.size>>20, c.records, o.rounds)
	fmt.Println(strings.Join(t.versions, ", "))
	for _, group := range [][]contest{alternatives(c, t), ownRatios(c, t)} {
		contests, err := present(slices.DeleteFunc(group, o.leavesOut(group)))
		if err != nil {
			return err
		}
		if err := measure(o.rounds, contests, f); err != nil {
			return err
		}
	}
	if o.only == "" {
		if err := extractFigures(o, c, t, f); err != nil {
			return err
		}
	}
	if o.write {
		return f.write(o.baseline)
	}
	return f.verdict()
}

// leavesOut holds for contestants that are not asked for, and that nobody who is asked for
// is compared with.
func (o options) leavesOut(group []contest) func(contest) bool {
	all := slices.Clone(group)
	return func(x contest) bool {
		wanted := func(c contest) bool {
			return strings.Contains(c.name, o.only) && (c.name == x.name || c.than == x.name)
		}
		return x.name != ours && !slices.ContainsFunc(all, wanted)
	}
}
