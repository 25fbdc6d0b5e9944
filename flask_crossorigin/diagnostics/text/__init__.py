"""Formats the output of the commands as text. One module for each command."""
