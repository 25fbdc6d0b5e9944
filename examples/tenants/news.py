"""Tell all workers which tenants changed, with a Redis channel.

Messages only make workers read from the database again, so nobody can allow an origin by publishing
a message.
"""

from __future__ import annotations

import logging
import random
import time
from threading import Lock, Thread
from typing import TYPE_CHECKING

from redis import Redis, RedisError
from redis.backoff import NoBackoff
from redis.retry import Retry

if TYPE_CHECKING:
    from cache import Cache

CHANNEL = "changed-tenants"
#: The seconds between two PINGs from each worker to Redis.
PING_EVERY = 0.1
#: The timeout for Redis, in seconds. It must exceed ``cache.BRIEF``. Then, if Redis hangs so long
#: that a message is lost, every worker has already stopped relying on the channel. Workers empty
#: their caches before they rely on it again.
PATIENCE = 1
#: The seconds without a message or a PONG after which a worker reconnects.
SILENCE = 2

logger = logging.getLogger(__name__)


class News:
    """The channel on which workers report changed tenants to each other.

    :param url: the URL of Redis, such as ``redis://:password@host:6379``.
    :param cache: the cache from which changed tenants are removed.
    """

    def __init__(self, url: str, cache: Cache) -> None:
        self._cache = cache
        self._redis = Redis.from_url(
            url,
            socket_timeout=PATIENCE,
            socket_connect_timeout=PATIENCE,
            # _run reconnects, after a bounded time.
            retry=Retry(NoBackoff(), 0),
            # Only with version 2 of the protocol does get_message() return PONGs.
            protocol=2,
        )
        self._thread: Thread | None = None
        self._starting = Lock()

    def tell(self, tenant: str) -> bool:
        """Tell all workers that a tenant changed, and return whether Redis accepted the message."""
        try:
            self._redis.publish(CHANNEL, tenant)
        except RedisError as error:
            logger.warning("Other workers weren't told that %s changed: %s", tenant, error)
            return False
        return True

    def listen(self) -> None:
        """Start to listen, unless this process already does.

        Call this for each request, not when you create the application: ``gunicorn --preload``
        forks after that, and threads don't survive a fork.
        """
        if self._thread is not None and self._thread.is_alive():
            return
        # Other requests don't wait until the thread has started. They read the database.
        if self._starting.acquire(blocking=False):
            try:
                self._thread = Thread(target=self._run, name="tenants", daemon=True)
                self._thread.start()
            finally:
                self._starting.release()

    def _run(self) -> None:
        while True:
            try:
                self._follow()
            except (RedisError, OSError) as error:
                logger.warning("Redis is not available, so cached tenants expire sooner: %s", error)
            # A random time, so that not all workers reconnect to a restarted server at once.
            time.sleep(random.uniform(PING_EVERY, 1))

    def _follow(self) -> None:
        """Remove changed tenants from the cache, until the connection is lost.

        A connection that hangs raises no error, so this sends PINGs. Redis sends the PONG after all
        messages that it received before the PING. So each PONG proves that every earlier change has
        arrived.

        :raises TimeoutError: after ``SILENCE`` seconds without a message.
        :raises redis.RedisError: if the connection is lost.
        """
        clock = self._cache.clock
        with self._redis.pubsub() as pubsub:
            pubsub.subscribe(CHANNEL)
            pinged = heard = clock()
            while clock() < heard + SILENCE:
                if clock() >= pinged + PING_EVERY:
                    pinged = clock()
                    pubsub.ping(repr(pinged))
                message = pubsub.get_message(timeout=PING_EVERY)
                if message is None:
                    continue
                heard = clock()
                if message["type"] == "subscribe":
                    # A new connection, perhaps because redis-py reconnected. Messages may be lost.
                    self._cache.lost()
                elif message["type"] == "message":
                    self._cache.forget(message["data"].decode(errors="replace"))
                elif message["type"] == "pong":
                    self._cache.heard_until(float(message["data"]))
        raise TimeoutError("Redis sent nothing for too long")
