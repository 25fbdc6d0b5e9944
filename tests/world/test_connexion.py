from __future__ import annotations

import warnings
from typing import Any

import pytest
from flask_crossorigin import CORS

from .exchanges import APP, Exchange, allow_app, ask, check, cors_headers, preflight
from .packages import require

with warnings.catch_warnings():
    # Connexion loads Starlette's client for tests, which warns of its own requirements.
    warnings.simplefilter("ignore", DeprecationWarning)
    connexion = require("connexion")
a2wsgi = require("a2wsgi")
