package jobs

import (
	"bufio"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"
)

// TestRaceForClaims: two processes' worth of workers, each job exactly once.
func TestRaceForClaims(t *testing.T) {
	t.Parallel()
	const jobs, workers = 200, 4
	path := database(t)
	all := make(chan struct{})
	var ran atomic.Int64
	work := func(db *sql.DB) map[string]Work {
		return map[string]Work{"k": {Workers: workers, Handle: func(ctx context.Context, l *Lease) error {
			err := inTx(db, func(tx *sql.Tx) error {
				// The primary key refuses a second run.
				if _, err := tx.ExecContext(ctx, `INSERT INTO effects (key, step) VALUES (?, 1)`, l.Key); err != nil {
					return err
				}
				return Held(ctx, tx, l)
			})
			if err == nil && ran.Add(1) == jobs {
				close(all)
			}
			return err
		}}}
	}
	queues := make([]*Queue, 2)
	for i := range queues {
		db := open(t, path)
		queues[i] = New(db, Options{Work: work(db), Poll: time.Millisecond})
	}
	db := open(t, path)
	stops := []func(){start(t, queues[0]), start(t, queues[1])}
	var adding sync.WaitGroup
	for n := range 4 {
		adding.Go(func() {
			for i := range jobs / 4 {
				enqueue(t, db, job(fmt.Sprint(n, "-", i)))
				queues[i%2].Wake()
			}
		})
	}
	adding.Wait()
	<-all
	for _, stop := range stops {
		stop()
	}
	wantEmpty(t, db)
	if n := effects(t, db); n != jobs || ran.Load() != jobs {
		t.Errorf("%d effects of %d runs, want %d", n, ran.Load(), jobs)
	}
}

// TestKillInMidJob kills a real process again and again; its successors go on where
// it was, and neither lose nor double a step.
func TestKillInMidJob(t *testing.T) {
	t.Parallel()
	path := database(t)
	db := open(t, path)
	enqueue(t, db, Job{Kind: "steps", Key: "a", MaxAttempts: 1})
	acknowledged := 0
	for range 4 {
		c := spawn(t, path, "serve")
		c.allow(3)
		for range 2 {
			acknowledged = c.number(t, "step")
		}
		c.kill(t) // somewhere in the third
		if n := effects(t, db); n < acknowledged || n > acknowledged+1 {
			t.Fatalf("%d steps are stored, %d were acknowledged", n, acknowledged)
		}
		if e := only(t, db, Running); e.Attempts != 0 {
			t.Errorf("a crash used up an attempt")
		}
	}
	c := spawn(t, path, "serve")
	c.allow(childSteps)
	for n := acknowledged; n < childSteps; {
		if next := c.number(t, "step"); next <= n {
			t.Fatalf("step %d was taken again after %d", next, n)
		} else {
			n = next
		}
	}
	c.stop(t)
	wantEmpty(t, db)
	if n := effects(t, db); n != childSteps {
		t.Errorf("%d steps are stored, want %d", n, childSteps)
	}
}

// TestAProcessThatSleptHasLostItsJob stops a real process until its lease is over.
func TestAProcessThatSleptHasLostItsJob(t *testing.T) {
	t.Parallel()
	path := database(t)
	db := open(t, path)
	enqueue(t, db, Job{Kind: "sleeper", Key: "a"})
	c := spawn(t, path, "sleep")
	c.number(t, "step")
	c.signal(t, syscall.SIGSTOP)

	taken := make(chan bool, 1)
	start(t, New(db, Options{Poll: 5 * time.Millisecond, Work: map[string]Work{"sleeper": {
		Handle: func(_ context.Context, l *Lease) error {
			taken <- l.TakenOver
			return nil
		},
	}}}))
	if !<-taken {
		t.Error("the successor does not know of the sleeper")
	}
	c.signal(t, syscall.SIGCONT)
	c.allow(1)
	c.number(t, "lost")
	c.stop(t)
	if n := effects(t, db); n != 1 {
		t.Errorf("%d steps are stored, want only the one before the sleep", n)
	}
	wantEmpty(t, db)
}

const (
	childDatabase = "DSR_JOBS_TEST_DATABASE"
	childMode     = "DSR_JOBS_TEST_MODE"
	childSteps    = 20
)

// child is the process under test: a serve with one worker. It ends when its standard
// input does.
func child(path string) int {
	db, err := connect(path)
	if err != nil {
		fmt.Println("error", err)
		return 1
	}
	defer db.Close()
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM)
	defer stop()
	leaseFor := time.Minute // none of the kills waits for it
	if os.Getenv(childMode) == "sleep" {
		leaseFor = 200 * time.Millisecond
	}
	q := New(db, Options{LeaseFor: leaseFor, Work: map[string]Work{
		"steps":   {Handle: func(ctx context.Context, l *Lease) error { return childTakesSteps(ctx, db, l) }},
		"sleeper": {Handle: func(ctx context.Context, l *Lease) error { return childSleeps(ctx, db, l) }},
	}})
	if err := errors.Join(q.FreePredecessor(ctx), q.Run(ctx)); err != nil {
		fmt.Println("error", err)
		return 1
	}
	return 0
}

func childTakesSteps(ctx context.Context, db *sql.DB, l *Lease) error {
	allowed := bufio.NewReader(os.Stdin)
	for {
		if _, err := allowed.ReadString('\n'); err != nil {
			return err
		}
		var step int
		err := inTx(db, func(tx *sql.Tx) error {
			err := tx.QueryRowContext(ctx, `SELECT coalesce(max(step), 0) + 1 FROM effects`).Scan(&step)
			if err != nil || step > childSteps {
				return err
			}
			if _, err := tx.ExecContext(ctx, `INSERT INTO effects (key, step) VALUES (?, ?)`, l.Key, step); err != nil {
				return err
			}
			return Step(ctx, tx, l)
		})
		if err != nil || step > childSteps {
			return err
		}
		fmt.Println("step", step)
	}
}

func childSleeps(ctx context.Context, db *sql.DB, l *Lease) error {
	step := func(n int) error {
		return inTx(db, func(tx *sql.Tx) error {
			if _, err := tx.Exec(`INSERT INTO effects (key, step) VALUES (?, ?)`, l.Key, n); err != nil {
				return err
			}
			return Step(context.WithoutCancel(ctx), tx, l)
		})
	}
	if err := step(1); err != nil {
		return err
	}
	fmt.Println("step", 1)
	if _, err := bufio.NewReader(os.Stdin).ReadString('\n'); err != nil {
		return err
	}
	err := step(2)
	if errors.Is(err, ErrLost) {
		fmt.Println("lost", 1)
	} else {
		fmt.Println("error", err)
	}
	return err
}

// process is a child seen from the test.
type process struct {
	cmd *exec.Cmd
	in  io.WriteCloser
	out *bufio.Reader
}

func spawn(t *testing.T, path, mode string) *process {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(filepath.Clean(self))
	cmd.Env = append(os.Environ(), childDatabase+"="+path, childMode+"="+mode)
	cmd.Stderr = os.Stderr
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = cmd.Process.Kill() // it may have ended
		_ = cmd.Wait()
	})
	return &process{cmd, in, bufio.NewReader(out)}
}

// allow lets the child take n more steps.
func (p *process) allow(n int) {
	for range n {
		fmt.Fprintln(p.in, "step")
	}
}

// number waits for a line "word n" and returns n.
func (p *process) number(t *testing.T, word string) (n int) {
	t.Helper()
	line, err := p.out.ReadString('\n')
	if err != nil {
		t.Fatal(err)
	}
	if _, err := fmt.Sscanf(line, word+" %d\n", &n); err != nil {
		t.Fatalf("the child says %q, want %q", line, word)
	}
	return n
}

func (p *process) signal(t *testing.T, s os.Signal) {
	t.Helper()
	if err := p.cmd.Process.Signal(s); err != nil {
		t.Fatal(err)
	}
}

func (p *process) kill(t *testing.T) {
	t.Helper()
	p.signal(t, syscall.SIGKILL)
	if err := p.cmd.Wait(); err == nil {
		t.Fatal("the child had ended before it was killed")
	}
}

// stop asks the process to end, and wants it to end well.
func (p *process) stop(t *testing.T) {
	t.Helper()
	p.signal(t, syscall.SIGTERM)
	if _, err := io.Copy(io.Discard, p.out); err != nil {
		t.Fatal(err)
	}
	if err := p.cmd.Wait(); err != nil {
		t.Errorf("the child: %v", err)
	}
}
