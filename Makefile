# Sets up what each target needs, once, in .venv; nothing outside this folder is touched.
#
#   make clip PROMPT="a blue cube spins on grass"     make film
#   make studio     make test     make test-all     make lint     make bench     make exam

PYTHON ?= python3
# The one pinned torch. It is installed before anything else that wants torch, so that no other build of it is pulled in.
# Any torch from 2.6 on will do: make test TORCH="torch==2.9.0"
TORCH ?= torch==2.13.0
PROMPT ?= a large red ball bounces on snow at sunset
SCRIPT ?= vitascope/film/samples/morning.fountain
ARGS ?=
LOAD ?=
SDKS ?=
ADDRESS ?=
CHAOS ?= 100

# Handed over in the environment and as it was written, so that quotes and dollars in a prompt do no harm.
override PROMPT := $(value PROMPT)
export PROMPT
override SCRIPT := $(value SCRIPT)
export SCRIPT

BIN := .venv/bin
PIP := $(BIN)/python dev/install.py
# A worker for each core, at most eight; what is left of one's share another takes. Bytecode is kept, as for .venv/base:
# to collect the tests takes each worker 13 s of CPU with it and 24 without, and the processes they start import it too.
PYTEST := PYTHONDONTWRITEBYTECODE= $(BIN)/python -m pytest -n auto --maxprocesses 8 --dist worksteal

.PHONY: chaos comfy fuzz help clip film studio page test test-all sdks lint bench exam train clean
.DEFAULT_GOAL := help

help:  ## list the targets
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/  make \1\t\2/p' $(MAKEFILE_LIST) | expand -t 16

.venv/made:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
		{ echo "error: Vitascope needs Python 3.11 or newer, this is $$($(PYTHON) --version 2>&1)."; \
		  echo "hint: make PYTHON=/path/to/a/newer/python3 ..."; exit 1; }
	@echo "making a virtual environment in .venv"
	@$(PYTHON) -m venv .venv
	@touch $@

# Bytecode is made of what a clip and a server import, not of all that is installed: 30 MiB less.
.venv/base: .venv/made pyproject.toml
	@$(PIP) "what a clip and the service need" --no-compile --editable .
	@echo "compiling what a clip and a server import"
	@PYTHONDONTWRITEBYTECODE= $(BIN)/python -c 'import vitascope.cli.app, vitascope.server.app, vitascope.media.video'
	@touch $@

.venv/dev: .venv/base
	@$(PIP) "torch, for training and its tests" $(TORCH)
	@$(PIP) "what the tests need" --editable '.[train,dev]'
	@touch $@

clip: .venv/base  ## a clip for PROMPT="..." into clips/
	@mkdir -p clips
	@$(BIN)/vitascope generate -o clips/ $(ARGS) -- "$$PROMPT"

film: .venv/base  ## a short film from the script that ships here; SCRIPT=my.fountain for your own
	@test -f "$$SCRIPT" || { echo "error: there is no script $$SCRIPT"; echo "hint: make film SCRIPT=my.fountain"; exit 1; }
	@folder="films/$$(basename "$${SCRIPT%.*}")"; mkdir -p films; \
		{ test -f "$$folder/film.json" || $(BIN)/vitascope film new "$$SCRIPT" -o "$$folder" $(ARGS); } && \
		$(BIN)/vitascope film make "$$folder" && $(BIN)/vitascope film render "$$folder"

studio: page  ## the studio in the browser: make, compare, extend and keep clips
	@$(BIN)/vitascope studio $(ARGS)

page: .venv/base  ## build the studio's page, when its sources have changed
	@$(BIN)/python studio/build.py

test: .venv/dev page  ## the tests, some of every kind, in a few minutes; ARGS="-n 0 tests/test_clip.py" for some
	@$(PYTEST) -m "not slow or smoke" $(ARGS)

test-all: .venv/dev page  ## the slow rest of the tests; what cannot be tried here fails
	@$(PYTEST) -m "slow and not smoke" --no-skips $(ARGS)

sdks: .venv/dev  ## the vendors' own SDKs against a real server; SDKS="openai lumaai" for some
	@$(BIN)/python tests/sdks/environments.py $(SDKS)
	@$(BIN)/python -m pytest tests/sdks $(ARGS)

fuzz: .venv/dev  ## 10,000 requests that a machine thought of, over the whole description of the API
	@$(BIN)/python -m pytest tests/test_schema_fuzz.py --fuzz 10000 -s $(ARGS)

comfy: .venv/dev  ## a workflow as a model, tried with a real ComfyUI; ADDRESS=http://127.0.0.1:8188
	@test -n "$(ADDRESS)" || { echo "error: which ComfyUI?"; echo "hint: make comfy ADDRESS=http://127.0.0.1:8188"; exit 1; }
	@$(BIN)/python -m pytest -n 0 tests/test_comfyui_service.py --comfyui "$(ADDRESS)" $(ARGS)

chaos: .venv/dev  ## processes killed and stopped, the database restarted, the disk full; CHAOS="200 --chaos-seed 2"
	@$(BIN)/python -m pytest tests/test_chaos.py --chaos $(CHAOS) -s $(ARGS)

lint: .venv/dev  ## ruff, mypy, and the studio's types when its packages are there
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check --quiet . || { echo "hint: .venv/bin/ruff format ."; exit 1; }
	@$(BIN)/mypy
	@$(BIN)/python studio/build.py --check

bench: .venv/base  ## how fast this machine is, from prompt to file, and what the service bears
	@$(BIN)/vitascope bench $(ARGS)
	@$(BIN)/python benchmarks/load.py $(LOAD)
	@if $(BIN)/python -c 'import diffusers' 2>/dev/null; then PYTHONPATH=tests $(BIN)/python benchmarks/overhead.py; fi

exam: .venv/base  ## what the built-in model really knows
	@$(BIN)/vitascope exam $(ARGS)

train: .venv/dev  ## train a model; ARGS="--help" lists how
	@$(BIN)/vitascope train $(ARGS)

clean:  ## remove what make has set up, not what you have made
	rm -rf studio/node_modules studio/drawn artefacts .venv .mypy_cache .ruff_cache .hypothesis dist
