# Everything a newcomer needs stands under `make help`.
SHELL := /bin/bash
.DEFAULT_GOAL := help

GOLANGCI_LINT := github.com/golangci/golangci-lint/v2/cmd/golangci-lint@v2.15.0
BIN := bin/tenantgate

.PHONY: help
help: ## Show this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-10s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

.PHONY: run
run: build ## Run the gateway, a private Postgres, the demo service and demo data on http://localhost:8080 (API_PORT)
	@exec $(BIN) dev

.PHONY: build
build: toolchain console ## Build bin/tenantgate, with the console where Node is
	@[ -x $(BIN) ] || echo "Building $(BIN); the first time takes some minutes."
	@go build -trimpath -o $(BIN) $$([ ! -e $(CONSOLE) ] || echo -tags console) ./cmd/tenantgate

# The console goes into the binary. It is built again where one of its sources is
# newer, and left out, which the binary says at /, where there is no Node.
CONSOLE := frontend/out/index.html
CONSOLE_SOURCES := openapi.yaml $(shell find frontend -type f \
	-not -path '*/node_modules/*' -not -path '*/out/*' -not -path '*/.next/*' -not -name '*.go' -not -name '*.tsbuildinfo' -not -name next-env.d.ts)

.PHONY: console
# Next.js wants Node 20.9; Debian 12 has 18.
ifneq ($(shell command -v npm >/dev/null && node -e '[a,b]=process.versions.node.split("."); if (a>20 || a==20 && b>=9) console.log("new enough")'),)
console: $(CONSOLE) ## Build the web console into frontend/out
else
console:
	@echo "npm of Node 20.9 or newer is missing: the console is not built, and not tested."
endif

$(CONSOLE): frontend/node_modules/.package-lock.json $(CONSOLE_SOURCES)
	@echo "Building the console."
	@cd frontend && npm run --silent build >.next.log 2>&1 || { cat .next.log; exit 1; }
	@touch $@

frontend/node_modules/.package-lock.json: frontend/package-lock.json
	@cd frontend && npm ci --no-audit --no-fund --loglevel=error
	@touch $@

.PHONY: test
test: toolchain console ## Run all tests, with the race detector, on real servers that they start themselves
	@if [ -e $(CONSOLE) ]; then cd frontend && npm test --silent && e2e/chromium.sh; fi
	@go test -race -timeout 20m ./...

.PHONY: short
short: toolchain ## Run the tests of the core alone: no Caddy to build
	@go test ./internal/... ./migrations/...

.PHONY: lint
lint: toolchain ## Check formatting, vet, and the rules of .golangci.yaml
	@unformatted=$$(gofmt -l cmd caddymodule internal migrations); [ -z "$$unformatted" ] || { echo "$$unformatted"; echo "gofmt: format the files above"; exit 1; }
	@go vet ./...
	@go run $(GOLANGCI_LINT) run ./...

.PHONY: bench
bench: build ## Measure beside plain Caddy, HAProxy and nginx, into docs/performance.md (SHORT=1: a few minutes; ONLY, ROUNDS, SECONDS_EACH)
	@go run ./internal/bench $(if $(SHORT),-short) $(if $(ONLY),-only '$(ONLY)') $(if $(ROUNDS),-rounds $(ROUNDS)) $(if $(SECONDS_EACH),-seconds $(SECONDS_EACH))

.PHONY: bench-soak
bench-soak: build ## Load the gateway for long and watch its memory (DURATION=30m; RATE: requests a second, or 70 % of what it can)
	@go run ./internal/bench -soak $(or $(DURATION),30m) $(if $(RATE),-rate $(RATE))

.PHONY: soak
soak: toolchain ## Drive three replicas, and three gateways, with traffic, writes and faults for long (SOAK=10m, each)
	@SOAK=$(or $(SOAK),10m) go test -count 1 -timeout 0 -v -p 1 -run 'TestReplicasKeepTheirPromises|TestNoRequestIsServedAfterARemoval' ./internal/history ./internal/endtoend

.PHONY: gobench
gobench: toolchain ## Run the Go benchmarks of the hot path, for benchstat to compare (COUNT=6)
	@go test -run '^$$' -bench . -benchmem -count $(or $(COUNT),6) ./internal/sanitize ./internal/token ./internal/access ./internal/cache ./internal/forward ./internal/upstream ./caddymodule

.PHONY: xcaddy
xcaddy: toolchain ## Build a binary from xcaddy.json, as for adding plugins
	@go run ./internal/xcaddy xcaddy.json

.PHONY: clean
clean: ## Remove what was built; the demo data in .tenantgate stays
	@rm -rf bin frontend/out frontend/.next

.PHONY: toolchain
toolchain:
	@command -v go >/dev/null || { echo "Go is missing. Debian: see https://go.dev/doc/install; macOS: brew install go"; exit 1; }
