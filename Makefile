# Each verb is one command that also works by hand; `make help` lists them.

PYTHON = python3
HOST = .venv/host/bin/python -m bench
DEV = .venv/dev/bin/python

# Another Python's settings would be inherited by ours. The options below travel as flags: exported
# as well, make would first expand a `$` in them, and a `$(shell ...)` would run.
unexport PYTHONHOME PYTHONPATH PYTHONSAFEPATH VIRTUAL_ENV
unexport FRAMEWORK SUITE DEVICE PRECISION PRESET THREADS OUT DATA_DIR RESULTS PUBLISHED BASELINE

define newline


endef
quote = '$(subst ','\'',$(subst $(newline), ,$1))'
# $(call flag,--out,OUT): the flag and the value as typed, in quotes; nothing when it is empty.
flag = $(if $(value $2),$1 $(call quote,$(value $2)))
# Each path of a list, patterns expanded; one that matches nothing is passed on as it is.
paths = $(foreach item,$(value $1),$(foreach path,$(or $(wildcard $(item)),$(item)),$(call quote,$(path))))

.PHONY: help bench report list env test check setup clean dev

help: ## show this list
	@sed -n 's/^\([a-z]*\):.*## /  make \1\t/p' Makefile | expand -t 16
	@echo 'Options of bench: FRAMEWORK SUITE DEVICE PRECISION PRESET THREADS OUT DATA_DIR;'
	@echo '  of report: RESULTS OUT PUBLISHED BASELINE'

bench: setup ## build what is missing, measure, report [FRAMEWORK=torch,jax==0.4.38 SUITE=mlp PRESET=smoke ...]
	@$(HOST) run $(call flag,--framework,FRAMEWORK) $(call flag,--suite,SUITE) \
		$(call flag,--device,DEVICE) $(call flag,--precision,PRECISION) \
		$(call flag,--preset,PRESET) $(call flag,--threads,THREADS) $(call flag,--out,OUT) \
		$(call flag,--data-dir,DATA_DIR)

report: setup ## write the report of earlier runs again [RESULTS="results/* other-machine/" OUT=folder PUBLISHED=no BASELINE=machine]
	@$(HOST) report $(call paths,RESULTS) $(call flag,--out,OUT) $(call flag,--baseline,BASELINE) \
		$(if $(filter no,$(PUBLISHED)),--no-published)

list: setup ## show frameworks, suites and presets
	@$(HOST) list

env: setup ## show the environments with their versions and sizes
	@$(HOST) env

test: dev ## run all tests, in the environments of all frameworks
	@$(PYTHON) -m bench.boot all
	@$(DEV) -m pytest tests

check: dev ## check format, lint, types and sizes
	@$(DEV) -m ruff format --check .
	@$(DEV) -m ruff check .
	@$(DEV) -m mypy
	@$(DEV) scripts/sizes.py

setup: ## make the environment of the command line, as the other verbs do when it is missing
	@$(PYTHON) -m bench.boot

clean: ## delete environments and caches; results stay
	rm -rf .venv .cache .hypothesis

dev:
	@$(PYTHON) -m bench.boot dev
