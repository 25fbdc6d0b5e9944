"""The documentation, the package and the examples avoid phrases that have confused readers."""

from __future__ import annotations

import io
import re
import tokenize
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
DOCUMENTS = [
    *sorted((ROOT / "docs").rglob("*.rst")),
    ROOT / "docs" / "llms.txt",
    *(ROOT / name for name in ("README.rst", "CHANGES.rst", "CONTRIBUTING.md", "SECURITY.md")),
]
MODULES = [
    path
    for folder in ("flask_crossorigin", "examples")
    for path in sorted((ROOT / folder).rglob("*.py"))
]

#: Regexes of the phrases, with what to write instead.
TELLTALE = {
    r"whom": "which, or a sentence with a subject",
    r"lest": "so that ... doesn't",
    r"such a(?:n)? one": "this one, or the noun",
    r"another than": "a different ... from, or another",
    r"mend(?:s|ed|ing)?": "fix",
    r"strangers?": "attackers, or other origins",
    r"goes by|go by": "uses, or depends on",
    r"(?:tells?|told) of": "mentions, or reports",
    r"(?<!there )(?:is|are) (?-i:none)": "isn't a ..., or there is no ...",
    r"has none that": "has no ... that",
    r"stands? for": "means, or matches",
    r"lets? in|letting in": "allows",
    r"held against|holds? it against": "compared with, or matched against",
    r"of (?:its|their|your|one's) own[.,;:)]": "its own ...",
    r"answer(?:s|ed|ing)?": "response, or respond",
    r"(?:can(?:no|')t|cannot) be had": "isn't available, or can't be combined",
    r"keeps? not to": "doesn't follow",
    r"in vain": "without success, or is refused",
    r"(?:put|puts) right": "correct",
    r"mostly": "usually",
    r"ought": "should",
    r"nothing to tell": "don't reveal",
    r"(?:is|are) to be had": "is available",
}
_TELLTALE = re.compile(rf"(?<![\w-])(?:{'|'.join(TELLTALE)})(?![\w-])", re.IGNORECASE)

#: What reStructuredText shows literally, such as code and program output.
_LITERAL = re.compile(
    r"^( *)\.\. (?:code-block|testcode|testoutput|testsetup|doctest)::.*\n(?:(?:\1 +.*)?\n)*"
    r"|^ *(?:>>>|\.\.\. ).*\n"
    # A comment in reStructuredText.
    r"|^ *\.\. (?![\w-]+::|_|\[).*\n"
    r"|``[^`]+(?:`[^`]+)*``|(?<![\w`])`[^`<]+`(?!_)",
    re.MULTILINE,
)


def found(text: str) -> list[str]:
    # A phrase may continue on the next line.
    return [re.sub(r"\s+", " ", match) for match in _TELLTALE.findall(" ".join(text.split()))]


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_documents_are_in_plain_english(path: Path) -> None:
    assert found(_LITERAL.sub(" ", path.read_text("utf-8"))) == []


def written(source: str) -> Iterator[str]:
    """Yield the strings and comments of a module, but not its names."""
    # Since Python 3.12, an f-string consists of several tokens.
    texts = {tokenize.STRING, tokenize.COMMENT, getattr(tokenize, "FSTRING_MIDDLE", None)}
    for token in tokenize.generate_tokens(io.StringIO(source).readline):
        if token.type in texts:
            yield token.string.lstrip("#")


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(ROOT)))
def test_modules_are_in_plain_english(path: Path) -> None:
    assert found(" ".join(written(path.read_text("utf-8")))) == []


@pytest.mark.parametrize("phrase", ["Whom it allows", "it stands\nfor any", "the answer"])
def test_the_phrases_are_found(phrase: str) -> None:
    """The regex finds phrases, so the tests above can fail."""
    assert found(phrase)
    assert found(" ".join(written(f'"""Say {phrase}."""'))), phrase
