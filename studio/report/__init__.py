"""The lab report: what runs were trained on, how they learned, and what they write."""
