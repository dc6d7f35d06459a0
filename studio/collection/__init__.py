"""The saved poems: storing, rewriting and exporting them."""
