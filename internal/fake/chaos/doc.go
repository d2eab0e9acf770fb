// Package chaos makes the vendors' stand-ins of package vendor fail in every way a network
// can, and lists every way to read what the vendors' documentation leaves open. It is for
// tests alone: the released program does not hold it.
//
//   - [Fault] is one thing that goes wrong; [FaultKinds] lists them. [Server], [Avaamo] and
//     [Rest] are the stand-ins with [Faults], through the hook that package vendor offers.
//   - [Variants], [AvaamoVariants] and [RestVariants] are one stand-in for each open point. What an open
//     point means is in package vendor, which has to decide it for every call; here is
//     the list that tests go through.
package chaos

import "dsr-server/internal/fake/vendor"

// Server is the export of conversations, and what goes wrong there.
type Server struct {
	*vendor.Server
	*Faults
}

// New is [vendor.New], without a fault as yet.
func New(data *vendor.Data, o vendor.Options) *Server {
	f := newFaults()
	o.Hook = f.hook
	return &Server{vendor.New(data, o), f}
}

// Avaamo is the platform, and what goes wrong there.
type Avaamo struct {
	*vendor.Avaamo
	*Faults
}

// NewAvaamo is [vendor.NewAvaamo], without a fault as yet.
func NewAvaamo(data *vendor.AvaamoData, o vendor.AvaamoOptions) *Avaamo {
	f := newFaults()
	o.Hook = f.hook
	return &Avaamo{vendor.NewAvaamo(data, o), f}
}

// Rest is any vendor that a layout describes, and what goes wrong there.
type Rest struct {
	*vendor.Rest
	*Faults
}

// NewRest is [vendor.NewRest], without a fault as yet.
func NewRest(l vendor.Layout, data *vendor.RestData, o vendor.RestOptions) *Rest {
	f := newFaults()
	o.Hook = f.hook
	return &Rest{vendor.NewRest(l, data, o), f}
}

func newFaults() *Faults { return &Faults{issued: map[string]string{}} }
