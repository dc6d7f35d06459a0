"""Training runs, one folder each: reading, training and publishing them."""
