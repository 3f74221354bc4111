package app

import "runtime"

// revision is the commit, set by the linker (see Makefile): Go's own stamping fails in a checkout of another user.
var revision = "未知版本"

// Version names the program, its commit and the Go that built it.
func Version() string { return "techmarket " + revision + " " + runtime.Version() }
