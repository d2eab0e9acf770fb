package app

import "runtime/debug"

// version is set when a release is built (tools/release).
var version string

// Software is the program's name and version as archives and vendors see it.
func Software() string {
	if version != "" {
		return "dsr-server/" + version
	}
	if info, ok := debug.ReadBuildInfo(); ok && info.Main.Version != "" && info.Main.Version != "(devel)" {
		return "dsr-server/" + info.Main.Version
	}
	return "dsr-server/devel"
}
