# weft: one static binary. Everything here also works when pasted into a shell.
GO       ?= go
VERSION  ?= $(shell git describe --tags --always --dirty 2>/dev/null || echo unknown)
LDFLAGS   = -s -w -X main.version=$(VERSION)
export CGO_ENABLED ?= 0

.DEFAULT_GOAL := help
.PHONY: help build test race fault soak fuzz lint generate check demo bench clean

help: ## print this list
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | awk -F'\t' '{printf "  make %-11s %s\n", $$1, $$2}'

build: ## build bin/weft, static
	$(GO) build -trimpath -ldflags '$(LDFLAGS)' -o bin/weft ./cmd/weft

# test/fault waits more than it works: begun first, it runs beside all others.
test: ## all tests, real servers included
	$(GO) test -timeout 30m -p 2 ./test/fault ./...

race: ## the race detector on everything that has goroutines (needs gcc)
	CGO_ENABLED=1 $(GO) test -race -timeout 30m -p 2 ./am/... ./container/... ./internal/... ./plugins/... ./yarnrpc/...

fault: ## the long campaigns: simulated lives (SEEDS=10000), random kills (KILLS=100), deaths of the ApplicationMaster (MASTERS=30)
	$(GO) test -count=1 -timeout 0 -run TestSimulation ./am -seeds $(or $(SEEDS),10000)
	$(GO) test -count=1 -timeout 0 -v -run 'TestKilledRuns|TestF05' ./test/fault -kills $(or $(KILLS),100) -masters $(or $(MASTERS),30)

soak: ## jobs one after the other while something dies every 20 to 90 s (MINUTES=60)
	$(GO) test -count=1 -timeout 0 -v -run TestSoak ./test/fault -soak $(or $(MINUTES),60)m

fuzz: ## every fuzz target for a few seconds (SECONDS_EACH=5)
	scripts/fuzz $(or $(SECONDS_EACH),5)

lint: ## the house rules, vet and staticcheck
	$(GO) test -count=1 ./internal/lint

generate: ## regenerate what is generated; CI checks that nothing changes
	$(GO) generate ./...

check: build lint test race ## everything before a release: build, house rules, tests, race detector

demo: ## MySQL to HDFS through YARN, on this machine (KEEP=1 leaves the servers up)
	scripts/demo

bench: ## the figures of the README, measured here
	scripts/bench

clean: ## remove what was built
	rm -rf bin
