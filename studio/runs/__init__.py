"""A training run in its folder: what it is, how it is trained, published and reported."""
