"""How fast the studio is: ratios measured in one run, in turn, with medians."""
