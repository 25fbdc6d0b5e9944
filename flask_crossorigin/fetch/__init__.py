"""The Fetch standard's own words, grammars and lists of names. It imports nothing else of ours."""
