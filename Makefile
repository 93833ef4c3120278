# Each verb is one command that also works by hand; `make help` lists them.

PYTHON = python3
HOST = ./metalbench
DEV = .venv/dev/bin/python

# Another Python's settings would be inherited by ours.
unexport PYTHONHOME PYTHONPATH PYTHONSAFEPATH PYTHONUSERBASE PYTHONINSPECT VIRTUAL_ENV

verbs = bench try pitfalls bisect history sustain fleet query site report trend open compare export \
	doctor list env test check setup completion clean dev
# What VERB takes stands before it, as VERB_takes. Of these lists come its flags, what is refused at
# the end of this file, and the end of `make help`. This is what all that measure take:
work = FRAMEWORK SUITE CASE DEVICE PRECISION PRESET THREADS OUT DATA_DIR MEMORY INDEX LABEL
switches = RESUME VERBOSE WRONG

define newline


endef
quote = '$(subst ','\'',$(subst $(newline), ,$1))'
# $(call typed,A): the value as typed, in quotes; nothing when it is empty.
typed = $(if $(value $1),$(call quote,$(value $1)))
# Each path of a list, patterns expanded; one that matches nothing is passed on as it is.
paths = $(foreach item,$(value $1),$(foreach path,$(or $(wildcard $(item)),$(item)),$(call quote,$(path))))
# $(call flag,DATA_DIR): --data-dir with the value as typed; a switch alone, when it is yes.
flag = $(if $(filter $1,$(switches)),$(switch),$(if $(value $1),--$(lower) $(typed)))
switch = $(if $(filter yes,$(value $1)),--$(lower))
# $(flags): those of all that the verb takes; $(call flags,A B): without these two.
flags = $(foreach name,$(filter-out $1,$($@_takes)),$(call flag,$(name)))
# make has no function for small letters: lower becomes $(subst _,-,$(subst Z,z, ... $(subst A,a,$1))).
lower = $1
letters = A,a B,b C,c D,d E,e F,f G,g H,h I,i J,j K,k L,l M,m N,n O,o P,p Q,q R,r S,s T,t U,u V,v W,w \
	X,x Y,y Z,z _,-
$(foreach letter,$(letters),$(eval lower = $$(subst $(letter),$(value lower))))

.PHONY: help $(verbs)

help: ## show this list
	@sed -n 's/^\([a-z]*\):.*## /  make \1\t/p' Makefile | expand -t 20
	@printf 'Options of %s\n' $(foreach verb,$(verbs),$(if $($(verb)_takes),'$(verb): $($(verb)_takes)')) | \
		fold -s -w 96 | sed '/^Options/!s/^/  /'

bench_takes = $(work) TIME TARGET BUDGET ROUNDS STARTS ISOLATE SEED RESUME VERBOSE STORE
bench: setup ## build what is missing, measure, report [FRAMEWORK=torch,jax==0.4.38 SUITE=mlp TIME=2m ...]
	@$(HOST) run $(flags)

try_takes = FRAMEWORK SUITE CASE DEVICE PRECISION THREADS TIME OUT MEMORY INDEX SEED LABEL VERBOSE
try: setup ## four frameworks on matrix products, an MLP and a CNN, in less than a minute [FRAMEWORK=torch SUITE=mlp DEVICE=cpu ...]
	@$(HOST) run --framework torch,jax,mlx,numpy --suite matmul,mlp,cnn --preset smoke --time 40s $(flags)

pitfalls_takes = FRAMEWORK DEVICE PRECISION THREADS TIME OUT MEMORY INDEX LABEL VERBOSE
pitfalls: setup ## say what is wrong on this machine of what public reports say goes wrong [FRAMEWORK=torch,mlx PRECISION=float16 ...]
	@$(HOST) run --suite pitfalls --preset smoke --time 2m $(flags)

bisect_takes = $(work) GOOD BAD SLOWER WRONG DISK STARTS RESUME
bisect: setup ## find the release that made it slower, or wrong [FRAMEWORK=torch GOOD=2.8.0 BAD=2.15.0 SUITE=mlp CASE=train/64 ...]
	@$(HOST) bisect $(flags)

history_takes = $(work) EVERY TIME STARTS RESUME VERBOSE
history: setup ## measure the releases of a range in one run [FRAMEWORK=torch==2.6.0:2.9.0 SUITE=mlp EVERY=2 ...]
	@$(HOST) history $(flags)

sustain_takes = $(work) MINUTES REST
sustain: setup ## let each contender work for minutes, alone: what remains as it gets hot [SUITE=cnn MINUTES=10 ...]
	@$(HOST) sustain $(flags)

fleet_without_LABEL = labels stand in the hosts file
fleet_takes = HOSTS FRAMEWORK SUITE PRESET TIME PRECISION DEVICE OUT STORE RESUME
fleet: setup ## measure on many machines at once, over ssh [HOSTS=fleet.toml FRAMEWORK=torch,jax SUITE=mlp STORE=... RESUME=yes]
	@$(HOST) fleet $(flags)

query_takes = STORE SQL FORMAT OUT
query: setup ## ask a store of many machines' runs, in SQL [STORE=s3://lab/runs SQL="select ..." FORMAT=csv OUT=file]
	@$(HOST) query $(call flags,SQL) -- $(call typed,SQL)

site_takes = STORE OUT TRUST SIGNERS TITLE
site: setup ## write a store's machines as pages [STORE=s3://lab/runs OUT=site TRUST=signed SIGNERS=file TITLE="Our machines"]
	@$(HOST) site $(flags)

report_takes = RESULTS OUT BASELINE TRUST SIGNERS STORE WHERE PUBLISHED VERBOSE
report: setup ## write the report of earlier runs again [RESULTS="results/* other-machine/" or STORE=s3://lab/runs WHERE="chip = 'Apple M4'", OUT=folder PUBLISHED=no BASELINE=machine TRUST=signed SIGNERS=file]
	@$(HOST) report $(call paths,RESULTS) $(call flags,RESULTS PUBLISHED) \
		$(if $(filter no,$(value PUBLISHED)),--no-published)

trend_takes = RESULTS MACHINE OUT
trend: setup ## show how a machine's figures changed from run to run, and since when [RESULTS=results MACHINE=part-of-its-name OUT=folder]
	@$(HOST) trend $(call flags,RESULTS) -- $(call typed,RESULTS)

open_takes = RESULTS OUT
open: setup ## open the newest report in a browser [RESULTS=results/one or OUT=folder]
	@$(HOST) open $(call paths,RESULTS) $(call typed,OUT)

compare_takes = A B FAIL_ON THRESHOLD ACROSS FORMAT OUT
compare: setup ## how many times as long run B takes as run A [A=results/one B=results/two FAIL_ON=slower:3% FORMAT=markdown ...]
	@$(HOST) compare $(call flags,A B FORMAT) $(if $(value FORMAT),$(call quote,--$(value FORMAT)) -) \
		-- $(call typed,A) $(call typed,B)

export_takes = RESULTS FORMAT OUT
export: setup ## write a run for another tool: bmf, pyperf, openmetrics ... [RESULTS=results/one FORMAT=bmf OUT=file]
	@$(HOST) export $(call flags,RESULTS) -- $(call typed,RESULTS)

doctor_takes = MACHINE PASTE PRESET SUITE
doctor: setup ## say what would spoil a run here, or on a machine described or pasted in a file [MACHINE=file.json PASTE=issue.txt PRESET=standard SUITE=mlp]
	@$(HOST) doctor $(call flags,PASTE) $(if $(value PASTE),--paste --) $(call typed,PASTE)

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

options = $(sort $(foreach verb,$(verbs),$($(verb)_takes)))
# They travel as flags: exported as well, make would first expand a `$` in them, and a `$(shell ...)`
# would run.
unexport $(options)

# An option that is misspelt, or that no verb asked for takes, would otherwise be ignored in silence.
asked = $(filter $(verbs),$(MAKECMDGOALS))
expected = $(if $(asked),$(sort $(foreach verb,$(asked),$($(verb)_takes))),$(options))
typed_names = $(foreach name,$(.VARIABLES),$(if $(findstring command,$(origin $(name))),$(name)))
strange = $(sort $(filter-out $(expected) PYTHON HOST DEV -%,$(typed_names)))
hints = $(strip $(foreach verb,$(asked),$(foreach name,$(strange),$($(verb)_without_$(name)))))
refusal = $(strip make $(asked)) takes no $(strange)$(if $(hints), ($(hints))). \
	Expected $(if $(expected),one of $(expected),no option)
$(if $(strange),$(error $(refusal)))
