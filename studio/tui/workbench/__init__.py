"""The workbench: a poem changed character by character."""
