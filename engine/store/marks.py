"""The first key of an installation, and marks on what was written before: logs without seals hold so far and no further."""

from sqlalchemy import Connection, Engine, func, select
from structlog import get_logger

from engine.seals import UNSEALED, Ring
from engine.store.address import file_of, parsed, writing
from engine.store.faults import translated
from engine.store.keys import Keys, made
from engine.store.lines import unsealed_mark
from engine.store.locks import locked
from engine.store.schema import FACTS
from engine.store.schema import UNSEALED as UNSEALED_LOGS
from engine.store.upgrading import upgrade

log = get_logger()


def opened_ring(engine: Engine, keys: Keys) -> Ring:
    """Read the keys. Where there are none, make one and mark the logs that there are. Raises `KeysError`.

    The file comes last, so that an end half-way leaves what the next start does again.
    """
    ring = keys.ring()
    if ring.current:
        return ring
    key = made()
    ring = Ring.of([key])
    with translated(), engine.begin() as connection:
        if _any_sealed(connection):
            log.error("keys_missing", file=str(keys.file), says="What was sealed with them does not verify. Put them back.")
        else:
            mark(connection, ring)
    keys.add(key)
    return ring


def adopt(url: str, keys: Keys) -> int:
    """Mark how far the logs without seals of a database go that nobody runs; give how many. Blocks. Raises `StoreError`s."""
    target = parsed(url)
    with locked(file_of(target)):
        upgrade(url)
        engine = writing(target)
        ring = opened_ring(engine, keys)
        try:
            with translated(), engine.begin() as connection:
                return mark(connection, ring)
        finally:
            engine.dispose()


def mark(connection: Connection, ring: Ring) -> int:
    """Mark how far every log goes that bears no seal; give how many."""
    last = select(FACTS.c.task, func.max(FACTS.c.seq).label("seq")).where(FACTS.c.key == "").group_by(FACTS.c.task).subquery()
    wanted = select(FACTS.c.task, FACTS.c.seq, FACTS.c.hash).join(
        last, (FACTS.c.task == last.c.task) & (FACTS.c.seq == last.c.seq)
    )
    rows = [
        {"task": task, "seq": seq, "hash": name, "key": ring.current, "mac": _sealed(ring, task, seq, name)}
        for task, seq, name in connection.execute(wanted)
    ]
    connection.execute(UNSEALED_LOGS.delete())
    if rows:
        connection.execute(UNSEALED_LOGS.insert(), rows)
    return len(rows)


def _sealed(ring: Ring, task: str, seq: int, name: str) -> str:
    return ring.seal(UNSEALED, unsealed_mark(task, seq, name))


def _any_sealed(connection: Connection) -> bool:
    return connection.execute(select(FACTS.c.task).where(FACTS.c.key != "").limit(1)).first() is not None
