# make run   set everything up, fetch the poems, open the studio
# make test  set everything up, run lint, types and tests
# make model train the default model from nothing and put it into assets/; takes hours
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready

# The runs of `make model`, the first on the Song poems; each goes on where it was interrupted.
SONG_RUN := default-song
# Validated at its end alone, so that the other one starts from there.
SONG_SETTINGS := --poems quansongshi --epochs 1 --set schedule=constant --set validate_every=0 \
	--set dropout=0.1 --set recurrent_dropout=0 --set embedding_dropout=0
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
	@$(BIN)/tangshi-studio corpus fetch --corpus quansongshi --beside
	$(call trained,$(SONG_RUN),$(SONG_SETTINGS))
	$(call trained,$(MODEL_RUN),--from $(SONG_RUN) --epochs 11)
	$(BIN)/tangshi-studio runs publish $(MODEL_RUN) assets/model

# Train the run $(1) with the settings $(2), go on with it, or leave it where it is finished.
define trained
	@case "$$($(BIN)/tangshi-studio runs show $(1) --json 2> /dev/null)" in \
	  *'"status": "finished"'*) ;; \
	  '') $(BIN)/tangshi-studio train --run $(1) --recipe studio $(2) ;; \
	  *) $(BIN)/tangshi-studio train --run $(1) --resume ;; \
	esac
endef

# Made afresh only when what it is made from has changed.
$(READY): pyproject.toml constraints.txt
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@echo "Installing into $(VENV) ..."
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[test]'
	@touch $@

clean:
	rm -rf $(VENV)
