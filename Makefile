# The short commands of the README. `make help` lists them.

DURACLOUD_PORT ?= 4566
PYTHON ?= python3
ENV ?= local

export DURACLOUD_PORT
export JSII_SILENCE_WARNING_END_OF_LIFE_NODE_VERSION := 20
export PIP_DISABLE_PIP_VERSION_CHECK := 1
# Nothing is written outside this folder, not even for a moment.
export TMPDIR := $(CURDIR)/.local/tmp
$(shell mkdir -p .local/tmp)

.PHONY: help setup up down clean demo drill test lint types synth bench alarms cost

help:
	@echo "make demo    the whole story on this machine, from installation to a caught bit flip"
	@echo "make drill   every fault that the service must withstand, shown to it, with a table of what was observed"
	@echo "make test    all tests, the system tests with IAM and TLS enforced among them"
	@echo "make up      start the local AWS and deploy; DURACLOUD_PORT chooses the port (4566)"
	@echo "make down    stop the local AWS and keep its data"
	@echo "make clean   stop it and forget its data"
	@echo "make setup   install everything into this folder"
	@echo "make alarms  list the alarms of an environment: make alarms ENV=prod"
	@echo "make cost    the monthly cost: make cost ENV=prod OBJECTS=1e6 BYTES=10TB"
	@echo "make synth   write the templates of all environments to cdk.out"
	@echo "make lint    ruff; make types: mypy; make bench: benchmarks"

INSTALLED := $(wildcard .venv/bin/python .venv-emulator/bin/python node_modules/.bin/cdk .wheelhouse)

setup: .local/setup

# Whatever was removed by hand is installed again.
ifneq ($(words $(INSTALLED)),4)
.PHONY: .local/setup
endif
.local/setup: requirements.txt requirements-dev.txt runtime/requirements.txt runtime/requirements-report.txt duracloud/local/requirements.txt package-lock.json duracloud/setup.sh stacks/bundling.py
	@sh duracloud/setup.sh "$(PYTHON)"

up: setup
	@.venv/bin/python -m local up

down:
	@if [ -x .venv/bin/python ]; then .venv/bin/python -m local down; else echo "nothing is installed, nothing runs"; fi

clean:
	@if [ -x .venv/bin/python ]; then .venv/bin/python -m local clean; fi

demo: setup
	@.venv/bin/python -m local demo

drill: setup
	@.venv/bin/python -m local drill

test: setup
	@.venv/bin/python -m pytest -q

lint: setup
	@.venv/bin/ruff check .
	@.venv/bin/ruff format --check .

types: setup
	@.venv/bin/mypy

synth: setup
	@for name in local dev staging prod; do \
		NODE_NO_WARNINGS=1 node_modules/.bin/cdk synth --quiet -c env=$$name --output cdk.out/$$name || exit 1; \
	done

alarms: setup
	@.venv/bin/python -m tools.alarms "$(ENV)"

# OBJECTS: 1000000, 1e6, 1M; BYTES: 1e13, 10TB, 9.5TiB. At will: OBJECTS_PER_MONTH, BUCKETS, READ_RATE, LINES=1.
cost: setup
	@.venv/bin/python -m duracloud.cost --env "$(ENV)" --objects "$(OBJECTS)" --bytes "$(BYTES)" \
		--objects-per-month "$(OBJECTS_PER_MONTH)" $(if $(BUCKETS),--buckets "$(BUCKETS)") \
		$(if $(READ_RATE),--read-rate "$(READ_RATE)") $(if $(LINES),--lines)

bench: setup
	@.venv/bin/python -m benchmarks
