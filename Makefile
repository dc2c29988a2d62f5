# make demo      the main job on a real guest: build, prepare, convert, boot the VHD
# make test      everything but what takes more than half an hour
# make help      the other targets
SHELL := /bin/bash
.NOTPARALLEL:
.DEFAULT_GOAL := setup
export ANSIBLE_HOME := $(CURDIR)/.cache/ansible
export PATH := $(CURDIR)/.venv/bin:$(PATH)

PYTEST := .venv/bin/pytest --quiet
# told at the end: what makes the next run longer than it has to be
SLOWEST := --durations=15 --durations-min=10
FUZZ_SECONDS ?= 300
# of the controller; needed once, to make .venv
PYTHON ?= python3
# other releases of ansible-core than that of .venv: tests/controllers/cores.txt
CORE = PYTHONPATH=tests .venv/bin/python -m controllers.core
# what runs on the controller alone, and so may use more than Python 3.6 has
DISK_SIDE := plugins/action/% plugins/connection/% plugins/plugin_utils/% plugins/modules/vhd_% plugins/module_utils/image/% plugins/module_utils/vhd/% plugins/module_utils/upload/%
GUEST_SIDE = $(filter-out $(DISK_SIDE),$(shell find plugins -name '*.py'))

.PHONY: setup setup-test setup-all demo test test-all bench help lint format sanity sanity-all cores unit integration molecule molecule-all fuzz docs promises clean

setup: ## install what the playbooks and the demo need; makes the checkout importable as imagewright.azure
	@PYTHON=$(PYTHON) tests/setup/install demo

setup-test:
	@PYTHON=$(PYTHON) tests/setup/install test

setup-all:
	@PYTHON=$(PYTHON) tests/setup/install all

demo: setup ## the main job on a real guest; GUEST=vm has it in QEMU from power-on, FIRMWARE=uefi too; GUEST=image never starts it
	PYTHONPATH=tests .venv/bin/python -m lab.demo

test: setup-test lint sanity unit integration molecule ## what CI runs

test-all: setup-all test sanity-all cores ## the slow rest: every ansible-core, whole lab, all Molecule scenarios
	$(PYTEST) -m slow tests/unit tests/integration
	$(MAKE) fuzz
	$(MAKE) molecule-all
	$(MAKE) demo GUEST=image
	$(MAKE) demo GUEST=vm
	$(MAKE) demo GUEST=vm FIRMWARE=uefi

bench: setup-test ## print the measurements
	.venv/bin/python benchmarks/run.py

lint: setup-test ## style and metadata: ruff (rules and layout), mypy, ansible-lint, vermin, changelog, docs
	.venv/bin/ruff check plugins tests benchmarks docs
	.venv/bin/ruff format --check --quiet --diff plugins tests benchmarks docs
	.venv/bin/mypy
	.venv/bin/vermin --quiet --no-tips --target=3.6- --violations $(GUEST_SIDE)
	.venv/bin/ansible-lint --offline
	.venv/bin/antsibull-changelog lint
	.venv/bin/antsibull-docs lint-collection-docs --plugin-docs --validate-collection-refs=self --skip-rstcheck .

format: setup-test ## lay out every Python file as `make lint` wants it
	.venv/bin/ruff format plugins tests benchmarks docs

sanity: setup-test ## ansible-test sanity of the newest ansible-core
	.venv/bin/python tests/sanity/sanity.py

sanity-all: setup-test
	.venv/bin/python tests/sanity/sanity.py --every-python

cores: setup-test ## sanity on every other ansible-core, unit tests on the oldest and the newest; slow tests prepare a guest with them
	set -e; for core in $$($(CORE) list); do $(CORE) install $$core; .cache/cores/$$core/bin/python tests/sanity/sanity.py --every-python; done
	set -e; for core in $$($(CORE) list whole); do .cache/cores/$$core/bin/pytest --quiet -n 2 -m "not slow" tests/unit; done

unit: setup-test ## pure parts and modules on trees
	$(PYTEST) -n 2 -m "not slow" $(SLOWEST) tests/unit

integration: setup-test ## modules and roles on containers of a real Debian
	$(PYTEST) -n 3 --dist loadfile -m "not slow" $(SLOWEST) tests/integration

molecule: setup-test ## the scenario guest_boot; all of them: make molecule-all
	.venv/bin/molecule test --scenario-name guest_boot

molecule-all: setup-test
	.venv/bin/molecule test --all

fuzz: setup-all ## atheris on grub_cmdline's parsers, five minutes (FUZZ_SECONDS=300)
	@mkdir -p .cache/fuzz
	PYTHONPATH=.venv/collections .venv/bin/python tests/fuzz/bootloader.py .cache/fuzz/bootloader -max_total_time=$(FUZZ_SECONDS) \
	  -timeout=20 -artifact_prefix=.cache/fuzz/ -print_final_stats=1

docs: setup-test ## write what the pages have from code and from the lab's records, and build the HTML site, output/site/index.html
	PYTHONPATH=.venv/collections .venv/bin/python docs/generate_requirements.py
	.venv/bin/python docs/generate_tested.py
	.venv/bin/pip install --quiet --disable-pip-version-check -r docs/requirements.txt
	PYTHONPATH=.venv/collections .venv/bin/python docs/build_site.py

promises: setup-test ## disturb every module at each of its operations on files, and write the table of docs/promises.md
	PYTHONPATH=tests:.venv/collections .venv/bin/python -m integration.interrupted.exploring all $(MOMENTS)

help: ## this list
	@sed -n 's/^\([a-z-]*\):.*## /\1\t/p' Makefile | expand -t 14

clean: ## remove caches, results and the virtual environment
	PYTHONPATH=tests python3 -m lab cleanup || true
	rm -rf .cache .venv output
