# Two commands do all set-up on a fresh machine; they need Python 3.11 or newer and nothing else.
PYTHON ?= python3

.PHONY: run test test-odoo bench format

run: ## Take sample leads from the POST to the CRM and show it; PORT=, ONCE=1, FRESH=1
	@$(PYTHON) -m leadshare.local run $(if $(PORT),--port $(PORT)) $(if $(ONCE),--once) $(if $(FRESH),--fresh)

test: ## Prove it: formatting, lint, types, import contracts, all tests
	@$(PYTHON) -m leadshare.local test

test-odoo: ## Prove delivery to Odoo against a real one; needs Debian and its PostgreSQL
	@$(PYTHON) -m leadshare.local test-odoo

bench: ## Measure it, each figure beside its reference
	@$(PYTHON) -m leadshare.local bench

format: ## Format and mend what can be mended
	@$(PYTHON) -m leadshare.local format
