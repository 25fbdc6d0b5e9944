"""Mutation tests: each small change to the package that no test notices is listed."""
