"""The grammars and lists of names in the Fetch standard: https://fetch.spec.whatwg.org/.

Both the server and the browser for tests use them. Nothing else in the package is imported here.
"""
