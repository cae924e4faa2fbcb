# Parley. `make run` shows the product, `make test` proves it; both set up what they need on a fresh machine. `make` lists the rest.

MAKEFLAGS += --no-print-directory
.DEFAULT_GOAL := help

step := tools/step.sh
# Where `make run` listens and keeps its data, and further flags for it: make run ADDR=127.0.0.1:9000 FLAGS=-chaos
ADDR  ?= 127.0.0.1:8080
DATA  ?= data
FLAGS ?=
# What Lambda runs on. The emulator of `make stack` runs binaries of this machine instead.
LAMBDA_OS   ?= linux
LAMBDA_ARCH ?= arm64

functions  := $(patsubst functions/%/bootstrap,%,$(wildcard functions/*/bootstrap))
node       := tools widget desktop infra/e2e
installed  := $(node:%=%/node_modules/.package-lock.json)
staticcheck := go tool -modfile=tools/staticcheck.mod staticcheck

.PHONY: help setup run test e2e lint fmt gen build bench stack deploy publish clean

help: ## List the targets
	@awk -F ':.*## ' '/^[a-z].*## / { printf "  %-10s %s\n", $$1, $$2 }' Makefile

# ------------------------------------------------------------------------------------------------------------------ set-up

setup: ## Fetch all that running and testing need (make run and make test do it themselves)
	@tools/need.sh go node git make python cc
	@$(MAKE) -j2 $(installed) modules engine .tools/venv/done
	@tools/chromium.sh

.PHONY: modules engine
modules: .tools/modules ; @:
.tools/modules: go.mod go.sum tools/staticcheck.mod tools/staticcheck.sum
	@mkdir -p .tools
	@$(step) "Fetching Go modules" sh -c 'go mod download -x && go mod download -x -modfile=tools/staticcheck.mod'
	@touch $@

# npm writes this file last, so it says that an installation is whole and from which lock file it came.
%/node_modules/.package-lock.json: %/package-lock.json
	@$(step) "Fetching npm packages of $*" sh -c 'cd $* && npm ci --no-progress'
	@touch $@
# The desktop's tests and types read the client's source in place, and that needs nothing installed.

engine: tools/node_modules/.package-lock.json
	@tools/engine.sh

.tools/venv/done: tools/requirements.txt
	@rm -rf .tools/venv
	@$(step) "Making the Python environment" sh -c '"$$(tools/python.sh)" -m venv .tools/venv'
	@$(step) "Fetching cfn-lint" .tools/venv/bin/pip install --no-input --disable-pip-version-check --require-hashes -r tools/requirements.txt
	@touch $@

# --------------------------------------------------------------------------------------------------------------------- run

run: ## Run Parley here: demo shop, agents' desktops, health page
	@tools/need.sh go node git make
	@$(MAKE) -j2 build/parley engine web
	@build/parley -addr $(ADDR) -data $(DATA) $(FLAGS)

# Go knows best what has changed: with nothing to do this takes a moment.
.PHONY: build/parley
build/parley: modules
	@mkdir -p build
	@$(step) "Compiling the local runner" go build -v -o $@ ./infra/local

.PHONY: web
web: build/widget build/desktop ; @:
sources = $(shell find $(1) \( -name node_modules -o -name dist -o -name test -o -name dev \) -prune -o -type f -print 2>/dev/null)
build/widget: widget/node_modules/.package-lock.json $(call sources,widget)
	@mkdir -p build
	@$(step) "Building the widget" npm run --silent build --prefix widget
	@touch $@
build/desktop: desktop/node_modules/.package-lock.json $(call sources,desktop widget/client)
	@mkdir -p build
	@$(step) "Building the desktop" npm run --silent build --prefix desktop
	@touch $@

# -------------------------------------------------------------------------------------------------------------------- test

reports := build/reports
testsum := go run ./tools/testsum

# One after the other: each of these keeps all cores busy by itself, and tests that share them with a compiler run out of time.
test: setup ## What CI runs, with make stack: lint, generated files, unit, store, loop and browser tests
	@rm -rf $(reports) && mkdir -p $(reports) && date +%s >$(reports)/started
	@$(MAKE) -j2 build/parley web
	@$(MAKE) -k lint-web test-web lint-go test-go; checks=$$?; \
	 $(MAKE) test-browser; browser=$$?; \
	 [ $$checks$$browser = 00 ] || echo "A check or a test run failed: see above." >&2; \
	 $(testsum) -started $$(cat $(reports)/started) $(reports)/go.json $(reports)/widget.json $(reports)/desktop.json $(reports)/browser.json \
	 && [ $$checks$$browser = 00 ]

e2e: setup ## The whole product over real sockets and in a real browser; screenshots in build/screenshots
	@rm -rf $(reports) && mkdir -p $(reports) && date +%s >$(reports)/started
	@go test -race -count=1 -json ./infra/e2e/... | $(testsum) -watch $(reports)/sockets.json
	@$(MAKE) test-browser || true
	@$(testsum) -started $$(cat $(reports)/started) $(reports)/sockets.json $(reports)/browser.json

# The counter says whether tests passed, from the report; an exit status would get lost in the pipe.
.PHONY: test-go test-web test-widget test-desktop test-browser
# In the simulations one thing happens after the other, and what they run infra/dynamo runs under the race detector: it only doubled their time.
simulations := schedules fairness
test-go: build/parley web
	@{ go test -race -count=1 -json $$(go list ./... | grep -v $(simulations:%=-e '/infra/%$$')); \
	   go test -count=1 -json $(simulations:%=./infra/%); } | $(testsum) -watch $(reports)/go.json

test-web: test-widget test-desktop
test-widget test-desktop: test-%:
	@$(step) "Testing the $*" sh -c 'cd $* && node_modules/.bin/vitest run --reporter=default --reporter=json --outputFile.json=../$(reports)/$*.json'

test-browser: build/parley web
	@cd infra/e2e && CHROMIUM="$$(cat ../../.tools/chromium)" PLAYWRIGHT_JSON_OUTPUT_NAME="$(CURDIR)/$(reports)/browser.json" \
		node_modules/.bin/playwright test --reporter=list,json

lint: ## Check format, vet, staticcheck, types and style of the front ends, template.yaml and the routing loop
	@tools/need.sh go node git make python
	@$(MAKE) -j2 $(installed) modules .tools/venv/done
	@$(MAKE) -j2 -k lint-go lint-web lint-template

gofiles = git ls-files --cached --others --exclude-standard '*.go'
.PHONY: lint-go lint-web lint-template
lint-go:
	@unformatted=$$($(gofiles) | xargs gofmt -l); \
	 [ -z "$$unformatted" ] || { echo "gofmt would change (make fmt):"; echo "$$unformatted"; exit 1; }
	@$(step) "go vet" go vet ./...
	@$(step) "staticcheck" $(staticcheck) ./...
lint-web: widget/node_modules/.package-lock.json desktop/node_modules/.package-lock.json infra/e2e/node_modules/.package-lock.json
	@$(step) "Checking the widget" npm run --silent check --prefix widget
	@$(step) "Checking the desktop" npm run --silent check --prefix desktop
	@$(step) "Checking the browser tests" npm run --silent check --prefix infra/e2e
# The same as tests, which make test runs with the others.
lint-template:
	@$(step) "Checking template.yaml and the routing loop" go test -count=1 ./infra

fmt: $(installed) ## Format everything
	@$(gofiles) | xargs gofmt -w
	@for folder in widget desktop infra/e2e; do npm run --silent fmt --prefix $$folder || exit 1; done

gen: setup ## Generate the clients' types and the protocol page from functions/wire, and the diagrams of docs/routing.md
	@go generate ./functions/...
	@go test -count=1 ./infra/dynamo -run '^TestDiagrams$$' -args -draw

# ------------------------------------------------------------------------------------------------------------------- build

build: ## Build everything: front ends, local runner, and each Lambda as it is deployed; prints sizes
	@tools/need.sh go node git make
	@$(MAKE) -j2 web build/parley
	@for name in $(functions); do $(MAKE) lambda NAME=$$name OUT=build/lambda/$$name || exit 1; done
	@tools/sizes.sh $(functions)

# `sam build` calls this for each function of template.yaml: AuthorizerFunction is functions/authorizer.
build-%Function:
	@$(MAKE) lambda NAME=$$(echo $* | tr '[:upper:]' '[:lower:]') OUT="$(ARTIFACTS_DIR)"

# Small (no symbols, no RPC mode of old runtimes, no HTTP/2, which no service that a function calls needs) and the same bytes for the same source, wherever and whenever it is built.
.PHONY: lambda
lambda:
	@$(step) "Compiling $(NAME)" env CGO_ENABLED=0 GOOS=$(LAMBDA_OS) GOARCH=$(LAMBDA_ARCH) GOFLAGS= \
		go build -v -tags lambda.norpc,nethttpomithttp2 -trimpath -buildvcs=false -ldflags "-s -w -buildid=" -o "$(OUT)/bootstrap" ./functions/$(NAME)/bootstrap
	@$(if $(REVISION),echo $(REVISION) >"$(OUT)/revision",rm -f "$(OUT)/revision")

bench: ## Measure latency, throughput and memory of the local runner
	@tools/need.sh go node git make
	@$(MAKE) -j2 build/parley engine web
	@go run ./infra/e2e/bench $(FLAGS)

.PHONY: privileges
privileges: ## Show which rights the functions needed in the end-to-end tests, and write docs/privileges.md
	@tools/need.sh go node git make
	@$(MAKE) -j2 modules engine web
	@go test -race -count=1 ./infra/e2e -args -rights && cat build/privileges.txt

.PHONY: cost
cost: ## Play 100 chats here, count what AWS would bill, and price 1,000 of them
	@tools/need.sh go node git make
	@$(MAKE) -j2 build/parley engine web
	@go run ./infra/cost $(FLAGS)

# How many schedules make soak plays, from which seed, and how long it may take.
SCHEDULES ?= 20000
FROM      ?= 0
WITHIN    ?= 3h

.PHONY: soak fairness mutants
soak: ## Play 20,000 random schedules against the promises of functions/chat, and a whole day (SCHEDULES=n FROM=seed WITHIN=3h)
	@tools/need.sh go node git make
	@$(MAKE) -j2 modules engine
	@mkdir -p build
	@$(step) "Compiling the schedules" go test -c -o build/schedules ./infra/schedules
	@cd infra/schedules && ../../build/schedules -test.run '^TestSchedules$$' -test.v -test.timeout 0 \
		-schedules $(SCHEDULES) -from $(FROM) -within $(WITHIN) -progress $(FLAGS)
	@$(MAKE) fairness FLAGS=

fairness: ## Play a day of 10,000 chats, measure who waits beside whom, and write docs/fairness.md (FLAGS="-seed 2")
	@tools/need.sh go node git make
	@$(MAKE) -j2 modules engine
	@go test -count=1 -timeout 0 -v ./infra/fairness -run '^TestDay$$' -args -chats 10000 -docs -progress $(FLAGS)

mutants: ## Break the code in one place after the other, and show that the schedules notice each
	@tools/need.sh go node git make
	@$(MAKE) -j2 modules engine
	@go run ./infra/schedules/mutants $(FLAGS)

clean: ## Remove what was built and the data of the local runner; what was fetched stays
	@rm -rf build data widget/dist desktop/dist .aws-sam

stack: ## Deploy template.yaml onto an emulator of AWS here and play on it (KEEP=1 stays, ENDPOINT=URL names another one)
	@tools/need.sh go node git make python
	@$(MAKE) -sj2 modules web infra/e2e/node_modules/.package-lock.json
	@tools/chromium.sh
	@$(step) "Compiling the stack's launcher" go build -v -o build/stack ./infra/stack
	@build/stack $(if $(KEEP),-keep) $(if $(ENDPOINT),-endpoint $(ENDPOINT)) $(FLAGS)

# ----------------------------------------------------------------------------------------------------------------- on AWS

# The stack that is meant; AWS_PROFILE, AWS_REGION and the like say where it is, as everywhere with AWS.
STACK ?= $(shell sed -n 's/^stack_name *= *"\(.*\)"/\1/p' samconfig.toml)

.PHONY: smoke destroy
deploy: ## Build and deploy to AWS, then publish the web pages (STACK=name; FLAGS go to sam deploy)
	@tools/need.sh go node git make
	@$(MAKE) modules
	@tools/deploy.sh $(STACK) $(FLAGS)
	@$(MAKE) publish

publish: ## Put widget and desktop behind CloudFront (STACK=name)
	@$(MAKE) web
	@tools/publish.sh $(STACK)

destroy: ## Delete the stack after asking for its name; conversations stay (STACK=name)
	@tools/destroy.sh $(STACK)

smoke: ## Play one chat against any deployment: make smoke URL=https://chat.example.com WEBSITE=id (docs/operations.md)
	@tools/need.sh go
	@$(MAKE) modules
	@go run ./infra/e2e/smoke -url "$(URL)" -website "$(WEBSITE)" $(FLAGS)
