package audit

import "golang.org/x/mod/sumdb/tlog"

// EventProof proves that an event is in the log: CheckRecord(Proof, Tree, Index, Leaf).
type EventProof struct {
	Index int64
	Leaf  []byte
	Tree  tlog.Tree
	Proof tlog.RecordProof
}

// GrowthProof proves that a log has only grown: CheckTree(Proof, Tree, Older).
type GrowthProof struct {
	Tree, Older tlog.Tree
	Proof       tlog.TreeProof
}
