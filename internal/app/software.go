package app

import "runtime/debug"

// Software is the program's name and version as archives and vendors see it.
func Software() string {
	version := "devel"
	if info, ok := debug.ReadBuildInfo(); ok && info.Main.Version != "" && info.Main.Version != "(devel)" {
		version = info.Main.Version
	}
	return "dsr-server/" + version
}
