"""Programs from PyPI that use Flask-CORS: how each is created, and what is asked of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from .exchanges import Exchange

#: Allowed by no program that names the origins it allows.
REFUSED = "https://evil.test"


@dataclass(frozen=True)
class Difference:
    """What this package sends in place of what Flask-CORS sends, in one program."""

    #: What the name of an exchange has to contain.
    where: str
    #: The parts of the response, as in ``status`` or ``Allow-Origin``, and what they are here.
    parts: tuple[str, ...]
    after: str | None
    reason: str

    def covers(self, exchange: Exchange, part: str, after: str | None) -> bool:
        """Return whether a part of the response to an exchange differs in this way."""
        return self.where in str(exchange) and part in self.parts and after == self.after


@dataclass(frozen=True)
class Program:
    """One way to set up a program."""

    #: Its name on PyPI, and whatever tells one set-up from another.
    name: str
    requires: tuple[str, ...]
    #: How the program calls Flask-CORS, for whoever reads this.
    calls: str
    #: Code that creates its application as ``app``.
    create: str
    #: What is asked, as in ``GET /health``, and the JSON that is sent with it.
    asked: Mapping[str, Any]
    allowed: tuple[str, ...]
    refused: tuple[str, ...] = (REFUSED,)
    variables: Mapping[str, str] = field(default_factory=dict)
    #: The problems that stop it here, each as what its text must contain.
    stops: tuple[tuple[str, ...], ...] = ()
    #: What its authors change, following the hints: a module, and what to replace with what.
    edits: tuple[tuple[str, str, str], ...] = ()
    #: What its warnings and its log must contain here.
    says: tuple[str, ...] = ()
    differences: tuple[Difference, ...] = ()

    def __str__(self) -> str:
        return self.name

    @property
    def package(self) -> str:
        return self.name.split()[0]


_MLFLOW = """\
import os
from mlflow.server import app
from mlflow.server.handlers import initialize_backend_stores
initialize_backend_stores(os.environ["_MLFLOW_SERVER_FILE_STORE"], None, "artifacts")
"""

#: What a page can be granted.
_GRANTED = ("Allow-Origin", "Allow-Credentials", "Allow-Methods", "Allow-Headers")

_ALERTA = (
    "With credentials, a regex must not match domains that others can register. The log says so, "
    "and until it is fixed the views with supports_credentials=True allow nobody."
)

PROGRAMS = [
    Program(
        "locust",
        requires=("locust==2.47.0",),
        calls="CORS(app)",
        create="""\
from locust.env import Environment
environment = Environment(user_classes=[])
environment.create_local_runner()
app = environment.create_web_ui(delayed_start=True).app
""",
        asked={
            "GET /stats/requests": None,
            "POST /swarm": None,
            "PUT /swarm": None,
            "GET /missing": None,
        },
        allowed=("https://app.example.com",),
        refused=(),
    ),
    Program(
        "moto",
        requires=("moto[server,s3]==5.2.5",),
        calls="CORS(backend_app), and then another URL map",
        create="""\
from moto.server import DomainDispatcherApplication, create_backend_app
app = DomainDispatcherApplication(create_backend_app)
""",
        asked={
            "GET /moto-api/data.json": None,
            "PUT /bucket": None,
            "GET /bucket/missing": None,
            "DELETE /moto-api/": None,
        },
        allowed=("https://app.example.com",),
        refused=(),
    ),
    Program(
        "mlflow",
        requires=("mlflow==3.17.2",),
        calls='CORS(app, resources={r"/*": {"origins": [r"^http://localhost(:[0-9]+)?$", ...]}}, '
        "supports_credentials=True, methods=[...])",
        create=_MLFLOW,
        asked={
            "GET /health": None,
            "POST /api/2.0/mlflow/experiments/search": {"max_results": 1},
            "PUT /api/2.0/mlflow/experiments/search": None,
            "GET /api/2.0/mlflow/missing": None,
        },
        allowed=("http://localhost", "http://localhost:3000", "http://127.0.0.1:8080"),
        refused=(REFUSED, "http://localhost.evil.test", "https://localhost:3000"),
        variables={"_MLFLOW_SERVER_FILE_STORE": "sqlite:///mlflow.db"},
    ),
    Program(
        "mlflow with origins",
        requires=("mlflow==3.17.2",),
        calls='CORS(app, resources={r"/*": {"origins": [*os.environ[...].split(","), ...]}}, ...)',
        create=_MLFLOW,
        asked={
            "GET /health": None,
            "POST /api/2.0/mlflow/experiments/search": {"max_results": 1},
        },
        allowed=("https://app.example.com", "https://shop.example.com", "http://localhost:3000"),
        variables={
            "_MLFLOW_SERVER_FILE_STORE": "sqlite:///mlflow.db",
            "MLFLOW_SERVER_CORS_ALLOWED_ORIGINS": "https://app.example.com, https://shop.example.com",
        },
    ),
    Program(
        "apache-superset",
        # Later versions of Flask-Caching pass on an argument that it doesn't take.
        requires=("apache-superset==6.1.0", "flask-caching==2.3.1"),
        calls='CORS(self.superset_app, **self.config["CORS_OPTIONS"])',
        create="""\
from superset.app import create_app
app = create_app()
""",
        asked={
            "GET /health": None,
            "POST /health": None,
            "GET /api/v1/security/csrf_token/": None,
            "POST /api/v1/security/login": {"username": "admin"},
            "GET /missing": None,
        },
        allowed=("https://tile.openstreetmap.org", "https://tile.osm.ch"),
        variables={"SUPERSET_SECRET_KEY": "not a secret", "SUPERSET_HOME": "."},
        says=('no configuration key "CORS_OPTIONS". It has no effect here',),
    ),
    Program(
        "alerta-server",
        requires=("alerta-server[mongodb]==9.1.0",),
        calls="CORS().init_app(app) with CORS_ORIGINS and others in app.config, "
        "@cross_origin() and @cross_origin(supports_credentials=True)",
        create="""\
from alerta.app import create_app
app = create_app({"DATABASE_RAISE_ON_ERROR": False})
""",
        asked={
            "GET /": None,
            "GET /management/manifest": None,
            "GET /auth/logout": None,
            "DELETE /auth/logout": None,
            "GET /missing": None,
        },
        allowed=(
            "http://localhost",
            "http://localhost:8000",
            "https://console.local.alerta.io:8080",
        ),
        variables={
            # There is no database: what is asked needs none.
            "DATABASE_URL": "mongodb://127.0.0.1:1/alerta?serverSelectionTimeoutMS=10",
        },
        says=('also matches "http://local.alerta.io.attacker.net"',),
        differences=(
            Difference("/auth/logout from", (*_GRANTED, "Vary"), None, _ALERTA),
            Difference("preflight GET /auth/logout from", ("status",), "403", _ALERTA),
            Difference("preflight DELETE /auth/logout from", ("status",), "403", _ALERTA),
            Difference("GET /auth/logout", ("Vary",), None, _ALERTA),
            Difference("DELETE /auth/logout", ("Vary",), None, _ALERTA),
        ),
    ),
    Program(
        "alerta-server with origins",
        requires=("alerta-server[mongodb]==9.1.0",),
        calls="as above, with origins that are no regex",
        create="""\
from alerta.app import create_app
app = create_app({"DATABASE_RAISE_ON_ERROR": False})
""",
        asked={
            "GET /management/manifest": None,
            "GET /auth/logout": None,
            "DELETE /auth/logout": None,
        },
        allowed=("https://console.example.com", "http://localhost:8000"),
        variables={
            "CORS_ORIGINS": "https://console.example.com,http://localhost:8000",
            "DATABASE_URL": "mongodb://127.0.0.1:1/alerta?serverSelectionTimeoutMS=10",
        },
    ),
    Program(
        "pygeoapi",
        requires=("pygeoapi==0.21.0",),
        calls="CORS(APP, CORS_EXPOSE_HEADERS=['*'])",
        create="""\
import json
from pathlib import Path
server = {"bind": {"host": "127.0.0.1", "port": 5000}, "url": "http://localhost", "cors": True}
server |= {"mimetype": "application/json", "encoding": "utf-8", "languages": ["en-US"]}
server["map"] = {"url": "https://tile.example.com/{z}/{x}/{y}.png", "attribution": "nobody"}
identification = {"title": "t", "description": "d", "keywords": ["k"], "url": "http://localhost"}
metadata = {
    "identification": {**identification, "keywords_type": "theme", "terms_of_service": "none"},
    "license": {"name": "none", "url": "http://localhost"},
    "provider": {"name": "nobody", "url": "http://localhost"},
    "contact": {"name": "nobody", "url": "http://localhost"},
}
config = {"server": server, "logging": {"level": "ERROR"}, "metadata": metadata, "resources": {}}
Path("config.yml").write_text(json.dumps(config))
from pygeoapi.openapi import generate_openapi_document
Path("openapi.json").write_text(generate_openapi_document(Path("config.yml"), "json"))
from pygeoapi.flask_app import APP as app
""",
        variables={"PYGEOAPI_CONFIG": "config.yml", "PYGEOAPI_OPENAPI": "openapi.json"},
        stops=(("CORS_EXPOSE_HEADERS", "Did you mean expose_headers?"),),
        edits=(("pygeoapi.flask_app", "CORS_EXPOSE_HEADERS=", "expose_headers="),),
        differences=(
            Difference(
                "", ("Expose-Headers",), "*", "Flask-CORS has no such option, and ignores it."
            ),
        ),
        asked={
            "GET /": None,
            "GET /collections": None,
            "POST /conformance": None,
            "GET /missing": None,
        },
        allowed=("https://app.example.com",),
        refused=(),
    ),
    Program(
        "aw-server",
        requires=("aw-server==0.12.0",),
        calls='CORS(current_app, resources={r"/api/*": {"origins": ["moz-extension://*"]}})',
        create="""\
from aw_server.server import create_app
app = create_app("localhost", testing=False)
""",
        asked={
            "GET /": None,
            "GET /api/0/info": None,
            "POST /api/0/buckets/window": {"client": "c", "type": "t", "hostname": "h"},
            "PUT /api/0/info": None,
            "GET /api/0/missing": None,
        },
        allowed=("moz-extension://0c6e3f3f-bd1b-4f0b-8f8c-2a5a9a4f7e11",),
    ),
    Program(
        "aw-server --testing",
        requires=("aw-server==0.12.0",),
        calls='CORS(current_app, resources={r"/api/*": {"origins": '
        '["http://127.0.0.1:27180/*", "moz-extension://*"]}})',
        create="""\
from aw_server.server import create_app
app = create_app("localhost", testing=True)
""",
        asked={"GET /api/0/info": None},
        allowed=("http://127.0.0.1:27180",),
        stops=(('resources["/api/*"].origins[0]', 'Write "http://127.0.0.1:27180"'),),
        edits=(("aw_server.server", "http://127.0.0.1:27180/*", "http://127.0.0.1:27180"),),
    ),
    Program(
        "terracotta",
        requires=("terracotta==0.10.1",),
        calls='CORS(new_tile_api, origins=[r"http[s]?://(localhost|127\\.0\\.0\\.1):*"]), '
        'CORS(new_metadata_api, origins=["*"])',
        create="""\
from terracotta.server.flask_api import create_app
app = create_app()
""",
        asked={
            "GET /keys": None,
            "POST /metadata": None,
            "GET /rgb/preview.png": None,
            "GET /swagger.json": None,
            "PUT /keys": None,
            "GET /missing": None,
        },
        allowed=("http://localhost", "http://localhost:3000", "https://127.0.0.1:8080"),
        variables={"TC_DRIVER_PATH": "terracotta.sqlite"},
        stops=(("origins[0]", r'Write r"http[s]?://(localhost|127\.0\.0\.1)(:\d+)?"'),),
        edits=(("terracotta.config", r"127\.0\.0\.1):*", r"127\.0\.0\.1)(:\d+)?"),),
    ),
    Program(
        "azureml-inference-server-http",
        requires=("azureml-inference-server-http==1.5.1",),
        calls='CORS(self, methods=["GET", "POST"], origins=[...]), where self is a Blueprint',
        create="""\
from pathlib import Path
Path("score.py").write_text("def init(): pass\\ndef run(data): return data\\n")
from azureml_inference_server_http.server.create_app import create
app = create()
""",
        asked={
            "GET /": None,
            "POST /score": {"data": 1},
            "PUT /score": None,
            "GET /missing": None,
        },
        allowed=("https://app.example.com", "https://shop.example.com"),
        variables={
            "AML_APP_ROOT": ".",
            "AZUREML_ENTRY_SCRIPT": "score.py",
            "AML_CORS_ORIGINS": "https://app.example.com, https://shop.example.com",
        },
    ),
]
