# `make` alone lists the targets. Go and a C compiler are all that `run`, `build` and
# `test` need; .ci/run says what the tests use besides.

BIN   := .bin
TAGS  := sqlite_omit_load_extension netgo osusergo
FUZZ_SECONDS ?= 60
SOAK ?= 1h

.DEFAULT_GOAL := help
.PHONY: release release-smoke bench-api bench-pages bench-scan help run build test test-neon test-vectors lint vuln sbom bench bench-lane bench-archive bench-smoke soak fuzz screenshots check

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-13s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

run: ## the service with sample data and a built-in vendor, in one process
	@echo "building; the first time this takes a minute or two"
	@go run ./cmd/dsr-server demo

build: ## the program as it is released, .bin/dsr-server
	CGO_ENABLED=1 go build -trimpath -tags '$(TAGS)' -ldflags '-s -w' -o $(BIN)/dsr-server ./cmd/dsr-server

# The race detector is about goroutines and makes a test cost five times as much. Tests that
# compare every record under every reading of the vendors' documentation, or that kill whole
# programs, run without it; so do those about memory, which it multiplies. Tests mostly wait
# for each other's clocks, so four run at a time on two cores.
PLAIN := ^TestEvery(Record|Entry)|^TestKilled(AtAnyMoment|UnderLoad)|^TestAProcessKilledOverADump|Starve|Inputs|ValuesThat|NoMutation|HostileZIP|DirectoryIsRead|ManyEntries

test: $(BIN)/testlog ## every test, most with the race detector, and a list of those that were skipped
	@GOGC=400 $(BIN)/testlog -parallel 4 -timeout 20m -run '$(PLAIN)' ./cmd/dsr-server ./internal/archive
	@$(BIN)/testlog -race -parallel 4 -timeout 45m -skip '$(PLAIN)' ./...

lint: $(BIN)/golangci-lint ## the linters of .golangci.yml
	@$(BIN)/golangci-lint run ./...

vuln: $(BIN)/govulncheck ## known holes in what the program calls; says so where their database is out of reach
	@tools/vuln $(BIN)/govulncheck ./cmd/dsr-server

sbom: build ## what the program is built of, .bin/dsr-server.cdx.json (CycloneDX)
	@go run ./tools/sbom $(BIN)/dsr-server > $(BIN)/dsr-server.cdx.json
	@echo "$(BIN)/dsr-server.cdx.json: $$(grep -c '"purl"' $(BIN)/dsr-server.cdx.json) modules"

RELEASE := $(BIN)/release

release: $(BIN)/nfpm ## what is shipped, in .bin/release: programs for amd64 and arm64, .deb, licences, SBOM, checksums (Debian: gcc-aarch64-linux-gnu libc6-dev-arm64-cross)
	@rm -rf $(RELEASE)
	@tools/release $(RELEASE) amd64 arm64

release-smoke: $(BIN)/nfpm ## the release of this machine's kind twice, compared, and the life of its package under a systemd (root; Debian: systemd-container)
	@rm -rf $(RELEASE)-smoke
	@tools/release $(RELEASE)-smoke $(shell go env GOARCH)
	@tools/release-twice $(RELEASE)-smoke $(shell go env GOARCH)
	@tools/deb-test $(RELEASE)-smoke/*.deb

test-vectors: ## the C code with the address sanitizer, the vectors of older processors, and the walker without any
	@go test -asan ./internal/match/index
	@go test -asan ./internal/match -run 'Skimmed|Walked|Reference'
	@go test -tags noavx512 ./internal/match/index
	@go test -tags noavx2 ./internal/match/index
	@go test -tags plain ./internal/match/index ./internal/match

test-neon: ## the vectors of arm64 in an emulator (Debian: gcc-aarch64-linux-gnu libc6-dev-arm64-cross qemu-user-static)
	@CC=aarch64-linux-gnu-gcc GOARCH=arm64 CGO_ENABLED=1 go test -exec 'qemu-aarch64-static -L /usr/aarch64-linux-gnu' ./internal/match/index

bench: ## the benchmarks
	@go test -run '^$$' -bench . -benchmem ./...

bench-lane: ## calls and time against what the vendor's limit allows; takes a quarter of an hour
	@DSR_BENCH_PAGES=300 go test ./cmd/dsr-server -run '^$$' -bench 'Lane(Shared|Skewed|Tutorial)?$$' -benchtime 1x -timeout 60m
	@DSR_BENCH_PAGES=100 go test ./cmd/dsr-server -run '^$$' -bench 'Lane$$/sliding/latency=300' -benchtime 1x -timeout 20m
	@DSR_BENCH_PAGES=100 go test ./cmd/dsr-server -run '^$$' -bench LaneUnlimited -benchtime 1x -timeout 30m

bench-archive: ## memory, speed and size of archives against their limits; takes ten minutes and 10 GB of disk
	@DSR_BENCH_FULL=1 go test ./internal/archive -run '^$$' -bench 'Memory|AgainstStandard|Huge' -benchtime 1x -timeout 60m

bench-api: ## submissions a second at 1, 10 and 50 connections, reads, the list of fifty, planning, a batch and a matrix of 1,000, a reading, events, 50 downloads of 100 MB at once, with 10,000 requests stored; takes minutes
	@DSR_BENCH_REQUESTS=10000 go test ./cmd/dsr-server -run '^$$' -bench 'API|Downloads' -benchtime 1x -timeout 30m

bench-pages: ## the time of lists, requests and forms with 10,000 requests, 50 people and 1,000,000 events stored; takes two minutes
	@DSR_BENCH_REQUESTS=10000 DSR_BENCH_EVENTS=1000000 go test ./internal/http/ui -run '^$$' -bench Pages -benchtime 100x -timeout 20m

bench-scan: ## the search of dumps beside DuckDB, Python, jq and encoding/json, compared with tools/bench/baseline.json; takes half an hour
	@go build -o $(BIN)/bench-scan ./tools/bench
	@$(BIN)/bench-scan $(BENCH_SCAN)

bench-smoke: ## every benchmark once, to see that it still runs
	@go test -run '^$$' -bench . -benchtime 1x ./...

soak: ## an hour of kills, moved clocks, a full disk and damaged pages, with the counts (SOAK=1h)
	@DSR_SOAK=$(SOAK) go test -race -run 'TestSoak|TestKilled(AtAnyMoment|UnderLoad)|TestNoWebhookIsLostByKills' -timeout 180m -v ./cmd/dsr-server
	@DSR_SOAK=$(SOAK) go test -race -run Damage -timeout 60m -v ./internal/store

fuzz: ## a minute of fuzzing, shared by all fuzz targets (FUZZ_SECONDS=60)
	@tools/fuzz $(FUZZ_SECONDS)

screenshots: ## every page as a picture, in screenshots/
	@DSR_SCREENSHOTS='$(CURDIR)/screenshots' go test -count=1 -run 'TestScreenshots|TestReadingIsAccessible|AtAProviderIsAccessible' ./internal/http/ui

check: lint vuln sbom release-smoke bench-smoke ## all that CI runs
	@$(MAKE) --no-print-directory fuzz
	@$(MAKE) --no-print-directory test-vectors
	@$(MAKE) --no-print-directory test

# A minute the first time; rebuilt when tools/pinned/go.mod names another version.
$(BIN)/golangci-lint: tools/pinned/go.mod tools/pinned/go.sum
	@echo "building golangci-lint (about a minute, once)"
	@go build -C tools/pinned -o ../../$@ github.com/golangci/golangci-lint/v2/cmd/golangci-lint

$(BIN)/govulncheck: tools/pinned/go.mod tools/pinned/go.sum
	@go build -C tools/pinned -o ../../$@ golang.org/x/vuln/cmd/govulncheck

$(BIN)/nfpm: tools/nfpm/go.mod tools/nfpm/go.sum
	@go build -C tools/nfpm -o ../../$@ github.com/goreleaser/nfpm/v2/cmd/nfpm

$(BIN)/testlog: tools/testlog/main.go
	@go build -o $@ ./tools/testlog
