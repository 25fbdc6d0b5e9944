"""What the commands print, for terminals of at least 80 columns."""
