import asyncio
import datetime
import decimal
import io
import uuid

import asyncpg

from checks import DSN, EXPRESSIONS, WRONG, check_async, tell


def told(error):
    fields = "severity sqlstate message detail hint position query schema_name table_name column_name".split()
    return {"error": type(error).__name__, **{name: getattr(error, name, None) for name in fields}}


async def check(name, act, *args, **named):
    try:
        value = await act(*args, **named)
    except asyncpg.PostgresError as error:
        value = told(error)
    except (asyncpg.InterfaceError, asyncio.TimeoutError, ValueError, OverflowError) as error:
        value = [type(error).__name__, str(error)]
    tell(name, value)


def described(statement):
    # A table's row type has no OID that would be the same in both.
    return {"parameters": [(t.name, t.oid, t.kind, t.schema) for t in statement.get_parameters()],
            "columns": [(a.name, a.type.name, a.type.kind, a.type.schema) for a in statement.get_attributes()],
            "status": statement.get_statusmsg()}


PARAMETERS = [
    ("int2", 32767), ("int4", -(2**31)), ("int8", 2**63 - 1), ("float4", 1.5), ("float8", float("nan")), ("numeric", decimal.Decimal("-1.10")),
    ("numeric", decimal.Decimal("NaN")), ("numeric", decimal.Decimal("Infinity")), ("bool", True), ("text", "it's \\ 日本 🎉"), ("varchar", ""),
    ("bytea", b"\x00\xff"), ("date", datetime.date(2024, 2, 29)), ("time", datetime.time(1, 2, 3, 4)),
    ("timetz", datetime.time(1, 2, 3, tzinfo=datetime.timezone(datetime.timedelta(hours=2)))), ("timestamp", datetime.datetime(2024, 2, 29, 1, 2, 3, 4)),
    ("timestamptz", datetime.datetime(2024, 2, 29, tzinfo=datetime.timezone.utc)), ("interval", datetime.timedelta(days=-1, seconds=5, microseconds=7)),
    ("uuid", uuid.UUID(int=7)), ("json", '{"a": [1, null, "é"]}'), ("jsonb", '{"a": [1, null, "é"]}'), ("int4[]", [1, None, 3]), ("int4[]", []),
    ("int4[]", [[1, 2], [3, 4]]), ("text[]", ["a", None, 'b"c']), ("numeric[]", [decimal.Decimal("1.5")]), ("uuid[]", [uuid.UUID(int=7)]),
    ("timestamptz[]", [datetime.datetime(2024, 2, 29, tzinfo=datetime.timezone.utc)]), ("date", None), ("int4[]", None), ("oid", 7), ("name", "n"),
    ("char(3)", "ab"), ("varbit", asyncpg.BitString("101")), ("inet", "10.0.0.1"), ("int4range", asyncpg.Range(1, 5)), ("point", (1, 2)),
    ("int4multirange", [asyncpg.Range(1, 5)]), ("regclass", "pg_class"), ("xid", 7), ("tsvector", "a b"), ("money", "1"),
]

SLOW = "SELECT count(*) FROM readings a, readings b, readings c WHERE a.value * b.value < c.value"


async def values(conn):
    for sql in EXPRESSIONS:
        await check(f"SELECT {sql}", lambda: listed(conn, f"SELECT {sql}"))
    await check("every type", lambda: listed(conn, "SELECT * FROM every_type ORDER BY id"))
    for column in "f8 d t ts tstz iv".split():
        await check(f"extremes of {column}", lambda: listed(conn, f"SELECT {column} FROM extremes ORDER BY id"))
    await check("strange names", lambda: listed(conn, 'SELECT * FROM "Café Ünïon" ORDER BY 1'))
    await check("no rows", lambda: listed(conn, "SELECT * FROM empty"))
    for type_name, value in PARAMETERS:
        await check(f"{type_name} {value!r}", conn.fetchval, f"SELECT $1::{type_name}", value)
    for sql, arguments in (
        ("SELECT count(*) FROM sales WHERE region = $1 AND qty > $2 AND price < $3 AND sold_at < $4 AND paid = $5",
         ("EU", 0, decimal.Decimal("50.5"), datetime.datetime(2024, 12, 1), True)),
        ("SELECT id FROM sales WHERE id = ANY($1) AND region = ANY($2::text[]) ORDER BY id", (list(range(50)), ["EU", None])),
        ("SELECT id FROM every_type WHERE u = $1 OR byt = $2 OR t > $3 OR iv = $4 OR d = $5 ORDER BY id",
         (uuid.UUID(int=0), b"\x5c'", datetime.time(20), datetime.timedelta(days=-1, seconds=7380), datetime.date(1970, 1, 1))),
        ("SELECT id FROM sales ORDER BY id LIMIT $1 OFFSET $2", (3, 5)),
        ("SELECT id FROM every_type WHERE tstz >= $1 AND i4s = $2", (datetime.datetime(2024, 1, 1, tzinfo=datetime.timezone.utc), [1, 2, 3])),
        ("SELECT $1 + 1", ("x",)), ("SELECT $1::int", (2**40,)), ("SELECT $1::int", ()),
    ):
        await check(f"{sql} {arguments}", lambda: listed(conn, sql, *arguments))


async def listed(conn, sql, *arguments):
    return [list(row.items()) for row in await conn.fetch(sql, *arguments)]


async def statements(conn):
    for sql in ("SELECT * FROM sales WHERE id = $1", "SELECT * FROM every_type", "SELECT $1", "SELECT count(*) FROM empty", "BEGIN", "SHOW TimeZone"):
        async def one():
            statement = await conn.prepare(sql)
            return described(statement)
        await check(f"prepare {sql}", one)

    async def again():
        statement = await conn.prepare("SELECT id, note FROM sales WHERE region = $1 ORDER BY id")
        return [await statement.fetch("EU"), await statement.fetchval("NorthAmerica", column=1), await statement.fetchrow("none"),
                statement.get_statusmsg(), await statement.fetchmany([("EU",), ("NorthAmerica",)]) if hasattr(statement, "fetchmany") else None,
                statement.get_name().startswith("__asyncpg")]
    await check("a statement again and again", again)

    async def explained():
        statement = await conn.prepare("SELECT 1")
        return [sorted((await statement.explain())[0].keys())]
    await check("explain", explained)

    async def cached():
        small = await asyncpg.connect(DSN, statement_cache_size=3)
        out = [await small.fetchval(f"SELECT {i} + $1::int", i) for i in range(10)]
        out.append(await small.fetchval("SELECT count(*) FROM pg_prepared_statements"))
        await small.close()
        none = await asyncpg.connect(DSN, statement_cache_size=0)
        out += [await none.fetchval("SELECT $1::int", i) for i in range(3)]
        out.append(await none.fetchval("SELECT count(*) FROM pg_prepared_statements"))
        await none.close()
        return out
    await check("the cache of statements", cached)
    await check("executemany", conn.executemany, "SELECT $1::int, $2::text", [(i, str(i)) for i in range(100)])
    await check("several statements", conn.execute, "SELECT 1; SELECT count(*) FROM sales; SET LOCAL statement_timeout = 0")
    for sql in WRONG:
        await check(f"wrong: {sql}", conn.fetch, sql)
        if sql != "":  # asyncpg itself doesn't survive the answer to it
            await check(f"wrong, simple: {sql}", conn.execute, sql)


async def types(conn):
    """What it doesn't know, it asks the catalog for, by a recursive query."""
    for sql in ("SELECT typname, typacl FROM pg_type WHERE typname = 'int4'", "SELECT indkey, indclass FROM pg_index WHERE indexrelid = 2662",
                "SELECT ARRAY['a'::name], ARRAY[1::oid], ARRAY['x'::\"char\"]", "SELECT 'information_schema'::regnamespace, 'int4'::regtype",
                "SELECT ARRAY['pg_class'::regclass]", "SELECT int4range(1, 5), numrange(NULL, 2.5), '{[1,3)}'::int4multirange",
                "SELECT '1'::information_schema.cardinal_number, ARRAY['a'::information_schema.sql_identifier]", "SELECT ROW(1, 'x'), ROW()",
                "SELECT ARRAY[ROW(1)]", "SELECT '(1,2)'::point, '10.0.0.0/8'::cidr, '1'::money, 'a'::tsvector",
                "SELECT table_name, ordinal_position, column_name FROM information_schema.columns WHERE table_name = 'products' ORDER BY 2"):
        await check(f"types of {sql}", listed, conn, sql)

    async def codec():
        await conn.set_type_codec("json", encoder=str, decoder=lambda text: ["decoded", text], schema="pg_catalog")
        out = await conn.fetch("SELECT j FROM every_type ORDER BY id")
        await conn.reset_type_codec("json", schema="pg_catalog")
        return out
    await check("set_type_codec", codec)

    async def binary_codec():
        await conn.set_type_codec("uuid", encoder=lambda b: b, decoder=bytes, schema="pg_catalog", format="binary")
        out = await conn.fetch("SELECT u FROM every_type ORDER BY id")
        await conn.reset_type_codec("uuid", schema="pg_catalog")
        return out
    await check("set_type_codec, binary", binary_codec)

    async def builtin():
        await conn.set_builtin_type_codec("hstore", codec_name="pg_contrib.hstore")
    await check("set_builtin_type_codec", builtin)


async def cursors(conn):
    async def in_parts():
        async with conn.transaction():
            cursor = await conn.cursor("SELECT id, sensor FROM readings WHERE id >= $1 ORDER BY id", 100)
            return [await cursor.fetch(3), await cursor.fetchrow(), await cursor.forward(10), await cursor.fetchrow(), await cursor.forward(100_000),
                    await cursor.fetchrow(), await cursor.fetch(5)]
    await check("cursor", in_parts)

    async def iterated():
        async with conn.transaction():
            total = 0
            async for row in conn.cursor("SELECT id FROM readings", prefetch=77):
                total += row["id"]
            return total
    await check("iterated", iterated)

    async def of_statement():
        statement = await conn.prepare("SELECT id FROM sales WHERE qty > $1 ORDER BY id")
        async with conn.transaction():
            a, b = await statement.cursor(0), await statement.cursor(3)
            return [await a.fetch(2), await b.fetch(2), await a.fetch(2), await b.fetch(1000)]
    await check("two cursors of a statement", of_statement)
    await check("outside of a transaction", conn.cursor, "SELECT 1")

    async def declared():
        async with conn.transaction():
            await conn.execute("DECLARE c NO SCROLL CURSOR FOR SELECT id, price FROM sales ORDER BY id")
            return [await conn.fetch("FETCH 2 FROM c"), await conn.execute("MOVE 5 IN c"), await conn.fetchrow("FETCH NEXT c"),
                    await conn.execute("CLOSE c")]
    await check("declared", declared)


async def transactions(conn):
    for options in ({"isolation": "serializable", "readonly": True, "deferrable": True}, {"isolation": "repeatable_read"},
                    {"isolation": "read_uncommitted"}, {"isolation": "read_committed"}, {"readonly": True}, {}):
        async def shown():
            async with conn.transaction(**options):
                return [conn.is_in_transaction()] + [await conn.fetchval(f"SHOW {name}") for name in (
                    "transaction_isolation", "transaction_read_only", "transaction_deferrable")]
        await check(f"transaction {options}", shown)

    async def nested():
        async with conn.transaction():
            try:
                async with conn.transaction():
                    await conn.fetch("SELECT 1/0")
            except asyncpg.DivisionByZeroError as error:
                out = [str(error)]
            async with conn.transaction():
                out.append(await conn.fetchval("SELECT count(*) FROM sales"))
            return out
    await check("nested", nested)

    async def failed():
        transaction = conn.transaction()
        await transaction.start()
        out = []
        for sql in ("SELECT nosuch", "SELECT 1"):
            try:
                await conn.fetch(sql)
            except asyncpg.PostgresError as error:
                out.append((type(error).__name__, str(error)))
        await transaction.rollback()
        return out + [await conn.fetchval("SELECT 1")]
    await check("failed", failed)


async def sessions(conn):
    server = conn.get_server_version()
    tell("version", (server.major, server.releaselevel, conn.get_server_pid() == await conn.fetchval("SELECT pg_backend_pid()")))
    names = ("server_encoding", "client_encoding", "TimeZone", "DateStyle", "IntervalStyle", "application_name")
    tell("settings", {name: getattr(conn.get_settings(), name, None) for name in names})

    async def with_settings():
        other = await asyncpg.connect(DSN, server_settings={"application_name": "π", "TimeZone": "Asia/Tokyo", "search_path": "pg_catalog",
                                                             "jit": "off", "statement_timeout": "5000"})
        out = [await other.fetchval(f"SHOW {name}") for name in ("application_name", "TimeZone", "search_path", "jit", "statement_timeout")]
        out.append(other.get_settings().TimeZone)
        await other.close()
        return out
    await check("server_settings", with_settings)

    async def reset():
        other = await asyncpg.connect(DSN)
        await other.execute("SET TimeZone = 'Asia/Tokyo'; SET search_path = nosuch")
        out = [other.get_settings().TimeZone]
        await other.reset()
        out += [other.get_settings().TimeZone, await other.fetchval("SHOW search_path")]
        await other.close()
        return out
    await check("reset", reset)

    async def pool():
        async with asyncpg.create_pool(DSN, min_size=2, max_size=4, max_inactive_connection_lifetime=1) as several:
            async def one(i):
                async with several.acquire() as connection, connection.transaction():
                    return await connection.fetchrow("SELECT $1::int AS i, count(*) FROM sales WHERE qty = $1", i)
            out = await asyncio.gather(*(one(i) for i in range(20)))
            return [out, await several.fetchval("SELECT 1"), several.get_size() <= 4]
    await check("pool", pool)

    async def logged():
        other = await asyncpg.connect(DSN)
        notes = []
        other.add_log_listener(lambda _, message: notes.append((message.severity, message.sqlstate, message.message)))
        for sql in ("COMMIT", "SET LOCAL statement_timeout = 0", "ROLLBACK", "UNLISTEN *"):
            await other.execute(sql)
        await other.close()
        return notes
    await check("log messages", logged)


async def cancelling(conn):
    await check("timeout", lambda: conn.fetch(SLOW, timeout=0.5))
    await check("after it", conn.fetchval, "SELECT 1")

    async def cancelled():
        task = asyncio.create_task(conn.fetch(SLOW))
        await asyncio.sleep(0.5)
        task.cancel()
        try:
            return await task
        except asyncio.CancelledError:
            return ["cancelled", await conn.fetchval("SELECT count(*) FROM sales")]
    await check("cancelled", cancelled)

    async def by_another():
        other = await asyncpg.connect(DSN)
        task = asyncio.create_task(other.fetch(SLOW))
        await asyncio.sleep(0.5)
        ended = await conn.fetchval("SELECT pg_cancel_backend($1)", other.get_server_pid())
        try:
            await task
        except asyncpg.PostgresError as error:
            return [ended, told(error), await other.fetchval("SELECT 1"), await other.close()]
    await check("cancelled by another", by_another)

    async def terminated():
        other = await asyncpg.connect(DSN)
        ended = await conn.fetchval("SELECT pg_terminate_backend($1)", other.get_server_pid())
        for _ in range(200):
            if other.is_closed():
                break
            await asyncio.sleep(0.05)
        return [ended, other.is_closed()]
    await check("terminated", terminated)


async def copies(conn):
    async def copied(sql, *arguments, **options):
        out = io.BytesIO()
        status = await conn.copy_from_query(sql, *arguments, output=out, **options)
        return [status, out.getvalue()]

    async def copied_table(table, **options):
        out = io.BytesIO()
        status = await conn.copy_from_table(table, output=out, **options)
        return [status, sorted(out.getvalue().splitlines())]
    await check("copy_from_query", copied, "SELECT id, note, price FROM sales WHERE region = $1 AND qty > $2 ORDER BY id", "EU", 1)
    await check("copy_from_query, binary", copied, "SELECT id, i4, txt, ts, u FROM every_type ORDER BY id", format="binary")
    await check("copy_from_query, csv", copied, "SELECT id, txt, iv FROM every_type ORDER BY id", format="csv", header=True, null="∅", delimiter=";",
                quote="'", force_quote=["txt"])
    await check("copy_from_table", copied_table, "products", columns=["name", "cost"], format="csv")
    await check("copy_from_table, all", copied_table, "Café Ünïon", delimiter="|", null="-")
    await check("copy of none", copied_table, "nosuch")
    await check("copy that fails", copied, "SELECT 1 / (id - id) FROM sales")
    await check("after it", conn.fetchval, "SELECT 1")


async def main():
    conn = await asyncpg.connect(DSN)
    for part in (sessions, values, statements, types, cursors, transactions, cancelling, copies):
        await part(conn)
    tell("the end", (await conn.fetchval("SELECT 42"), await conn.close(), conn.is_closed()))


asyncio.run(main())
