import re
from pathlib import Path

project = "flask_crossorigin"
copyright = "flask_crossorigin contributors"  # noqa: A001 - Sphinx's name
_metadata = Path(__file__).parent.with_name("pyproject.toml").read_text(encoding="utf-8")
release = re.findall(r'^version = "(.+)"$', _metadata, re.MULTILINE)[0]
version = release

extensions = ["sphinx.ext.autodoc", "sphinx.ext.doctest", "sphinx_copybutton"]
exclude_patterns = ["_build"]
default_role = "code"
autodoc_member_order = "bysource"
# Only what is marked as such is run: a prompt in a text may show what must fail.
doctest_test_doctest_blocks = ""
# Flask looks for the module of that name, and doctest's own name has no file.
doctest_global_setup = '__name__ = "__main__"'

html_theme = "furo"
html_title = f"{project} {release}"
html_static_path = ["_static"]
# For language models: https://llmstxt.org
html_extra_path = ["llms.txt"]
html_css_files = ["screens.css"]
# The page with the API is shorter than its index.
html_use_index = False
# What is copied are the commands, not the prompts nor what was printed.
copybutton_prompt_text = "$ "
