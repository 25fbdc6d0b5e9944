"""Tells which small changes to the package no test notices."""
