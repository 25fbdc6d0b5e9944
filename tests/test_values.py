from __future__ import annotations

from dataclasses import FrozenInstanceError, fields
from typing import Any

import pytest

from flask_crossorigin.errors import Problem
from flask_crossorigin.options import UNCOVERED
from flask_crossorigin.origins import OriginCallable, Origins


@pytest.mark.parametrize(
    "value",
    [
        Problem("origins", 1, "it is none"),
        OriginCallable(bool, takes_request=False),
        Origins(),
        UNCOVERED,
    ],
    ids=lambda value: type(value).__name__,
)
def test_what_was_read_and_checked_stays_what_it_is(value: Any) -> None:
    for field in fields(value):
        with pytest.raises(FrozenInstanceError):
            setattr(value, field.name, None)
