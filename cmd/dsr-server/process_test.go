package main

import (
	"bufio"
	"encoding/json"
	"errors"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"dsr-server/internal/app"
	"dsr-server/internal/sign"
)

// asProgram makes this test binary be the program itself, main and all.
const asProgram = "DSR_TEST_AS_PROGRAM"

func TestMain(m *testing.M) {
	if os.Getenv(asProgram) != "" {
		main()
	}
	os.Exit(m.Run())
}

// process is the real program in a process of its own.
type process struct {
	h     *harness
	cmd   *exec.Cmd
	ended chan struct{} // closed when it is gone; then err says how
	err   error
	log   io.Closer // the reading end of what it logs to
}

// spawn runs `dsr-server serve` in the harness's folder and returns when it answers.
func (h *harness) spawn() *process {
	h.t.Helper()
	return h.answering(h.launch())
}

// answering waits until the process answers.
func (h *harness) answering(p *process) *process {
	h.t.Helper()
	h.await("the program answers", func() bool {
		select {
		case <-p.ended:
			h.t.Fatalf("the program ended: %v\n%s", p.err, h.story())
		default:
		}
		return h.url != "" && h.answers()
	})
	signer, err := sign.LoadOrCreate(filepath.Join(h.dir, "data", "signing.key"))
	if err != nil {
		h.t.Fatal(err)
	}
	h.p = &app.Program{Signer: signer} // for download
	return p
}

// launch starts the process, with a folder of its own for whatever it does not put
// into its data folder.
func (h *harness) launch() *process {
	h.t.Helper()
	return h.launchUnder("")
}

// launchUnder is launch with limits of the shell, as "ulimit -n 300".
func (h *harness) launchUnder(limits string) *process {
	h.t.Helper()
	self, err := os.Executable()
	if err != nil {
		h.t.Fatal(err)
	}
	if err := os.MkdirAll(h.scratch(), 0o700); err != nil {
		h.t.Fatal(err)
	}
	args := []string{self, "serve", "--config", filepath.Join(h.dir, "dsr.yaml")}
	if limits != "" {
		args = append([]string{"sh", "-c", limits + ` && exec "$0" "$@"`}, args...)
	}
	p := &process{h: h, cmd: exec.Command(args[0], args[1:]...), ended: make(chan struct{})}
	p.cmd.Env = []string{asProgram + "=1", "TMPDIR=" + h.scratch()}
	logged, err := p.cmd.StderrPipe()
	if err != nil {
		h.t.Fatal(err)
	}
	p.log = logged
	h.url = ""
	urls := make(chan string, 1)
	if err := p.cmd.Start(); err != nil {
		h.t.Fatal(err)
	}
	go func() {
		defer close(p.ended)
		h.follow(logged, urls)
		p.err = p.cmd.Wait()
	}()
	h.t.Cleanup(func() {
		_ = p.cmd.Process.Kill() // it may have ended
		<-p.ended
	})
	select {
	case h.url = <-urls:
	case <-p.ended:
	case <-time.After(time.Minute):
		h.t.Fatalf("the program does not say where it listens\n%s", h.story())
	}
	return p
}

func (h *harness) scratch() string { return filepath.Join(h.dir, "scratch") }

// follow keeps what the process logs and picks out where it listens.
func (h *harness) follow(logged io.Reader, urls chan<- string) {
	lines := bufio.NewReader(logged)
	for {
		line, err := lines.ReadBytes('\n')
		_, _ = h.log.Write(line)
		var entry struct{ Msg, URL string }
		if json.Unmarshal(line, &entry) == nil && entry.Msg == "listening" {
			urls <- entry.URL
		}
		if err != nil {
			return
		}
	}
}

// answers reports whether somebody listens; a connection that is refused is no fault here.
func (h *harness) answers() bool {
	resp, err := h.client().Get(h.url + "/healthz")
	if err != nil {
		return false
	}
	_ = resp.Body.Close()
	return resp.StatusCode == 200
}

// kill ends the process as a power cut would.
func (p *process) kill() {
	p.h.t.Helper()
	if err := p.cmd.Process.Kill(); err != nil && !errors.Is(err, os.ErrProcessDone) {
		p.h.t.Fatal(err)
	}
	<-p.ended
}

// stopTime is how long a stop may take.
const stopTime = 20 * time.Second

// terminate asks the process to stop; meanwhile is called as soon as it has begun to.
func (p *process) terminate(meanwhile func()) {
	t := p.h.t
	t.Helper()
	if err := p.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	guard := time.AfterFunc(stopTime, func() { _ = p.cmd.Process.Kill() })
	defer guard.Stop()
	p.h.await("the program takes no more calls", func() bool { return !p.h.answers() })
	meanwhile()
	<-p.ended
	if p.err != nil {
		t.Fatalf("the program did not stop by itself within %v: %v\n%s", stopTime, p.err, p.h.story())
	}
}

// wantNothingStray holds when the program left no file outside its data folder, and in
// it one archive.
func (h *harness) wantNothingStray() {
	h.t.Helper()
	stray, err := os.ReadDir(h.scratch())
	if err != nil || len(stray) > 0 {
		h.t.Errorf("the program left %v in its temporary folder (%v)", stray, err)
	}
	archives, err := os.ReadDir(filepath.Join(h.dir, "data", "archives"))
	if err != nil || len(archives) != 1 {
		h.t.Errorf("the archives are %v (%v), want one", archives, err)
	}
}
