"""Widgets that the panes share."""
