"""An API whose tenants each bring the origins of their own pages, kept in a database.

Run it, allow a page, and take that back, all without a restart::

    export FLASK_ADMIN_TOKEN=secret
    flask --app tenants run
    curl -X PUT localhost:5000/admin/tenants/shop/origins -H 'Authorization: Bearer secret' \
         --json '["https://shop.example"]'
    curl -i localhost:5000/api/shop/items -H 'Origin: https://shop.example'

The database is a file of SQLite. On many machines, use PostgreSQL and Redis::

    pip install 'psycopg[binary]' redis
    export FLASK_DATABASE_URL=postgresql+psycopg://user:password@host/name
    export FLASK_REDIS_URL=redis://:password@host
    gunicorn --workers 4 'tenants:create_app()'
"""

from __future__ import annotations

import hmac
import re
from typing import TYPE_CHECKING, Any

from cache import Cache
from flask import Flask, abort, request
from sqlalchemy.exc import SQLAlchemyError
from store import Store

from flask_crossorigin import CORS
from flask_crossorigin.fetch.grammar import parse_origin

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from flask import Request
    from news import News

NAME = re.compile("[a-z0-9-]{1,63}")


class TenantOrigins:
    """The origins of each tenant, read from the database and remembered for a while.

    A change counts in every worker on every machine within a second. Nothing counts that the
    database does not list.

    :param news: what tells the workers of changes. Without it each tenant is remembered for less
        than a second.
    """

    def __init__(self, store: Store, cache: Cache, news: News | None = None) -> None:
        self._store = store
        self._cache = cache
        self._news = news

    def __call__(self, origin: str, request: Request) -> bool:
        """Return whether a page may use the part of the API that the request is for.

        It is called for each cross-origin request, preflights among them, and for URLs that
        lead nowhere too. It may fail: what it raises is logged, and the origin is refused.
        """
        tenant = (request.view_args or {}).get("tenant", "")
        return NAME.fullmatch(tenant) is not None and origin in self.of(tenant)

    def of(self, tenant: str) -> frozenset[str]:
        """Return the origins of a tenant."""
        if self._news is not None:
            self._news.listen()
        remembered = self._cache.get(tenant)
        if remembered is not None:
            return remembered
        reading = self._cache.reading()
        origins = self._store.read(tenant)
        self._cache.put(tenant, origins, reading)
        return origins

    def replace(self, tenant: str, origins: Collection[str]) -> bool:
        """Let a tenant have these origins, and no others.

        :returns: whether Redis took the message for the other workers. If it can't be reached
            from here alone, they may need ``cache.LONG`` seconds to notice.
        :raises ValueError: if the name is not one of a tenant, or an origin is not written as
            browsers send it, and so would never match.
        """
        if NAME.fullmatch(tenant) is None:
            raise ValueError(f"{tenant!r} is not made of lower-case letters, digits and hyphens")
        for origin in origins:
            if parse_origin(origin) is None:
                raise ValueError(f"{origin!r} is not as in https://shop.example or http://host:81")
        try:
            self._store.replace(tenant, origins)
        finally:
            # After the commit, since a worker that reads before it reads the old ones again. Also
            # after an error: the database may have made the change and died before it said so.
            self._cache.forget(tenant)
            told = self._news is None or self._news.tell(tenant)
        return told


def create_app(config: Mapping[str, Any] | None = None) -> Flask:
    """Make the application.

    :param config: what goes before the environment's variables.
    """
    app = Flask(__name__)
    app.config.update(DATABASE_URL="sqlite:///tenants.db", REDIS_URL="", ADMIN_TOKEN="")
    app.config.from_prefixed_env()
    app.config.from_mapping(config)

    cache, news = Cache(), None
    if app.config["REDIS_URL"]:
        from news import News

        news = News(app.config["REDIS_URL"], cache)
    store = app.extensions["store"] = Store(app.config["DATABASE_URL"])
    origins = TenantOrigins(store, cache, news)

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
            told = origins.replace(tenant, [str(origin) for origin in request.get_json()])
        except ValueError as mistake:
            return f"{mistake}\n", 422
        except SQLAlchemyError:
            app.logger.exception("The origins of a tenant were not changed")
            return "The database does not respond. Send it again.\n", 503
        return ("", 204) if told else ("Saved. It may take a moment to count everywhere.\n", 202)

    return app
