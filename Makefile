# Each verb is one command that also works by hand; `make help` lists them.

PYTHON = python3
HOST = ./metalbench
DEV = .venv/dev/bin/python

# Another Python's settings would be inherited by ours. The options below travel as flags: exported
# as well, make would first expand a `$` in them, and a `$(shell ...)` would run.
unexport PYTHONHOME PYTHONPATH PYTHONSAFEPATH PYTHONUSERBASE PYTHONINSPECT VIRTUAL_ENV
unexport FRAMEWORK SUITE CASE DEVICE PRECISION PRESET THREADS OUT DATA_DIR RESULTS PUBLISHED BASELINE TRUST SIGNERS SEED
unexport TIME TARGET BUDGET ROUNDS STARTS MEMORY INDEX ISOLATE LABEL RESUME MACHINE PASTE VERBOSE
unexport A B FAIL_ON THRESHOLD ACROSS FORMAT GOOD BAD SLOWER WRONG DISK EVERY MINUTES REST
unexport HOSTS STORE SQL WHERE TITLE

OPTIONS = FRAMEWORK SUITE CASE DEVICE PRECISION PRESET THREADS OUT DATA_DIR RESULTS PUBLISHED BASELINE TRUST SIGNERS SEED \
	TIME TARGET BUDGET ROUNDS STARTS MEMORY INDEX ISOLATE LABEL RESUME MACHINE PASTE VERBOSE \
	A B FAIL_ON THRESHOLD ACROSS FORMAT GOOD BAD SLOWER WRONG DISK EVERY MINUTES REST \
	HOSTS STORE SQL WHERE TITLE
# A misspelt option would otherwise be taken in silence, and everything run in its place.
typed_names = $(foreach name,$(.VARIABLES),$(if $(findstring command,$(origin $(name))),$(name)))
strange = $(filter-out $(OPTIONS) PYTHON HOST DEV -%,$(typed_names))
$(if $(strip $(strange)),$(error unknown option $(strip $(strange)). Expected one of $(OPTIONS)))

define newline


endef
quote = '$(subst ','\'',$(subst $(newline), ,$1))'
# $(call flag,--out,OUT): the flag and the value as typed, in quotes; nothing when it is empty.
flag = $(if $(value $2),$1 $(call quote,$(value $2)))
# $(call typed,A): the value as typed, in quotes; nothing when it is empty.
typed = $(if $(value $1),$(call quote,$(value $1)))
# What bisect and history measure and how, as bench does.
work = $(call flag,--suite,SUITE) $(call flag,--case,CASE) $(call flag,--device,DEVICE) \
	$(call flag,--precision,PRECISION) $(call flag,--preset,PRESET) \
	$(call flag,--threads,THREADS) $(call flag,--out,OUT) $(call flag,--data-dir,DATA_DIR) \
	$(call flag,--starts,STARTS) $(call flag,--memory,MEMORY) $(call flag,--index,INDEX) \
	$(call flag,--label,LABEL) $(if $(filter yes,$(value RESUME)),--resume)
verbose = $(if $(filter yes,$(value VERBOSE)),--verbose)
# Each path of a list, patterns expanded; one that matches nothing is passed on as it is.
paths = $(foreach item,$(value $1),$(foreach path,$(or $(wildcard $(item)),$(item)),$(call quote,$(path))))

.PHONY: help bench try pitfalls bisect history sustain fleet query site report trend open compare export doctor list env test check setup completion clean dev

help: ## show this list
	@sed -n 's/^\([a-z]*\):.*## /  make \1\t/p' Makefile | expand -t 20
	@echo 'Options of bench: FRAMEWORK SUITE CASE DEVICE PRECISION PRESET THREADS OUT DATA_DIR'
	@echo '  TIME TARGET BUDGET ROUNDS STARTS MEMORY INDEX ISOLATE SEED LABEL RESUME VERBOSE STORE;'
	@echo '  of sustain: MINUTES REST and those of bench that fit; of report: RESULTS OUT PUBLISHED BASELINE TRUST SIGNERS VERBOSE STORE WHERE; of open: RESULTS OUT;'
	@echo '  of trend: RESULTS MACHINE OUT;'
	@echo '  of compare: A B FAIL_ON THRESHOLD ACROSS FORMAT OUT; of export: RESULTS FORMAT OUT;'
	@echo '  of bisect, besides those of bench: GOOD BAD SLOWER WRONG DISK; of history: EVERY;'
	@echo '  of fleet: HOSTS STORE and those of bench that fit; of query: STORE SQL FORMAT OUT; of site: STORE OUT TRUST SIGNERS TITLE;'
	@echo '  of doctor: MACHINE PASTE PRESET SUITE'

bench: setup ## build what is missing, measure, report [FRAMEWORK=torch,jax==0.4.38 SUITE=mlp TIME=2m ...]
	@$(HOST) run $(call flag,--framework,FRAMEWORK) $(call flag,--suite,SUITE) \
		$(call flag,--case,CASE) $(call flag,--device,DEVICE) $(call flag,--precision,PRECISION) \
		$(call flag,--preset,PRESET) $(call flag,--threads,THREADS) $(call flag,--out,OUT) \
		$(call flag,--data-dir,DATA_DIR) $(call flag,--time,TIME) \
		$(call flag,--target,TARGET) $(call flag,--budget,BUDGET) \
		$(call flag,--rounds,ROUNDS) $(call flag,--starts,STARTS) $(call flag,--memory,MEMORY) \
		$(call flag,--index,INDEX) $(call flag,--isolate,ISOLATE) $(call flag,--seed,SEED) \
		$(call flag,--label,LABEL) $(call flag,--store,STORE) $(if $(filter yes,$(value RESUME)),--resume) $(verbose)

try: setup ## four frameworks on matrix products, an MLP and a CNN, in less than a minute
	@$(HOST) run --framework torch,jax,mlx,numpy --suite matmul,mlp,cnn --preset smoke --time 40s

pitfalls: setup ## say what is wrong on this machine of what public reports say goes wrong [FRAMEWORK=torch,mlx PRECISION=float16 ...]
	@$(HOST) run --suite pitfalls --preset smoke --time $(or $(call typed,TIME),2m) $(call flag,--framework,FRAMEWORK) \
		$(call flag,--device,DEVICE) $(call flag,--precision,PRECISION) \
		$(call flag,--threads,THREADS) $(call flag,--out,OUT) $(call flag,--memory,MEMORY) \
		$(call flag,--index,INDEX) $(call flag,--label,LABEL) $(verbose)

bisect: setup ## find the release that made it slower, or wrong [FRAMEWORK=torch GOOD=2.8.0 BAD=2.15.0 SUITE=mlp CASE=train/64 ...]
	@$(HOST) bisect $(call flag,--framework,FRAMEWORK) $(call flag,--good,GOOD) \
		$(call flag,--bad,BAD) $(work) $(call flag,--slower,SLOWER) \
		$(call flag,--disk,DISK) $(if $(filter yes,$(value WRONG)),--wrong)

history: setup ## measure the releases of a range in one run [FRAMEWORK=torch==2.6.0:2.9.0 SUITE=mlp EVERY=2 ...]
	@$(HOST) history $(call flag,--framework,FRAMEWORK) $(work) $(call flag,--every,EVERY) \
		$(call flag,--time,TIME) $(verbose)

sustain: setup ## let each contender work for minutes, alone: what remains as it gets hot [SUITE=cnn MINUTES=10 ...]
	@$(HOST) sustain $(call flag,--framework,FRAMEWORK) $(call flag,--suite,SUITE) \
		$(call flag,--minutes,MINUTES) $(call flag,--rest,REST) $(call flag,--case,CASE) \
		$(call flag,--device,DEVICE) $(call flag,--precision,PRECISION) \
		$(call flag,--preset,PRESET) $(call flag,--threads,THREADS) $(call flag,--out,OUT) \
		$(call flag,--data-dir,DATA_DIR) $(call flag,--memory,MEMORY) $(call flag,--index,INDEX) \
		$(call flag,--label,LABEL)

fleet: setup ## measure on many machines at once, over ssh [HOSTS=fleet.toml FRAMEWORK=torch,jax SUITE=mlp STORE=... RESUME=yes]
	@$(HOST) fleet $(call flag,--hosts,HOSTS) $(call flag,--framework,FRAMEWORK) \
		$(call flag,--suite,SUITE) $(call flag,--preset,PRESET) $(call flag,--time,TIME) \
		$(call flag,--precision,PRECISION) $(call flag,--device,DEVICE) $(call flag,--out,OUT) \
		$(call flag,--store,STORE) $(if $(filter yes,$(value RESUME)),--resume)

query: setup ## ask a store of many machines' runs, in SQL [STORE=s3://lab/runs SQL="select ..." FORMAT=csv OUT=file]
	@$(HOST) query $(call flag,--store,STORE) $(call flag,--format,FORMAT) $(call flag,--out,OUT) \
		-- $(call typed,SQL)

site: setup ## write a store's machines as pages [STORE=s3://lab/runs OUT=site TRUST=signed SIGNERS=file TITLE="Our machines"]
	@$(HOST) site $(call flag,--store,STORE) $(call flag,--out,OUT) $(call flag,--trust,TRUST) \
		$(call flag,--signers,SIGNERS) $(call flag,--title,TITLE)

report: setup ## write the report of earlier runs again [RESULTS="results/* other-machine/" or STORE=s3://lab/runs WHERE="chip = 'Apple M4'", OUT=folder PUBLISHED=no BASELINE=machine TRUST=signed SIGNERS=file]
	@$(HOST) report $(call paths,RESULTS) $(call flag,--out,OUT) $(call flag,--baseline,BASELINE) \
		$(call flag,--trust,TRUST) $(call flag,--signers,SIGNERS) \
		$(call flag,--store,STORE) $(call flag,--where,WHERE) \
		$(if $(filter no,$(value PUBLISHED)),--no-published) $(verbose)

trend: setup ## show how a machine's figures changed from run to run, and since when [RESULTS=results MACHINE=part-of-its-name OUT=folder]
	@$(HOST) trend $(call flag,--machine,MACHINE) $(call flag,--out,OUT) -- $(call typed,RESULTS)

open: setup ## open the newest report in a browser [RESULTS=results/one or OUT=folder]
	@$(HOST) open $(call paths,RESULTS) $(call typed,OUT)

compare: setup ## how many times as long run B takes as run A [A=results/one B=results/two FAIL_ON=slower:3% FORMAT=markdown ...]
	@$(HOST) compare $(call flag,--fail-on,FAIL_ON) $(call flag,--threshold,THRESHOLD) \
		$(call flag,--across,ACROSS) $(if $(value FORMAT),$(call quote,--$(value FORMAT)) -) \
		$(call flag,--out,OUT) -- $(call typed,A) $(call typed,B)

export: setup ## write a run for another tool: bmf, pyperf, openmetrics ... [RESULTS=results/one FORMAT=bmf OUT=file]
	@$(HOST) export $(call flag,--format,FORMAT) $(call flag,--out,OUT) -- $(call typed,RESULTS)

doctor: setup ## say what would spoil a run here, or on a machine described or pasted in a file [MACHINE=file.json PASTE=issue.txt PRESET=standard SUITE=mlp]
	@$(HOST) doctor $(call flag,--machine,MACHINE) $(call flag,--preset,PRESET) \
		$(call flag,--suite,SUITE) $(if $(value PASTE),--paste --) $(call typed,PASTE)

list: setup ## show frameworks, suites and presets
	@$(HOST) list

env: setup ## show the environments with their versions and sizes
	@$(HOST) env

test: dev ## run all tests, in the environments of all frameworks
	@$(PYTHON) -m bench.boot all
	@$(DEV) -m pytest tests -n auto --maxprocesses 4 --dist worksteal

check: dev ## check format, lint, types, sizes, and that every pin resolves on every platform
	@$(DEV) -m ruff format --check .
	@$(DEV) -m ruff check .
	@$(DEV) -m mypy
	@$(DEV) scripts/sizes.py
	@$(DEV) -m scripts.pins

setup: ## make the environment of the command line, as the other verbs do when it is missing
	@$(PYTHON) -m bench.boot

completion: setup ## print completion for bash and zsh: eval "$(make -s completion)"
	@$(HOST) completion

clean: ## delete environments and caches; results stay
	rm -rf .venv .cache .hypothesis

dev:
	@$(PYTHON) -m bench.boot dev
