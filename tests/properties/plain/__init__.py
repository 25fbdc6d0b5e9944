"""The rules of the package a second time: slow, plain and without any of its code.

The tests of this folder compare the package with these functions.
"""
