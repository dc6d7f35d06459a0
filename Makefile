# make run   set everything up, fetch the poems, open the studio
# make test  set everything up, run lint, types and tests
# make model train the default model from nothing and put it into assets/; takes hours
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready

# The run that `make model` trains; it goes on where it was interrupted.
MODEL_RUN := default-model

.PHONY: run test model clean

run: $(READY)
	@$(BIN)/tangshi-studio corpus fetch || true
	@$(BIN)/tangshi-studio

test: $(READY)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/pytest --numprocesses auto --maxprocesses 4 --dist worksteal

model: $(READY)
	@$(BIN)/tangshi-studio corpus fetch
	@case "$$($(BIN)/tangshi-studio runs show $(MODEL_RUN) --json 2> /dev/null)" in \
	  *'"status": "finished"'*) ;; \
	  '') $(BIN)/tangshi-studio train --run $(MODEL_RUN) --recipe studio ;; \
	  *) $(BIN)/tangshi-studio train --run $(MODEL_RUN) --resume ;; \
	esac
	$(BIN)/tangshi-studio runs publish $(MODEL_RUN) assets/model

# Made afresh only when what it is made from has changed.
$(READY): pyproject.toml constraints.txt
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@echo "Installing into $(VENV) ..."
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[test]'
	@touch $@

clean:
	rm -rf $(VENV)
