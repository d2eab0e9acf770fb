package app

import (
	"os"
	"runtime/debug"

	"dsr-server/internal/config"
)

// leastGoal keeps the collector from working without end for a very small budget: the
// program itself takes some tens of MiB, and a sign-in 64.
const leastGoal = 128 << 20

// CollectWithin makes the collector keep the garbage of large answers from lying beside
// the next ones. The goal is less than limits.memory: the database takes the rest, and what
// the budget counts twice (export.Budget) is not there at all times. GOMEMLIMIT wins.
func CollectWithin(cfg *config.Config) {
	if os.Getenv("GOMEMLIMIT") == "" {
		debug.SetMemoryLimit(int64(max(cfg.Limits.Memory/2, leastGoal)))
	}
}

// CollectOften makes the collector keep less garbage than usual. It costs a twentieth of a
// search's time, and is for a command whose memory is small beside the program itself. GOGC wins.
func CollectOften() {
	if os.Getenv("GOGC") == "" {
		debug.SetGCPercent(50)
	}
}
