# The short commands of the README: each is one call of the command `duracloud`. `make help` lists them.

PYTHON ?= python3
ENV ?= local
DURACLOUD := .venv/bin/python -m duracloud

export PIP_DISABLE_PIP_VERSION_CHECK := 1
# Nothing is written outside this folder, not even for a moment.
export TMPDIR := $(CURDIR)/.local/tmp
$(shell mkdir -p .local/tmp 2>/dev/null)

.PHONY: help setup up down clean demo drill mail test soak lint types synth bench settings alarms cost

help:
	@echo "make demo      the whole story on this machine, from installation to a caught bit flip"
	@echo "make drill     inject every fault that the service must withstand, and print a table of what was observed"
	@echo "make test      all tests, the system tests with IAM and TLS enforced among them; make test WORKERS=1 for one process"
	@echo "make soak      a hundred kills of the local AWS while clients write"
	@echo "make up        start the local AWS and deploy; DURACLOUD_PORT chooses the port (4566)"
	@echo "make mail      show the e-mails of the local AWS"
	@echo "make down      stop the local AWS and keep its data"
	@echo "make clean     stop it and delete its data"
	@echo "make setup     install everything into this folder, and the command .venv/bin/duracloud"
	@echo "make settings  print the effective settings of an environment: make settings ENV=prod"
	@echo "make alarms    list the alarms of an environment: make alarms ENV=prod"
	@echo "make cost      the monthly cost: make cost ENV=prod OBJECTS=1e6 BYTES=10TB"
	@echo "make synth     write the templates of all environments to cdk.out"
	@echo "make lint      ruff; make types: mypy; make bench: benchmarks"

INSTALLED := $(wildcard .venv/bin/duracloud .venv-emulator/bin/python node_modules/.bin/cdk .wheelhouse)
PINS := pyproject.toml requirements.txt requirements-tools.txt runtime/requirements.txt runtime/requirements-report.txt duracloud/local/requirements.txt package-lock.json duracloud/setup.sh stacks/bundling.py

setup: .local/setup-deploy

# Whatever was removed by hand is installed again.
ifneq ($(words $(INSTALLED)),4)
.PHONY: .local/setup-demo .local/setup-deploy .local/setup-test
endif
.local/setup-demo .local/setup-deploy: $(PINS)
.local/setup-test: $(PINS) requirements-dev.txt
.local/setup-demo .local/setup-deploy .local/setup-test:
	@sh duracloud/setup.sh "$(PYTHON)" $(@:.local/setup-%=%)

up demo drill mail: .local/setup-demo
	@$(DURACLOUD) $@

synth: setup
	@$(DURACLOUD) $@

bench: .local/setup-test
	@$(DURACLOUD) $@

down clean:
	@if [ -x .venv/bin/duracloud ]; then $(DURACLOUD) $@; else echo "nothing is installed, nothing runs"; fi

test: .local/setup-test
	@$(DURACLOUD) test $(if $(WORKERS),-n $(WORKERS))

soak: .local/setup-test
	@KILLS=100 $(DURACLOUD) test -n 1 tests/local/test_kills.py

lint: .local/setup-test
	@.venv/bin/ruff check .
	@.venv/bin/ruff format --check .

types: .local/setup-test
	@.venv/bin/mypy

settings alarms: .local/setup-demo
	@$(DURACLOUD) $@ --env "$(ENV)"

# OBJECTS: 1000000, 1e6, 1M; BYTES: 1e13, 10TB, 9.5TiB. At will: OBJECTS_PER_MONTH, BUCKETS, READ_RATE, LINES=1.
cost: .local/setup-demo
	@$(DURACLOUD) cost --env "$(ENV)" --objects "$(OBJECTS)" --bytes "$(BYTES)" \
		--objects-per-month "$(OBJECTS_PER_MONTH)" $(if $(BUCKETS),--buckets "$(BUCKETS)") \
		$(if $(READ_RATE),--read-rate "$(READ_RATE)") $(if $(LINES),--lines)
