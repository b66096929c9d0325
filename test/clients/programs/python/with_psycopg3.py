import asyncio
import datetime
import decimal
import ipaddress
import threading
import uuid
import zlib

import psycopg
from psycopg import pq
from psycopg.rows import dict_row, namedtuple_row
from psycopg.types import TypeInfo
from psycopg.types.composite import CompositeInfo
from psycopg.types.enum import EnumInfo
from psycopg.types.json import Json, Jsonb
from psycopg.types.range import RangeInfo

from checks import DSN, EXPRESSIONS, WRONG, check, check_async, tell


def described(cursor):
    return [(c.name, c.type_code, c.internal_size, c.precision, c.scale) for c in cursor.description or []]


def answer(cursor):
    return {"status": cursor.statusmessage, "rowcount": cursor.rowcount, "columns": described(cursor),
            "rows": cursor.fetchall() if cursor.description else None}


def ask(sql, parameters=None, **more):
    return answer(conn.execute(sql, parameters, **more))


def status():
    return conn.info.transaction_status.name


# -- connecting

conn = psycopg.connect(DSN)
tell("info", (conn.info.dbname, conn.info.user, conn.info.options, conn.info.encoding, conn.info.server_version // 10000,
              conn.info.pipeline_status.name, str(conn.info.timezone), conn.info.full_protocol_version))
tell("pid", ask("SELECT pg_backend_pid()")["rows"][0][0] == conn.info.backend_pid)
conn.rollback()
check("connect_timeout, keepalives, application_name", lambda: psycopg.connect(
    DSN, connect_timeout=5, keepalives_idle=7, application_name="π", client_encoding="utf-8").execute("SHOW application_name").fetchall())
check("protocol 3.2", lambda: psycopg.connect(DSN, max_protocol_version="3.2").info.full_protocol_version)
check("protocol latest", lambda: psycopg.connect(DSN, min_protocol_version="3.2", max_protocol_version="latest").info.full_protocol_version)
check("no such database", lambda: psycopg.connect(DSN, dbname="nosuch"))

# -- types, both ways, as text and binary

for binary in (False, True):
    how = "binary" if binary else "text"
    for sql in EXPRESSIONS:
        check(f"{how}: SELECT {sql}", lambda: answer(conn.cursor(binary=binary).execute(f"SELECT {sql}")))
        conn.rollback()
    check(f"{how}: every type", lambda: answer(conn.cursor(binary=binary).execute("SELECT * FROM every_type ORDER BY id")))
    for column in "f8 d t ts tstz iv".split():
        check(f"{how}: extremes of {column}", lambda: answer(conn.cursor(binary=binary).execute(f"SELECT {column} FROM extremes ORDER BY id")))
        conn.rollback()
    check(f"{how}: strange names", lambda: answer(conn.cursor(binary=binary).execute('SELECT * FROM "Café Ünïon" ORDER BY 1')))
    check(f"{how}: no rows", lambda: answer(conn.cursor(binary=binary).execute("SELECT * FROM empty")))
    check(f"{how}: many rows", lambda: (
        cursor := conn.cursor(binary=binary).execute("SELECT id, at, value FROM readings ORDER BY id")) and [
        cursor.rowcount, cursor.fetchmany(3), zlib.crc32(repr(cursor.fetchall()).encode())])

PARAMETERS = [
    ("%s", 1), ("%s", 2**15), ("%s", 2**31), ("%s", 2**63), ("%s", -1), ("%s", 1.5), ("%s", float("nan")), ("%s", float("-inf")),
    ("%s", decimal.Decimal("1.10")), ("%s", decimal.Decimal("NaN")), ("%s", True), ("%s", "it's \\ 日本 🎉"), ("%s::text", None),
    ("%s", b"\x00\xff'\\"), ("%s", datetime.date(2024, 2, 29)), ("%s", datetime.time(1, 2, 3, 4)),
    ("%s", datetime.time(1, 2, 3, tzinfo=datetime.timezone.utc)), ("%s", datetime.datetime(2024, 2, 29, 1, 2, 3, 4)),
    ("%s", datetime.datetime(2024, 2, 29, tzinfo=datetime.timezone(datetime.timedelta(hours=-5)))),
    ("%s", datetime.timedelta(days=-1, seconds=5, microseconds=7)), ("%s", uuid.UUID(int=7)), ("%s", [1, 2, None]),
    ("%s", ["a", None, 'b"c']), ("%s::int[]", []), ("%s", [[1, 2], [3, 4]]), ("%s", [decimal.Decimal("1.5"), None]),
    ("%s", [datetime.date(2024, 1, 1)]), ("%s", [True, None]), ("%s", [uuid.UUID(int=7)]), ("%s", [1.5, None]),
    ("%s", Json({"a": [1, None, "é"]})), ("%s", Jsonb({"a": [1, None, "é"]})), ("%s", ipaddress.ip_address("10.0.0.1")),
    ("%s + 1", 1), ("%s || 'x'", "a"), ("%s < now()", datetime.datetime(2024, 1, 1)), ("%s::numeric * 2", 3), ("-%s", 5),
]
for index, (sql, value) in enumerate(PARAMETERS):
    for letter in "stb":
        placed = sql.replace("%s", f"%{letter}")
        check(f"parameter {index}: SELECT {placed}", ask, f"SELECT {placed}", (value,))
        conn.rollback()
check("the same parameter thrice", ask, "SELECT %(a)s::int + %(a)s, %(b)s::text", {"a": 1, "b": "é"})
check("many parameters", ask, "SELECT count(*) FROM sales WHERE id = ANY(%s) AND region = %s AND price > %s AND paid = %s AND sold_at < %s",
      (list(range(50)), "EU", decimal.Decimal("-50.5"), True, datetime.datetime(2024, 12, 1)))
check("IN of parameters", ask, "SELECT id FROM sales WHERE qty IN (%s, %s, %s) OR due = %s ORDER BY id", (1, 2, None, datetime.date(2024, 3, 7)))
check("LIMIT and OFFSET", ask, "SELECT id FROM sales ORDER BY id LIMIT %s OFFSET %s", (3, 5))
conn.rollback()
check("no result", lambda: conn.execute("SET LOCAL statement_timeout = 0").fetchall())
conn.rollback()
check("dict_row", lambda: conn.cursor(row_factory=dict_row).execute("SELECT id, region FROM sales ORDER BY id LIMIT 2").fetchall())
check("namedtuple_row", lambda: [repr(row) for row in conn.cursor(row_factory=namedtuple_row).execute(
    "SELECT id, region FROM sales ORDER BY id LIMIT 2").fetchall()])
check("client-side cursor", lambda: answer(psycopg.ClientCursor(conn).execute("SELECT %s, %s, %s", ("it's", 1.5, None))))
check("raw cursor", lambda: answer(psycopg.RawCursor(conn).execute("SELECT $2::text, $1::int", (1, "x"))))
check("stream", lambda: sum(row[0] for row in conn.cursor().stream("SELECT id FROM readings")))
check("stream of chunks", lambda: sum(row[0] for row in conn.cursor().stream("SELECT id FROM readings", size=100)))
check("executemany, returning", lambda: (cursor := conn.cursor()) and [
    cursor.executemany("SELECT %s::int + 1", [(i,) for i in range(5)], returning=True),
    [(cursor.fetchall(), cursor.nextset()) for _ in range(5)]])
conn.rollback()

# -- prepared statements


def prepared():
    cursor = conn.cursor()
    out = []
    for i in range(8):
        cursor.execute("SELECT count(*) FROM sales WHERE qty > %s AND region = %s", (i, "EU"))
        out.append((cursor.fetchall(), [row[0] for row in conn.execute("SELECT statement FROM pg_prepared_statements", prepare=False)]))
    return out


check("the sixth time", prepared)
conn.rollback()
check("prepared at once", lambda: [ask("SELECT %s::int * 2", (i,), prepare=True)["rows"] for i in range(3)])
check("prepared names", ask, "SELECT name, statement, parameter_types::text, from_sql FROM pg_prepared_statements ORDER BY 1")
conn.prepare_threshold = 0
conn.prepared_max = 3
check("more than prepared_max", lambda: [ask(f"SELECT {i} + %s::int", (i,))["rows"] for i in range(10)])
conn.rollback()
conn.prepare_threshold = 5
conn.prepared_max = 100
check("deallocated all", lambda: [ask("DEALLOCATE ALL")["status"], ask("SELECT %s::int", (1,), prepare=True)["rows"]])
conn.rollback()
check("SQL's and the protocol's are one", lambda: [ask(sql) for sql in (
    "PREPARE p (int, text) AS SELECT id, note FROM sales WHERE id = $1 OR note = $2 ORDER BY id", "EXECUTE p(3, 'abc')",
    "SELECT name, statement, parameter_types::text, result_types::text, from_sql FROM pg_prepared_statements WHERE name = 'p'",
    "DEALLOCATE p")])
conn.rollback()

# -- pipelines


def pipeline():
    with conn.pipeline() as line:
        cursors = [conn.execute("SELECT %s::int, count(*) FROM sales WHERE qty = %s", (i, i)) for i in range(20)]
        line.sync()
        return [cursor.fetchall() for cursor in cursors]


def broken_pipeline(connection):
    """Where an error is raised depends on when it arrives; that it is, and what it leaves, doesn't."""
    out = []
    try:
        with connection.pipeline() as line:
            for sql in ("SELECT 1", "SELECT 1/0", "SELECT 2"):
                connection.execute(sql)
            line.sync()
    except psycopg.Error as error:
        out.append((type(error).__name__, connection.info.transaction_status.name))
    try:
        with connection.pipeline():
            out.append(connection.execute("SELECT count(*) FROM sales").fetchall())
    except psycopg.Error as error:
        out.append(type(error).__name__)
    return out


check("pipeline", pipeline)
conn.rollback()
check("broken pipeline", broken_pipeline, conn)
conn.rollback()


def autocommit_pipeline():
    with psycopg.connect(DSN, autocommit=True) as connection:
        return broken_pipeline(connection)


check("pipeline outside of transactions", autocommit_pipeline)


def in_pipeline():
    with psycopg.connect(DSN) as connection, connection.pipeline():
        with connection.transaction():
            a = connection.execute("SELECT 1")
            with connection.transaction():
                b = connection.execute("SELECT count(*) FROM visits")
        return a.fetchall() + b.fetchall()


check("transactions in a pipeline", lambda: in_pipeline())
# -- cursors

READINGS = "SELECT id, sensor, value FROM readings WHERE id >= %s ORDER BY id"


def server_cursor(sql=READINGS, parameters=(100,), **more):
    return conn.cursor("srv", **more).execute(sql, parameters)


check("server cursor", lambda: (cursor := server_cursor()) and [
    described(cursor), cursor.fetchone(), cursor.fetchmany(3), cursor.rownumber, len(cursor.fetchall()), cursor.statusmessage])
conn.rollback()
check("binary server cursor", lambda: conn.cursor("srv", binary=True).execute("SELECT * FROM every_type ORDER BY id").fetchall())
conn.rollback()
check("itersize", lambda: (cursor := server_cursor()) and [setattr(cursor, "itersize", 7), sum(row[0] for row in cursor)])
conn.rollback()
check("scroll back", lambda: (cursor := server_cursor(scrollable=True)) and [
    cursor.fetchmany(30), cursor.scroll(-12), cursor.fetchone(), cursor.scroll(0, mode="absolute"), cursor.fetchone()])
conn.rollback()
check("forward only", lambda: (cursor := server_cursor(scrollable=False)) and [cursor.fetchmany(3), cursor.scroll(10), cursor.fetchone(),
                                                                              cursor.scroll(-2)])
conn.rollback()


def hold():
    cursor = server_cursor(withhold=True)
    out = [cursor.fetchmany(2)]
    conn.commit()
    out += [cursor.fetchmany(2), status(), cursor.close()]
    return out


check("with hold", hold)
conn.rollback()


def described_portal(name):
    result = conn.pgconn.describe_portal(name.encode())
    return [result.status, [(result.fname(i).decode(), result.ftype(i), result.fformat(i)) for i in range(result.nfields)],
            result.error_message.decode()]


check("the portal by name", lambda: [ask("DECLARE d CURSOR FOR SELECT id, region FROM sales ORDER BY id")["status"],
                                     described_portal("d"), ask("FETCH 2 FROM d"), described_portal("nosuch")])
conn.rollback()


def described_statement(sql):
    result = conn.pgconn.prepare(b"", sql.encode())
    if result.status != pq.ExecStatus.COMMAND_OK:
        return result.error_message.decode()
    result = conn.pgconn.describe_prepared(b"")
    return [[result.param_type(i) for i in range(result.nparams)],
            [(result.fname(i).decode(), result.ftype(i), result.fmod(i), result.fsize(i), result.ftablecol(i)) for i in range(result.nfields)]]


for sql in ("SELECT * FROM sales", "SELECT * FROM every_type WHERE id = $1 AND ts > $2 AND txt LIKE $3 AND u = $4 AND i4s = $5",
            "SELECT $1", "SELECT $1 + 1, $2::text", "SELECT id, count(*), sum(price), avg(qty), max(note) FROM sales GROUP BY id LIMIT $1 OFFSET $2",
            "SELECT $2::int", "SELECT CASE WHEN $1 THEN 1 ELSE 2.5 END, coalesce($2, 'x'), $3 IN (1, 2), ARRAY[$4, 1]", "BEGIN", "SET x.y = 1",
            "SHOW TimeZone", "SELECT $1 = ANY(SELECT id FROM sales)", "SELECT nosuch", "VALUES ($1, 2), ('a', $2)", "FETCH 1 FROM nosuch"):
    check(f"describe {sql}", described_statement, sql)
    conn.rollback()

# -- transactions


def nested():
    out = []
    with conn.transaction():
        out.append(status())
        try:
            with conn.transaction("inner") as inner:
                conn.execute("SELECT 1/0")
        except psycopg.Error as error:
            out.append((type(error).__name__, status(), inner.savepoint_name))
        with conn.transaction(force_rollback=True):
            out.append(conn.execute("SELECT count(*) FROM sales").fetchall())
        with conn.transaction():
            raise psycopg.Rollback
    out.append(status())
    return out


check("nested transactions", nested)


def levels():
    out = []
    for level in psycopg.IsolationLevel:
        with psycopg.connect(DSN) as connection:
            connection.isolation_level = level
            connection.read_only = True
            connection.deferrable = True
            out.append([connection.execute(f"SHOW {name}").fetchone()[0] for name in (
                "transaction_isolation", "transaction_read_only", "transaction_deferrable")])
    return out


check("isolation levels", levels)


def failed():
    out = []
    for sql in ("SELECT 1", "SELECT nosuch", "SELECT 2", "COMMIT", "SELECT 3"):
        try:
            out.append((ask(sql)["status"], status()))
        except psycopg.Error as error:
            out.append((type(error).__name__, error.diag.message_primary, status()))
    return out


check("a failed transaction", failed)
conn.rollback()
check("several statements", lambda: (cursor := conn.execute("SELECT 1 AS a; SELECT count(*) FROM sales; SELECT 'x' AS b")) and [
    cursor.fetchall(), cursor.nextset(), cursor.fetchall(), cursor.nextset(), cursor.fetchall(), cursor.nextset()])
check("several statements with parameters", ask, "SELECT %s; SELECT 2", (1,))
conn.rollback()
conn.autocommit = True
notices = []
conn.add_notice_handler(lambda diag: notices.append((diag.severity, diag.sqlstate, diag.message_primary)))
check("notices", lambda: [ask(sql)["status"] for sql in ("COMMIT", "ROLLBACK", "SET LOCAL statement_timeout = 0", "BEGIN", "BEGIN", "COMMIT")] + notices)
for sql in WRONG:
    check(f"wrong: {sql}", ask, sql)
    check(f"wrong, prepared: {sql}", lambda: ask(sql, prepare=True))
check("DISCARD ALL", lambda: [ask("SET TimeZone = 'Asia/Tokyo'")["status"], str(conn.info.timezone), ask("DISCARD ALL")["status"],
                              str(conn.info.timezone), ask("SHOW TimeZone")["rows"]])
conn.autocommit = False

# -- what it asks of the catalog

for name in ("text", "int4", "hstore", "sales", '"Café Ünïon"', "pg_catalog.numeric", "nosuch.nosuch"):
    check(f"TypeInfo of {name}", lambda: str(TypeInfo.fetch(conn, name)) if name in ("hstore", "nosuch.nosuch") else [
        (info := TypeInfo.fetch(conn, name)) and info.name, info.oid if info.oid < 16384 else None, info.regtype, info.delimiter])
    conn.rollback()
check("RangeInfo", lambda: (info := RangeInfo.fetch(conn, "tstzrange")) and [info.name, info.oid, info.array_oid, info.subtype_oid])
check("EnumInfo", lambda: EnumInfo.fetch(conn, "nosuch"))
check("CompositeInfo", lambda: (info := CompositeInfo.fetch(conn, "products")) and [info.name, info.field_names, info.field_types])
conn.rollback()

# -- cancelling

SLOW = "SELECT count(*) FROM readings a, readings b, readings c WHERE a.value * b.value < c.value"


def cancelled(act):
    with psycopg.connect(DSN) as connection:
        timer = threading.Timer(0.5, act, (connection,))
        timer.start()
        try:
            return connection.execute(SLOW).fetchall()
        except psycopg.Error as error:
            timer.join()
            out = [type(error).__name__, error.sqlstate, error.diag.message_primary, connection.info.transaction_status.name]
            connection.rollback()
            return out + connection.execute("SELECT 1").fetchall()


check("cancel", cancelled, lambda connection: connection.cancel())
check("cancel_safe", cancelled, lambda connection: connection.cancel_safe(timeout=5))


def cancelled_pipeline():
    with psycopg.connect(DSN) as connection:
        timer = threading.Timer(0.5, lambda: connection.cancel_safe(timeout=5))
        timer.start()
        try:
            with connection.pipeline():
                connection.execute("SELECT 1")
                connection.execute(SLOW)
                connection.execute("SELECT 2")
        except psycopg.Error as error:
            return [type(error).__name__, error.sqlstate]


check("cancel in a pipeline", lambda: cancelled_pipeline())
# -- asynchronous


async def asynchronous():
    async with await psycopg.AsyncConnection.connect(DSN) as connection:
        async with connection.cursor() as cursor:
            await cursor.execute("SELECT id, note FROM sales WHERE region = %s ORDER BY id LIMIT 3", ("EU",))
            out = [await cursor.fetchall()]
        async with connection.cursor("a") as cursor:
            await cursor.execute("SELECT id FROM readings ORDER BY id")
            out.append(await cursor.fetchmany(3))
        async with connection.pipeline():
            cursors = [await connection.execute("SELECT %s::int", (i,)) for i in range(5)]
        out.append([await cursor.fetchall() for cursor in cursors])
        try:
            await asyncio.wait_for(connection.execute(SLOW), 0.5)
        except (asyncio.TimeoutError, psycopg.Error) as error:
            out.append(type(error).__name__)
        await connection.rollback()
        out.append(await (await connection.execute("SELECT 1")).fetchall())
        return out


asyncio.run(check_async("asynchronous", asynchronous))


async def at_once():
    async def one(i):
        async with await psycopg.AsyncConnection.connect(DSN) as connection:
            return await (await connection.execute("SELECT %s::int, count(*) FROM readings WHERE id %% 10 = %s", (i, i))).fetchall()
    return await asyncio.gather(*(one(i) for i in range(10)))


asyncio.run(check_async("ten at once", at_once))

tell("the end", (ask("SELECT 42")["rows"], conn.close(), conn.closed))
