"""The database that says which origins each tenant has: SQLite or PostgreSQL."""

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

#: How many seconds the database may take. What it says later may have changed meanwhile.
PATIENCE = 1

#: One row for each tenant, so that one statement replaces all its origins. If they had rows of
#: their own, two changes at the same time could leave what both of them wrote.
tenants = Table(
    "tenant",
    MetaData(),
    Column("name", String(63), primary_key=True),
    Column("origins", JSON, nullable=False),
)


class Store:
    """The origins of each tenant, as the database has them now.

    :param url: an URL of SQLAlchemy, such as ``sqlite:///tenants.db`` or
        ``postgresql+psycopg://user:password@host/name``.
    :param clock: seconds that never run backward.
    """

    def __init__(self, url: str, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._url = make_url(url)
        self._is_postgresql = self._url.get_backend_name() == "postgresql"
        self._clock = clock
        self._has_table = False

    @cached_property
    def _engine(self) -> Engine:
        """The connections of this process, made for its first request.

        ``gunicorn --preload`` makes the application before it forks, and two processes can't share
        a connection. Its gevent workers replace what blocks after they have forked.
        """
        if not self._is_postgresql:
            return create_engine(self._url)
        return create_engine(
            self._url,
            # If the server hangs, so do only the requests that hold one of these connections.
            # The others are refused when they have waited for one.
            pool_size=4,
            max_overflow=0,
            pool_timeout=PATIENCE,
            # The server may have been restarted since a connection was used.
            pool_pre_ping=True,
            connect_args={
                "connect_timeout": 2,  # The least that libpq takes.
                "options": f"-c statement_timeout={PATIENCE * 1000}",
                # These two notice a server that is cut off, while sending and while waiting.
                "tcp_user_timeout": PATIENCE * 1000,
                "keepalives_idle": 1,
                "keepalives_interval": 1,
                "keepalives_count": 2,
            },
        )

    def _create_table(self) -> None:
        """Create the table where it is missing; a larger application leaves that to Alembic."""
        with self._engine.begin() as connection:
            if self._is_postgresql:
                # All workers come here at once, and PostgreSQL's IF NOT EXISTS is no lock.
                connection.execute(text("SELECT pg_advisory_xact_lock(1)"))
            if not inspect(connection).has_table(tenants.name):
                connection.execute(CreateTable(tenants, if_not_exists=True))
        self._has_table = True

    def read(self, tenant: str) -> frozenset[str]:
        """Return the origins of a tenant; none if there is no such tenant.

        :raises sqlalchemy.exc.SQLAlchemyError: if the database can't be reached.
        :raises TimeoutError: if its response took too long to be relied on.
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
        """Let a tenant have these origins, and no others.

        :raises sqlalchemy.exc.SQLAlchemyError: if the database can't be reached. It may have made
            the change all the same.
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
        """Close the connections of this process; the next call opens new ones."""
        self._engine.dispose()
