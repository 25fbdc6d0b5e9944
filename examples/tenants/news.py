"""How the workers tell each other which tenants changed, through Redis.

A message only makes a worker forget, so nobody who can send one can let an origin in.
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
#: How often each worker asks Redis for a sign of life, in seconds.
PING_EVERY = 0.1
#: How many seconds Redis may take. It must exceed ``cache.BRIEF``: if Redis hangs so long that a
#: message is given up, no worker relies on Redis any more, and all forget before they do so again.
PATIENCE = 1
#: After how many seconds without a sign of life to connect again.
SILENCE = 2

logger = logging.getLogger(__name__)


class News:
    """Changes of tenants, to and from all workers.

    :param url: an URL of Redis, such as ``redis://:password@host:6379``.
    :param cache: what forgets the tenants that changed.
    """

    def __init__(self, url: str, cache: Cache) -> None:
        self._cache = cache
        self._redis = Redis.from_url(
            url,
            socket_timeout=PATIENCE,
            socket_connect_timeout=PATIENCE,
            # Waiting and connecting again is up to _run, within a bounded time.
            retry=Retry(NoBackoff(), 0),
            # With version 2 of the protocol, pongs are among the messages.
            protocol=2,
        )
        self._thread: Thread | None = None
        self._starting = Lock()

    def tell(self, tenant: str) -> bool:
        """Tell all workers that a tenant changed, and return whether Redis took the message."""
        try:
            self._redis.publish(CHANNEL, tenant)
        except RedisError as error:
            logger.warning("The change of %s was not told: %s", tenant, error)
            return False
        return True

    def listen(self) -> None:
        """Start to listen, if this process does not yet.

        Call it for each request. ``gunicorn --preload`` forks after the application was made, and
        no thread outlives that.
        """
        if self._thread is not None and self._thread.is_alive():
            return
        # Requests that come meanwhile don't wait. They read the database.
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
                logger.warning("Tenants are read from the database, without Redis: %s", error)
            # At random, so that the workers don't all come at once to a server that was restarted.
            time.sleep(random.uniform(PING_EVERY, 1))

    def _follow(self) -> None:
        """Make the cache forget what changes, until the connection is lost.

        Redis sends a pong after all messages that it got before the ping. So the cache relies on
        what it heard for moments after each ping that was answered, and a connection that hangs
        counts as lost.
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
                    # A new connection, perhaps made by redis-py itself. Older messages are lost.
                    self._cache.lost()
                elif message["type"] == "message":
                    self._cache.forget(message["data"].decode(errors="replace"))
                elif message["type"] == "pong":
                    self._cache.heard_until(float(message["data"]))
        raise TimeoutError("no sign of life")
