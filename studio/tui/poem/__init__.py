"""How a poem is laid out and marked."""
