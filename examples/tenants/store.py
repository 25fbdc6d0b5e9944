"""Store the origins of each tenant in SQLite or PostgreSQL."""

from __future__ import annotations

import time
from functools import cached_property
from typing import TYPE_CHECKING

from sqlalchemy import (
    JSON,
    Column,
    Engine,
    MetaData,
    String,
    Table,
    create_engine,
    inspect,
    make_url,
    select,
    text,
)
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.schema import CreateTable

if TYPE_CHECKING:
    from collections.abc import Callable, Collection

#: The timeout for the database, in seconds. Results that take longer may be out of date.
PATIENCE = 1

#: One row for each tenant, so that one statement replaces all its origins. With one row for each
#: origin, two changes at the same time could leave a mix of both.
tenants = Table(
    "tenant",
    MetaData(),
    Column("name", String(63), primary_key=True),
    Column("origins", JSON, nullable=False),
)


class Store:
    """The origins of each tenant in the database, without a cache.

    :param url: a URL for SQLAlchemy, such as ``sqlite:///tenants.db`` or
        ``postgresql+psycopg://user:password@host/name``.
    :param clock: returns a time in seconds that never goes backward.
    """

    def __init__(self, url: str, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._url = make_url(url)
        self._is_postgresql = self._url.get_backend_name() == "postgresql"
        self._clock = clock
        self._has_table = False

    @cached_property
    def _engine(self) -> Engine:
        """The connection pool of this process, created on the first request.

        Don't create it with the application. ``gunicorn --preload`` forks after that, and processes
        can't share connections. Also, gevent workers only patch blocking calls after the fork.
        """
        if not self._is_postgresql:
            return create_engine(self._url)
        return create_engine(
            self._url,
            # If the server hangs, only the requests that have one of these connections hang. The
            # others wait for a connection until pool_timeout, and then refuse the origin.
            pool_size=4,
            max_overflow=0,
            pool_timeout=PATIENCE,
            # Replace connections that were lost, such as when the server restarted.
            pool_pre_ping=True,
            connect_args={
                "connect_timeout": 2,  # The minimum of libpq.
                "options": f"-c statement_timeout={PATIENCE * 1000}",
                # Detect an unreachable server, both while sending (this line) and while waiting.
                "tcp_user_timeout": PATIENCE * 1000,
                "keepalives_idle": 1,
                "keepalives_interval": 1,
                "keepalives_count": 2,
            },
        )

    def _create_table(self) -> None:
        """Create the table if it is missing. In a larger application, use Alembic instead."""
        with self._engine.begin() as connection:
            if self._is_postgresql:
                # All workers do this at once. IF NOT EXISTS can fail then, so lock first.
                connection.execute(text("SELECT pg_advisory_xact_lock(1)"))
            if not inspect(connection).has_table(tenants.name):
                connection.execute(CreateTable(tenants, if_not_exists=True))
        self._has_table = True

    def read(self, tenant: str) -> frozenset[str]:
        """Return the origins of a tenant, or an empty set if it doesn't exist.

        :raises sqlalchemy.exc.SQLAlchemyError: if the database can't be reached.
        :raises TimeoutError: if the result took too long and may be out of date.
        """
        if not self._has_table:
            self._create_table()
        query = select(tenants.c.origins).where(tenants.c.name == tenant)
        with self._engine.connect() as connection:
            asked = self._clock()
            origins = connection.scalar(query)
            if self._clock() > asked + PATIENCE:
                raise TimeoutError("the database took too long")
        return frozenset(origins or ())

    def replace(self, tenant: str, origins: Collection[str]) -> None:
        """Replace the origins of a tenant.

        :raises sqlalchemy.exc.SQLAlchemyError: if the database can't be reached. It may still have
            stored the change.
        """
        if not self._has_table:
            self._create_table()
        insert = postgresql.insert if self._is_postgresql else sqlite.insert
        row = insert(tenants).values(name=tenant, origins=sorted({*origins}))
        row = row.on_conflict_do_update(
            index_elements=[tenants.c.name], set_={"origins": row.excluded.origins}
        )
        with self._engine.begin() as connection:
            connection.execute(row)

    def close(self) -> None:
        """Close the connections of this process. The next call opens new ones."""
        self._engine.dispose()
