module sluice.test/seeds

go 1.26.0

require (
	golang.org/x/sync v0.21.0
	golang.org/x/sys v0.46.0
)
