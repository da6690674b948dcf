# GNU make and Python 3.11 or newer are all that is needed; everything else goes into .venv.
SHELL = /bin/sh
.DEFAULT_GOAL := help
.PHONY: help install run test soak screenshots bench lint types audit lock messages browser registrar sipp gettext

# The newest Python that is new enough; PYTHON=… chooses another.
PYTHON ?= $(shell for p in python3.14 python3.13 python3.12 python3.11 python3 python; do \
	command -v $$p >/dev/null 2>&1 && $$p -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo $$p && break; done)
VENV := .venv/bin/python
PIP := $(VENV) -m pip --disable-pip-version-check install --quiet --require-hashes

help: ## this list
	@sed -n 's/^\([a-z]*\):.*## /  make \1\t/p' Makefile | expand -t 18

install: .venv/.installed ## make the environment in .venv from requirements.txt

run: install ## run phoneadmin; settings come from the environment, then from .env (see .env.example)
	@given=$$(export -p); set -a; [ ! -f .env ] || . ./.env; set +a; eval "$$given"; exec $(VENV) manage.py serve

# Programs are started hundreds of times: they are compiled once, whatever the environment says.
test: .venv/.tested browser registrar gettext ## run the tests of every day; ARGS="-k phones" chooses some
	PYTHONDONTWRITEBYTECODE= $(VENV) -m pytest -n auto --dist worksteal $(ARGS)

soak: .venv/.tested registrar sipp ## run the long tests, and print what they measured; SOAK_PEOPLE=500 SOAK_MINUTE=6 for less
	$(VENV) -m pytest -m soak -rP $(ARGS)

screenshots: .venv/.tested browser ## take pictures of the pages into var/screenshots, and those of the README; ARGS=es in Spanish
	$(VENV) -m tests.screenshots $(ARGS)

bench: .venv/.tested ## measure, and print a table
	$(VENV) -m tests.benchmarks $(ARGS)
	$(VENV) -m tests.benchmarks.line

lint: .venv/.tested ## check style, format, and which way imports run
	$(VENV) -m ruff check .
	$(VENV) -m ruff format --check .
	$(VENV) -m djlint --check --quiet templates
	@! LC_ALL=C.UTF-8 grep -rnE '.{121,}' --include='*.html' templates
	.venv/bin/lint-imports --no-cache

types: .venv/.tested ## check types
	$(VENV) -m mypy users phones e911 phoneadmin

audit: .venv/.tested ## ask osv.dev for known vulnerabilities in what is pinned
	@$(VENV) .ci/audit $(ARGS)

lock: .venv/.installed ## pin the requirements with hashes; ARGS=--upgrade takes new versions
	@tools=$$(mktemp -d) && trap 'rm -rf "$$tools"' EXIT && $(VENV) -m venv "$$tools" && "$$tools/bin/pip" install --quiet uv && \
	for part in requirements requirements-test; do \
		"$$tools/bin/uv" pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header $(ARGS) \
			$$part.in --output-file $$part.txt || exit 1; \
	done

# The date of extraction is left out: it would change with every run.
messages: .venv/.installed gettext ## collect the texts to translate into locale/, and compile the translations
	@$(VENV) manage.py makemessages --locale es --no-obsolete --no-wrap --no-location --ignore tests --ignore var
	@sed -i '/^"POT-Creation-Date/d' locale/*/LC_MESSAGES/django.po
	@$(VENV) manage.py compilemessages --locale es --ignore .venv

.venv/bin/python:
	@[ -n "$(PYTHON)" ] || { echo "phoneadmin needs Python 3.11 or newer, and none was found: install one, or name it with PYTHON=…"; exit 1; }
	@$(PYTHON) -c 'import venv, ensurepip' 2>/dev/null || { \
		echo "$(PYTHON) cannot make virtual environments. On Debian or Ubuntu: apt-get install python3-venv"; exit 1; }
	$(PYTHON) -m venv --clear .venv

.venv/.installed: requirements.txt | .venv/bin/python
	$(PIP) -r requirements.txt
	@touch $@

.venv/.tested: requirements-test.txt .venv/.installed
	$(PIP) -r requirements-test.txt
	@touch $@

# A real browser for the browser tests: the machine's, else Debian's where it can be installed, else they are skipped.
browser:
	@for name in chromium chromium-browser google-chrome google-chrome-stable; do \
		command -v $$name >/dev/null 2>&1 && exit 0; done; \
	command -v apt-get >/dev/null 2>&1 || exit 0; \
	if [ "$$(id -u)" = 0 ]; then root=; elif sudo -n true 2>/dev/null; then root="sudo -n"; else exit 0; fi; \
	$$root apt-get update -qq && $$root apt-get install -y -qq --no-install-recommends chromium >/dev/null || \
		echo "Chromium could not be installed; the browser tests will say so."

# A real SIP registrar for the tests of it, likewise; telephones need it at `make run` as well.
registrar:
	@[ -x /usr/sbin/kamailio ] && exit 0; command -v kamailio >/dev/null 2>&1 && exit 0; \
	command -v apt-get >/dev/null 2>&1 || exit 0; \
	if [ "$$(id -u)" = 0 ]; then root=; elif sudo -n true 2>/dev/null; then root="sudo -n"; else exit 0; fi; \
	$$root apt-get update -qq && $$root apt-get install -y -qq --no-install-recommends \
		kamailio kamailio-postgres-modules >/dev/null || \
		echo "Kamailio could not be installed; the tests of the SIP registrar will say so."

# GNU gettext, likewise, for `make messages` and the test that no text is without a translation.
gettext:
	@command -v xgettext >/dev/null 2>&1 && exit 0; command -v apt-get >/dev/null 2>&1 || exit 0; \
	if [ "$$(id -u)" = 0 ]; then root=; elif sudo -n true 2>/dev/null; then root="sudo -n"; else exit 0; fi; \
	$$root apt-get update -qq && $$root apt-get install -y -qq --no-install-recommends gettext >/dev/null || \
		echo "gettext could not be installed; the test of the translations will say so."

# Ten thousand telephones for `make soak`, likewise.
sipp:
	@command -v sipp >/dev/null 2>&1 && exit 0; command -v apt-get >/dev/null 2>&1 || exit 0; \
	if [ "$$(id -u)" = 0 ]; then root=; elif sudo -n true 2>/dev/null; then root="sudo -n"; else exit 0; fi; \
	$$root apt-get update -qq && $$root apt-get install -y -qq --no-install-recommends sip-tester >/dev/null || \
		echo "sipp could not be installed; the soak test of the SIP registrar will say so."
