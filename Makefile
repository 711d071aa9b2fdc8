# BunkerM. `make` lists what can be made; every target but `run` leaves nothing running.

GO     ?= go
ARGS   ?=
DATA   ?= ./data
# Two packages at a time: every package that tests against a real broker starts several processes of its own.
PARALLEL ?= 2
FUZZTIME ?= 20s
# Go writes the commit into the binary, and stops where git refuses to tell it: in a clone of somebody else's.
VCS := $(shell git rev-parse HEAD >/dev/null 2>&1 || echo -buildvcs=false)
BUILD := $(GO) build -trimpath $(VCS)
LINT := $(GO) tool -modfile=tools/go.mod golangci-lint
PLATFORMS := linux/amd64 linux/arm64 linux/arm/7 darwin/arm64

# make test MOSQUITTO=bin/mosquitto-2.1/mosquitto runs the suite against another broker; its plugin is looked for
# beside it.
ifdef MOSQUITTO
PLUGIN ?= $(dir $(MOSQUITTO))mosquitto_dynamic_security.so
export BUNKERM_TEST_MOSQUITTO := $(abspath $(MOSQUITTO))
export BUNKERM_TEST_DYNSEC_PLUGIN := $(abspath $(PLUGIN))
endif

.PHONY: help run build test lint bench gen fuzz cross clean
.DEFAULT_GOAL := help

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "make %-6s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

run: ## install what is missing, build, and run with everything kept in ./data (make run ARGS="--listen :2001")
	@scripts/setup run
	@CGO_ENABLED=0 $(BUILD) -o bin/bunkerm ./cmd/bunkerm
	@exec bin/bunkerm serve --data-dir $(DATA) $(ARGS)

build: ## bin/bunkerm, one static binary
	CGO_ENABLED=0 $(BUILD) -o bin/bunkerm ./cmd/bunkerm

test: ## everything, against a real mosquitto, with the race detector
	@scripts/setup test
	$(GO) vet ./...
	CGO_ENABLED=1 $(GO) test -race -p $(PARALLEL) -timeout 15m ./...

lint: ## golangci-lint at the version pinned in tools/go.mod
	$(LINT) run ./...

bench: ## the benchmarks, against a real mosquitto
	@scripts/setup run
	$(GO) test -run '^$$' -bench . -benchmem -p 1 -timeout 30m ./...

gen: ## write anew what is generated: docs/api/openapi.json and the README's table of settings
	$(GO) test -count=1 -run '^TestGenerated' . -update

fuzz: ## every fuzz test for FUZZTIME (20s) each
	@for dir in $$($(GO) list -f '{{.Dir}}' ./...); do \
		for name in $$(cat $$dir/*_test.go 2>/dev/null | sed -n 's/^func \(Fuzz[A-Za-z0-9_]*\).*/\1/p'); do \
			(cd $$dir && $(GO) test -run '^$$' -fuzz "^$$name\$$" -fuzztime $(FUZZTIME) .) || exit 1; \
		done; \
	done

cross: ## the binary for every platform we promise, without cgo, in bin/
	@for p in $(PLATFORMS); do \
		set -- $$(echo $$p | tr / ' '); out=bin/bunkerm-$$1-$$2$${3:+v$$3}; \
		echo "$$out"; \
		CGO_ENABLED=0 GOOS=$$1 GOARCH=$$2 GOARM=$$3 $(BUILD) -o $$out ./cmd/bunkerm || exit 1; \
	done

clean: ## remove bin/; data/ is yours and stays
	rm -rf bin
