"""A second implementation of the package's rules: slow, simple and without its code.

The tests in ``tests/properties`` compare the package with these functions.
"""
