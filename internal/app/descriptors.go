package app

import (
	"context"
	"log/slog"
	"syscall"
)

// The descriptors of the process are shared: so many are kept for the database, the
// archives and the vendors, and each connection may need a second one for the archive that
// it downloads.
const (
	keptDescriptors  = 100
	perConnection    = 2
	leastConnections = 16
	usualConnections = 1000
)

// connections is how many the listener takes: limits.connections, or as many as is
// usual, if the descriptors allow it.
func (p *Program) connections(ctx context.Context) int {
	wanted := p.Config.Limits.Connections
	most := max((descriptors()-keptDescriptors)/perConnection, leastConnections)
	if wanted > most {
		p.env.Log.WarnContext(ctx, "limits.connections is more than the descriptors of the process allow; raise them (ulimit -n, LimitNOFILE=)",
			slog.Int("connections", most))
	}
	if wanted == 0 {
		wanted = usualConnections
	}
	return min(wanted, most)
}

// descriptors is how many the process may have open.
func descriptors() int {
	var limit syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_NOFILE, &limit); err != nil {
		return 0
	}
	return int(min(limit.Cur, 1<<20))
}
