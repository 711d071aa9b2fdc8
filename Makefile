# BunkerM. `make` lists what can be made; every target but `run` leaves nothing running.

GO     ?= go
ARGS   ?=
DATA   ?= ./data
# Two packages at a time: every package that tests against a real broker starts several processes of its own.
PARALLEL ?= 2
FUZZTIME ?= 20s
# How long make soak takes, and what else it is told: SOAK_ARGS=-help lists that.
SOAK ?= 15m
SOAK_ARGS ?=
# Ten series each. With these, a million in all, bench-anomaly takes up to 9 GB of memory.
BENCH_TOPICS ?= 100000
# Go writes the commit into the binary, and stops where git refuses to tell it: in a clone of somebody else's.
VCS := $(shell git rev-parse HEAD >/dev/null 2>&1 || echo -buildvcs=false)
BUILD := $(GO) build -trimpath $(VCS)
LINT := $(GO) tool -modfile=tools/go.mod golangci-lint
PLATFORMS := linux/amd64 linux/arm64 linux/arm/7 darwin/arm64
# What is packaged: without the tables for debuggers, a third smaller.
VERSION ?= $(shell packaging/version)
RELEASE = CGO_ENABLED=0 $(BUILD) -ldflags '-s -w -X main.version=$(VERSION)'
RELEASE_TOOL := $(GO) tool -modfile=tools/release/go.mod

# make test MOSQUITTO=bin/mosquitto-2.1/mosquitto runs the suite against another broker; its plugin is looked for
# beside it.
ifdef MOSQUITTO
PLUGIN ?= $(dir $(MOSQUITTO))mosquitto_dynamic_security.so
export BUNKERM_TEST_MOSQUITTO := $(abspath $(MOSQUITTO))
export BUNKERM_TEST_DYNSEC_PLUGIN := $(abspath $(PLUGIN))
endif

.PHONY: help run build page test lint bench bench-anomaly gen fuzz cross soak package screenshots clean
.DEFAULT_GOAL := help

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "make %-6s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

run: ## install what is missing, build, and run with everything kept in ./data (make run ARGS="--listen :2001")
	@scripts/setup run
	@$(MAKE) --no-print-directory page
	@CGO_ENABLED=0 $(BUILD) -o bin/bunkerm ./cmd/bunkerm
	@exec bin/bunkerm serve --data-dir $(DATA) $(ARGS)

build: page ## bin/bunkerm, one static binary
	CGO_ENABLED=0 $(BUILD) -o bin/bunkerm ./cmd/bunkerm

page: ui/dist/index.html ## the page, which becomes part of the binary

# npm's own list of what it has installed is newer than the lock file once everything is in place.
ui/node_modules/.package-lock.json: ui/package-lock.json
	@echo "bunkerm: installing what the page is built with (npm ci)"
	@cd ui && npm ci --silent
	@touch $@

PAGE_SOURCES := $(shell find ui/src ui/public ui/scripts -type f ! -name schema.gen.ts) ui/index.html ui/vite.config.ts ui/tsconfig.json
ui/dist/index.html: ui/node_modules/.package-lock.json $(PAGE_SOURCES) docs/api/openapi.json
	@echo "bunkerm: building the page"
	@rm -rf ui/dist/assets ui/dist/index.html
	@cd ui && npm run --silent build
	@touch $@

test: ## everything, against a real mosquitto and in a real browser, with the race detector
	@scripts/setup test
	@$(MAKE) --no-print-directory build
	cd ui && npm run --silent unit && npm run --silent e2e
	$(GO) vet ./...
	CGO_ENABLED=1 $(GO) test -race -p $(PARALLEL) -timeout 25m ./...

lint: ui/node_modules/.package-lock.json ## golangci-lint at the version pinned in tools/go.mod, and Biome
	$(LINT) run --allow-serial-runners ./...
	cd ui && npm run --silent check

screenshots: build ## every page in both themes, as pictures in bin/screenshots
	@scripts/setup test
	cd ui && npm run --silent screenshots

bench: ## what was promised and what is reached, measured anew, in docs/performance.md: a quarter of an hour (BENCH=quick: five minutes, on the terminal alone)
	@scripts/setup test
	@$(MAKE) --no-print-directory build
	@BUNKERM_BENCH_BINARY=$(abspath bin/bunkerm) $(GO) run $(VCS) ./bench $(if $(BENCH),-$(BENCH),-write docs/performance.md) $(ARGS)

bench-anomaly: ## the detectors on the Numenta Anomaly Benchmark, in the folder BUNKERM_NAB, where nothing is the matter, and on a fleet
	$(GO) test -run '^$$' -bench . ./anomaly/nab
	$(GO) test -run '^$$' -bench '^BenchmarkFalseAlarms$$' -benchtime 1x ./anomaly/nulls
	$(GO) test -run '^$$' -bench '^Benchmark(Add|Throughput)$$' ./anomaly/detect
	BUNKERM_BENCH_TOPICS=$(BENCH_TOPICS) $(GO) test -run '^$$' -bench '^BenchmarkSeries$$' -benchtime 1x ./anomaly
	$(GO) test -run '^$$' -bench '^BenchmarkReplay$$' -benchtime 1x ./anomaly/replay

soak: build ## bad days in a row for 15 minutes, and what they broke (make soak SOAK=2h; RACE=1 with the race detector)
	@scripts/setup test
	@$(GO) build -o bin/soak ./soak
ifdef RACE
	@CGO_ENABLED=1 $(BUILD) -race -o bin/bunkerm-race ./cmd/bunkerm
endif
	@exec bin/soak -bunkerm bin/bunkerm$(if $(RACE),-race) -for $(SOAK) $(SOAK_ARGS)

gen: ## write anew what is generated: docs/api/openapi.json and the README's table of settings
	$(GO) test -count=1 -run '^TestGenerated' . -update

fuzz: ## every fuzz test for FUZZTIME (20s) each (make fuzz FUZZ=Read: those with Read in their name)
	@scripts/fuzz $(FUZZTIME) $(FUZZ)

cross: page ## the binary for every platform we promise, without cgo, in bin/
	@for p in $(PLATFORMS); do \
		set -- $$(echo $$p | tr / ' '); out=bin/bunkerm-$$1-$$2$${3:+v$$3}; \
		echo "$$out"; \
		CGO_ENABLED=0 GOOS=$$1 GOARCH=$$2 GOARM=$$3 $(BUILD) -o $$out ./cmd/bunkerm || exit 1; \
	done

package: page ## the Debian packages for amd64, arm64 and armhf, in bin/
	@rm -rf bin/package
	@for p in linux/amd64:amd64 linux/arm64:arm64 linux/arm/7:arm7; do \
		arch=$${p#*:}; set -- $$(echo $${p%:*} | tr / ' '); \
		GOOS=$$1 GOARCH=$$2 GOARM=$$3 $(RELEASE) -o bin/package/bunkerm-$$arch ./cmd/bunkerm && \
		ARCH=$$arch VERSION=$(VERSION) SOURCE_DATE_EPOCH=$$(git log -1 --format=%ct 2>/dev/null || echo 0) \
			$(RELEASE_TOOL) nfpm package --config packaging/nfpm.yaml --packager deb --target bin/ || exit 1; \
	done

sbom: ## what the binary and the page are made of, as CycloneDX, in bin/sbom/
	@rm -rf bin/sbom && mkdir -p bin/sbom/page
	$(RELEASE_TOOL) cyclonedx-gomod app -json -licenses -main cmd/bunkerm -output bin/sbom/bunkerm.cdx.json .
	@cp ui/package.json ui/package-lock.json bin/sbom/page/
	cd bin/sbom/page && npm pkg set version=$(VERSION) && \
		npm sbom --sbom-format cyclonedx --sbom-type application --omit dev --package-lock-only > ../page.cdx.json
	@rm -rf bin/sbom/page

release-check: ## the packages, the release's configuration, the manifests and the unit, each asked by its own tool
	@scripts/setup package
	packaging/check

clean: ## remove what was built; data/ is yours and stays
	rm -rf bin ui/node_modules ui/dist/assets ui/dist/*.*
