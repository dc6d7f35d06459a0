# make run   set everything up, fetch the poems, open the studio
# make test  set everything up, run lint, types and tests
# make model train the default model from nothing and put it into assets/; takes hours
# The first of these that is new enough is taken; PYTHON=... names another.
PYTHON ?= python3 python3.14 python3.13 python3.12 python3.11
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready

# The runs of `make model`; each resumes where it was interrupted. With a GPU: three teachers, a student that
# learns from them, and a short run on the Tang poems alone that starts from it. Without: a smaller model that reads the
# Song and Tang poems together, and then the Tang poems alone.
# Asked once the studio is installed: torch may not be able to use the GPU that a driver lists.
ON_GPU = $(shell $(BIN)/python -c '$(PRINT_GPUS)')
PRINT_GPUS := from studio.model.device import cuda_devices; print(*cuda_devices())
TEACHERS := default-teacher-1,default-teacher-2,default-teacher-3
# Each epoch is validated at its end. The last one is the best; the next run starts from there.
MIXED_SETTINGS := --recipe studio --mix quansongshi --set batch_size=128 --set schedule=constant --set validate_every=0 \
	--set dropout=0.1 --set recurrent_dropout=0 --set embedding_dropout=0
TANG_SETTINGS := --recipe studio --epochs 7 --set batch_size=128 --set learning_rate=0.003 --set warmup_steps=100 --set validate_every=0 \
	--set dropout=0.2 --set recurrent_dropout=0.1 --set embedding_dropout=0.04
MODEL_RUN := default-model
STUDENT := default-student
# Few steps at a small rate: hardly anything is left out.
SETTLING := --max-steps 420 --set batch_size=64 --set learning_rate=0.0003 --set warmup_steps=30 --set weight_decay=0 \
	--set dropout=0.1 --set recurrent_dropout=0.05 --set embedding_dropout=0.02

IS_NEW_ENOUGH := import sys; print("%d.%d.%d" % sys.version_info[:3]); sys.exit(sys.version_info < (3, 11))
IS_INSTALLED_FROM_HERE := import studio, sys; sys.exit(not studio.__file__.startswith(sys.argv[1] + "/"))

.PHONY: run test model translations clean
# Recreate a virtual environment that was moved or whose Python is missing.
USABLE := $(shell $(BIN)/python -I -c '$(IS_INSTALLED_FROM_HERE)' "$(CURDIR)" 2> /dev/null && echo yes)
ifneq ($(USABLE),yes)
.PHONY: $(READY)
endif

run: $(READY)
	@$(BIN)/tangshi-studio corpus fetch || true
	@$(BIN)/tangshi-studio

translations: $(READY)
	$(BIN)/python data/build_translations.py

test: $(READY)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	# Three on two cores: many tests wait for a terminal.
	$(BIN)/pytest --numprocesses 3 --dist worksteal

model: $(READY)
	@$(BIN)/tangshi-studio corpus fetch
	@$(BIN)/tangshi-studio corpus fetch --corpus quansongshi --beside
	$(if $(ON_GPU),$(trained_on_gpu),$(trained_on_processor))
	$(BIN)/python data/build_preferred.py $(MODEL_RUN)
	$(BIN)/python data/build_coherence.py $(MODEL_RUN)
	$(BIN)/python data/build_judge.py $(MODEL_RUN)
	$(BIN)/tangshi-studio runs publish $(MODEL_RUN) assets/model

define trained_on_gpu
$(call trained,default-teacher-1,--recipe gpu --seed 1)
$(call trained,default-teacher-2,--recipe gpu --seed 2)
$(call trained,default-teacher-3,--recipe gpu --seed 3 --set dropout=0.35 --set recurrent_dropout=0.25)
$(call trained,$(STUDENT),--recipe gpu --seed 7 --teachers $(TEACHERS) --epochs 26 --set hidden=1280 \
  --set dropout=0.2 --set recurrent_dropout=0.1)
$(call trained,$(MODEL_RUN),--recipe studio --from $(STUDENT) --seed 11 $(SETTLING))
endef

define trained_on_processor
$(call trained,default-mixed-1,$(MIXED_SETTINGS) --epochs 2 --set hidden=640 --set embedding=320 \
  --set learning_rate=0.005)
$(call trained,default-mixed-2,--from default-mixed-1 --seed 3 $(MIXED_SETTINGS) --epochs 1 \
  --set learning_rate=0.004 --set warmup_steps=100)
$(call trained,$(MODEL_RUN),--from default-mixed-2 --seed 4 $(TANG_SETTINGS))
endef

# Train the run $(1) with the settings $(2), or resume it; leave it alone if it has finished. An earlier version
# may have trained it, so say so.
define trained
	@case "$$($(BIN)/tangshi-studio runs show $(1) --json 2> /dev/null)" in \
	  *'"status": "finished"'*) \
	    echo "$(1) has finished. To train it anew, delete it: tangshi-studio runs delete $(1)" ;; \
	  '') $(BIN)/tangshi-studio train --run $(1) $(2) ;; \
	  *) $(BIN)/tangshi-studio train --run $(1) --resume ;; \
	esac
endef

# Reinstall only when these files change.
$(READY): pyproject.toml constraints.txt
ifneq ($(USABLE),yes)
	@for python in $(PYTHON); do \
	  version=$$($$python -c '$(IS_NEW_ENOUGH)' 2> /dev/null) && break; \
	  tried="$$tried $$python ($${version:-not there})"; python=; \
	done; \
	if [ -z "$$python" ]; then \
	  echo "The studio needs Python 3.11 or newer, and found$$tried." >&2; \
	  echo "Install one, or name it: make $(or $(MAKECMDGOALS),run) PYTHON=python3.12" >&2; exit 1; \
	fi; \
	echo "Making $(VENV) with $$python ($$version)."; $$python -m venv --clear $(VENV)
endif
	@echo "Installing into $(VENV). The first time this takes a minute or more:"
	@{ $(BIN)/python -m pip install --disable-pip-version-check -c constraints.txt -e '.[test,report]' \
	  || echo Failed; } | while read -r what name size; do case "$$what $$name $$size" in \
	  Collecting*) echo "  $$name" ;; \
	  Downloading*MB*) echo "    downloading $$size" ;; \
	  Installing\ collected*) echo "  ... and putting them in place" ;; \
	  Failed\ *) exit 1 ;; \
	esac; done
	@touch $@

clean:
	rm -rf $(VENV)
