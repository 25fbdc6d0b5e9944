"""An API whose tenants each bring the origins of their own pages, kept in a database.

Run it, let a page in, and take that back, all without a restart::

    export FLASK_ADMIN_TOKEN=secret
    flask --app tenants run
    curl -X PUT localhost:5000/admin/tenants/shop/origins -H 'Authorization: Bearer secret' \
         --json '["https://shop.example"]'
    curl -i localhost:5000/api/shop/items -H 'Origin: https://shop.example'

``FLASK_DATABASE_URL`` takes any URL that SQLAlchemy knows.
"""

from __future__ import annotations

import hmac
import time
from collections import OrderedDict
from threading import Lock
from typing import TYPE_CHECKING, Any

from flask import Flask, abort, request
from sqlalchemy import Engine, String, create_engine, delete, insert, select
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from flask_crossorigin import CORS
from flask_crossorigin.fetch.grammar import MAX_ORIGIN_LENGTH, parse_origin

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping

    from flask import Request


class Base(DeclarativeBase):
    """What SQLAlchemy keeps its tables in."""


class AllowedOrigin(Base):
    """One origin whose pages may use one tenant's part of the API."""

    __tablename__ = "allowed_origin"

    tenant: Mapped[str] = mapped_column(String(63), primary_key=True)
    origin: Mapped[str] = mapped_column(String(MAX_ORIGIN_LENGTH), primary_key=True)


class TenantOrigins:
    """The origins of each tenant, read from the database and remembered for a while.

    :param engine: the database.
    :param seconds: how long a change that another process made may go unnoticed.
    :param size: how many tenants are remembered.
    :param clock: seconds that never run backward.
    """

    def __init__(
        self,
        engine: Engine,
        *,
        seconds: float = 60,
        size: int = 1000,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._engine = engine
        self._seconds = seconds
        self._size = size
        self._clock = clock
        self._lock = Lock()
        # By tenant and not by origin: a stranger may send origins without end, and would push
        # those out that are asked for all day.
        self._remembered: OrderedDict[str, tuple[float, frozenset[str]]] = OrderedDict()
        self._changes = 0

    def __call__(self, origin: str, request: Request) -> bool:
        """Tell whether a page may use the part of the API that the request is for.

        It is called for each cross-origin request, preflights among them, and for URLs that
        lead nowhere too. It may fail: what it raises is logged, and the origin is refused.
        """
        tenant = (request.view_args or {}).get("tenant")
        return tenant is not None and origin in self.of(tenant)

    def of(self, tenant: str) -> frozenset[str]:
        """Give the origins of a tenant."""
        with self._lock:
            until, origins = self._remembered.get(tenant, (0.0, frozenset()))
            if self._clock() < until:
                self._remembered.move_to_end(tenant)
                return origins
            changes = self._changes
        # Not with the lock held: a slow answer for one tenant is not to hold up the others.
        query = select(AllowedOrigin.origin).where(AllowedOrigin.tenant == tenant)
        with self._engine.connect() as connection:
            origins = frozenset(connection.scalars(query))
        with self._lock:
            # What was changed meanwhile may have been read as it was before. And names of
            # tenants that do not exist can be made up as easily as origins.
            if origins and changes == self._changes:
                self._remembered[tenant] = (self._clock() + self._seconds, origins)
                self._remembered.move_to_end(tenant)
                if len(self._remembered) > self._size:
                    self._remembered.popitem(last=False)
        return origins

    def replace(self, tenant: str, origins: Collection[str]) -> None:
        """Let a tenant have these origins, and no others.

        :raises ValueError: if one is not written as browsers send it, and so would never match.
        """
        for origin in origins:
            if parse_origin(origin) is None:
                raise ValueError(f"{origin!r} is not as in https://shop.example or http://host:81")
        with self._engine.begin() as connection:
            connection.execute(delete(AllowedOrigin).where(AllowedOrigin.tenant == tenant))
            rows = [{"tenant": tenant, "origin": origin} for origin in {*origins}]
            if rows:
                connection.execute(insert(AllowedOrigin), rows)
        # After the commit: before it, another thread would only read the old ones again.
        with self._lock:
            self._changes += 1
            self._remembered.pop(tenant, None)


def create_app(config: Mapping[str, Any] | None = None) -> Flask:
    """Make the application.

    :param config: what goes before the environment's variables.
    """
    app = Flask(__name__)
    app.config.update(DATABASE_URL="sqlite:///tenants.db", ADMIN_TOKEN="")
    app.config.from_prefixed_env()
    app.config.from_mapping(config)

    engine = app.extensions["engine"] = create_engine(app.config["DATABASE_URL"])
    Base.metadata.create_all(engine)
    origins = app.extensions["origins"] = TenantOrigins(engine)

    # The administration has no policy, so that no page of another origin can use it. A browser
    # may remember a preflight for ten minutes; the request itself is asked about all the same,
    # and enforce keeps that of an origin that is no longer allowed from the view.
    CORS(app, resources={"/api/*": {"origins": origins, "max_age": 600, "enforce": True}})

    @app.get("/api/<tenant>/items")
    def list_items(tenant: str) -> list[str]:
        return [f"{tenant} 1", f"{tenant} 2"]

    @app.put("/admin/tenants/<tenant>/origins")
    def put_origins(tenant: str) -> tuple[str, int]:
        token = app.config["ADMIN_TOKEN"]
        sent = request.headers.get("Authorization", "")
        if not token or not hmac.compare_digest(sent.encode(), f"Bearer {token}".encode()):
            abort(401)
        try:
            origins.replace(tenant, [str(origin) for origin in request.get_json()])
        except ValueError as mistake:
            return f"{mistake}\n", 422
        return "", 204

    return app
