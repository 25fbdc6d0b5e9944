"""Read the allowed origins of each tenant from a database, and change them without a restart.

Run it, allow an origin, and send a request from a page of that origin::

    export FLASK_ADMIN_TOKEN=secret
    flask --app tenants run
    curl -X PUT localhost:5000/admin/tenants/shop/origins -H 'Authorization: Bearer secret' \
         --json '["https://shop.example"]'
    curl -i localhost:5000/api/shop/items -H 'Origin: https://shop.example'

By default, this uses a SQLite file. With many workers or machines, use PostgreSQL and Redis::

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
    """The allowed origins of each tenant, read from the database and cached.

    All workers on all machines see a change within a second. Only the database decides which
    origins are allowed.

    :param news: tells other workers which tenants changed. Without it, cached entries expire after
        ``cache.BRIEF`` seconds.
    """

    def __init__(self, store: Store, cache: Cache, news: News | None = None) -> None:
        self._store = store
        self._cache = cache
        self._news = news

    def __call__(self, origin: str, request: Request) -> bool:
        """Return whether an origin may use the API of the tenant in the URL.

        CORS calls this for each request with an ``Origin`` header, including preflights and
        requests for URLs without a route. If it raises an exception, such as when the database is
        down, CORS logs the exception and refuses the origin.
        """
        tenant = (request.view_args or {}).get("tenant", "")
        return NAME.fullmatch(tenant) is not None and origin in self.of(tenant)

    def of(self, tenant: str) -> frozenset[str]:
        """Return the origins of a tenant, from the cache if possible.

        :raises sqlalchemy.exc.SQLAlchemyError: if the database can't be reached.
        :raises TimeoutError: if the database took too long.
        """
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
        """Replace the origins of a tenant.

        :returns: whether the other workers were told. If only this worker can't reach Redis, they
            see the change after up to ``cache.LONG`` seconds.
        :raises ValueError: if the name is invalid, or an origin isn't in the form that browsers
            send, and so would never match.
        :raises sqlalchemy.exc.SQLAlchemyError: if the database can't be reached. It may still have
            stored the change.
        """
        if NAME.fullmatch(tenant) is None:
            raise ValueError(f"{tenant!r} must be 1 to 63 lowercase letters, digits or hyphens")
        for origin in origins:
            if parse_origin(origin) is None:
                raise ValueError(f"{origin!r} must be an origin, such as https://shop.example")
        try:
            self._store.replace(tenant, origins)
        finally:
            # Only tell the others after the commit: before it, they would read the old origins.
            # Also tell them after an error, because the database may still have stored the change.
            self._cache.forget(tenant)
            published = self._news is None or self._news.tell(tenant)
        return published


def create_app(config: Mapping[str, Any] | None = None) -> Flask:
    """Create the application.

    :param config: settings that override the environment variables, for tests.
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

    # /admin/ has no policy, so pages on other origins can't use it. Browsers may cache a preflight
    # for ten minutes after its origin was removed. enforce refuses the requests that follow.
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
            published = origins.replace(tenant, [str(origin) for origin in request.get_json()])
        except ValueError as mistake:
            return f"{mistake}\n", 422
        except SQLAlchemyError:
            app.logger.exception("Could not change the origins of a tenant")
            return "The database is not available. Try again.\n", 503
        return ("", 204) if published else ("Saved. Some workers may need a few seconds.\n", 202)

    return app
