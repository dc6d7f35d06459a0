"""The playground pane."""
