# Two commands do all set-up on a fresh machine; they need Python 3.11 to 3.14 and nothing else.
PYTHON ?= python3

.PHONY: run test check test-odoo bench lock format help

run: ## Try it on sample leads; PORT=, INBOX_PORT=, ONCE=1, FRESH=1
	@$(PYTHON) -m leadshare.local run $(if $(PORT),--port $(PORT)) $(if $(INBOX_PORT),--inbox-port $(INBOX_PORT)) $(if $(ONCE),--once) $(if $(FRESH),--fresh)

test: ## Prove it: formatting, lint, types, import contracts, all tests
	@$(PYTHON) -m leadshare.local test

check: ## The quick part of it: formatting, lint, types, import contracts
	@$(PYTHON) -m leadshare.local check

test-odoo: ## Try delivery to a real Odoo; needs Debian and its PostgreSQL
	@$(PYTHON) -m leadshare.local test-odoo

bench: ## Measure it, each figure beside its reference
	@$(PYTHON) -m leadshare.local bench

lock: ## Pin what requirements.txt needs, with hashes
	@$(PYTHON) -m leadshare.local lock

format: ## Format and mend what can be mended
	@$(PYTHON) -m leadshare.local format

help: ## Say what there is
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "make %-10s %s\n", $$1, $$2 }' $(firstword $(MAKEFILE_LIST))
