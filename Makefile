# Datai (搭台). `make` lists the targets.

ASSETS := web/assets
NPM_STAMP := $(ASSETS)/node_modules/.package-lock.json
FUZZTIME ?= 400s
KILLS ?= 200
ADDR ?= 127.0.0.1:8080

.PHONY: help build assets generate run test lint fuzz kill eval bench clean

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "  make %-9s %s\n", $$1, $$2 }' Makefile

build: ## build bin/datai and bin/datai-bench
	@$(MAKE) --no-print-directory assets || { \
	  echo "make: styles and scripts could not be built (the reason is above; Node.js with npm is needed)."; \
	  echo "make: going on without them: pages work, but look plain. 'make assets' tries again."; }
	CGO_ENABLED=0 go build -trimpath -o bin/ ./cmd/...

assets: ## build styles and scripts into web/assets/dist (needs npm)
	@command -v npm >/dev/null || { echo "make: npm is missing; install Node.js and npm"; exit 1; }
	@$(MAKE) -s --no-print-directory $(NPM_STAMP)
	go run ./$(ASSETS)/build

$(NPM_STAMP): $(ASSETS)/package.json $(ASSETS)/package-lock.json
	cd $(ASSETS) && npm ci --ignore-scripts --no-audit --no-fund
	@touch $@

generate: ## write the Go code of the templ files
	go tool templ generate

run: build ## build and serve demonstration data, kept in ./data
	@echo "make: open http://$(ADDR)/ in a browser; Ctrl-C ends it"
	bin/datai serve --data ./data --addr $(ADDR) --demo

test: ## check and test everything; installs what that needs with apt-get
	@build/install.sh
	@build/postgres.sh build/test.sh

lint: ## only the checks that run no test
	@build/test.sh gofmt generated vet lint typescript

fuzz: ## fuzz every parser, an hour for all on two processors; FUZZTIME=400s each
	@FUZZTIME=$(FUZZTIME) build/test.sh fuzz

kill: ## kill the server KILLS=200 times on each database while it works
	@DATAI_TEST_KILLS=$(KILLS) build/postgres.sh go test ./cmd/datai -run '^TestKilledServer$$' -count 1 -v -timeout 2h

eval: build ## measure matching with its peers; DATA=folder of the evaluation data
	@[ -d "$(DATA)" ] || { echo "make: say where the evaluation data are: make eval DATA=path"; exit 1; }
	bin/datai-bench eval --data "$(DATA)" --peers --held-out

bench: ## run the Go benchmarks
	@build/postgres.sh go test -run '^$$' -bench . -benchmem ./...

clean: ## remove what was built, not ./data
	rm -rf bin $(ASSETS)/node_modules coverage.*
	find $(ASSETS)/dist -mindepth 1 ! -name README.md -delete 2>/dev/null || true
