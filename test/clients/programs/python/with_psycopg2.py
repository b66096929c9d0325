import datetime
import decimal
import io
import threading
import time
import uuid

import psycopg2
import psycopg2.extensions
import psycopg2.extras

from checks import DSN, EXPRESSIONS, WRONG, check, tell

psycopg2.extras.register_uuid()


def connect(**more):
    return psycopg2.connect(DSN, **more)


def rows(cursor):
    return {"status": cursor.statusmessage, "rowcount": cursor.rowcount,
            "columns": [tuple(column) for column in cursor.description or []],
            "rows": cursor.fetchall() if cursor.description else None}


def ask(connection, sql, parameters=None, **more):
    with connection.cursor(**more) as cursor:
        cursor.execute(sql, parameters)
        return rows(cursor)


def status(connection):
    return (connection.status, connection.get_transaction_status())


# -- connecting

conn = connect()
NAMES = ("server_encoding client_encoding DateStyle IntervalStyle TimeZone integer_datetimes standard_conforming_strings "
         "is_superuser session_authorization default_transaction_read_only in_hot_standby search_path scram_iterations")
tell("parameter statuses", {name: conn.get_parameter_status(name) for name in NAMES.split()})
tell("version", (conn.server_version // 10000, conn.info.server_version // 10000, conn.protocol_version, conn.encoding))
tell("pid", ask(conn, "SELECT pg_backend_pid()")["rows"][0][0] == conn.info.backend_pid)
tell("info", (conn.info.dbname, conn.info.user, conn.info.status, conn.info.ssl_in_use, conn.info.needs_password))
conn.rollback()
check("options", lambda: ask(connect(options="-c search_path=pg_catalog -c timezone=Europe/Paris", application_name="a b"),
                             "SELECT current_setting('search_path'), current_setting('TimeZone'), current_setting('application_name')"))
check("no such database", lambda: connect(dbname="nosuch"))
check("options with escapes", lambda: ask(connect(options=r"-c search_path=public,\ pg_catalog"), "SHOW search_path"))

# -- types, both ways

for sql in EXPRESSIONS:
    check(f"SELECT {sql}", ask, conn, f"SELECT {sql}")
    conn.rollback()
check("every type", ask, conn, "SELECT * FROM every_type ORDER BY id")
for column in "f8 d t ts tstz iv".split():
    check(f"extremes of {column}", ask, conn, f"SELECT {column} FROM extremes ORDER BY id")
    check(f"extremes of {column} as text", ask, conn, f"SELECT {column}::text FROM extremes ORDER BY id")
    conn.rollback()
check("strange names", ask, conn, 'SELECT * FROM "Café Ünïon" ORDER BY 1')
check("no rows", ask, conn, "SELECT * FROM empty")
PARAMETERS = [1, 2**31, 2**63 - 1, 2**70, -1, 1.5, float("nan"), float("inf"), decimal.Decimal("1.10"), True, None,
              "it's \\ 日本 🎉 %s", b"\x00\xff'\\", datetime.date(2024, 2, 29), datetime.time(1, 2, 3, 4),
              datetime.datetime(2024, 2, 29, 1, 2, 3, 4),
              datetime.datetime(2024, 2, 29, tzinfo=datetime.timezone(datetime.timedelta(hours=-5))),
              datetime.timedelta(days=-1, seconds=5, microseconds=7), uuid.UUID(int=7), [1, 2, None], ["a", None, 'b"c'], [],
              [[1, 2], [3, 4]], psycopg2.extras.Json({"a": [1, None, "é"]}), (1, 2)]
for index, value in enumerate(PARAMETERS[:-1]):
    check(f"parameter {index}", ask, conn, "SELECT %s", (value,))
    conn.rollback()
check("IN of a tuple", ask, conn, "SELECT id FROM sales WHERE id IN %s ORDER BY 1", ((1, 2, 3),))
check("= ANY of a list", ask, conn, "SELECT id FROM sales WHERE region = ANY(%s) ORDER BY 1", (["EU", None],))
check("named parameters", ask, conn, "SELECT count(*) FROM sales WHERE region = %(r)s AND qty > %(q)s AND note LIKE '%%a%%'", {"r": "EU", "q": 0})
check("dates and intervals", ask, conn, "SELECT count(*), min(sold_at) FROM sales WHERE sold_at >= %s AND due < %s",
      (datetime.datetime(2024, 1, 1), datetime.date(2024, 4, 1)))
check("a date less an interval", ask, conn, "SELECT id FROM sales WHERE sold_at < %s - %s ORDER BY id",
      (datetime.datetime(2024, 6, 1), datetime.timedelta(days=90)))
conn.rollback()
for factory in (psycopg2.extras.DictCursor, psycopg2.extras.RealDictCursor, psycopg2.extras.NamedTupleCursor):
    check(factory.__name__, lambda: [repr(row) for row in ask(conn, "SELECT id, region, count(*) OVER () FROM sales ORDER BY id LIMIT 2",
                                                              cursor_factory=factory)["rows"]])
check("execute_batch", lambda: psycopg2.extras.execute_batch(conn.cursor(), "SELECT %s::int", [(i,) for i in range(250)]))
check("hstore", lambda: psycopg2.extras.register_hstore(conn))
conn.rollback()

# -- cursors


def named(name, sql, parameters=None, **more):
    cursor = conn.cursor(name, **more)
    cursor.itersize = 3000
    cursor.execute(sql, parameters)
    return cursor


READINGS = "SELECT id, sensor, value FROM readings ORDER BY id"
check("named cursor", lambda: sum(row[0] for row in named("c1", READINGS)))
check("fetchmany", lambda: (cursor := named("cc", READINGS)) and [cursor.fetchmany(2), cursor.fetchone(), cursor.rowcount,
                                                                 cursor.statusmessage, cursor.description[1].name])
check("the same name again", lambda: named("cc", READINGS).fetchone())
conn.rollback()
check("scroll forward", lambda: (cursor := named("s", READINGS)) and [
    cursor.fetchmany(3), cursor.scroll(100), cursor.fetchone(), cursor.scroll(5), cursor.fetchone(), cursor.statusmessage])
conn.rollback()
check("scroll back", lambda: (cursor := named("b", READINGS, scrollable=True)) and [
    cursor.fetchmany(30), cursor.scroll(-12), cursor.fetchone(), cursor.scroll(0, mode="absolute"), cursor.fetchone()])
conn.rollback()
check("no scroll goes back", lambda: (cursor := named("n", READINGS, scrollable=False)) and [cursor.fetchmany(3), cursor.scroll(-2)])
conn.rollback()


def hold():
    cursor = named("held", READINGS, withhold=True)
    first = cursor.fetchmany(2)
    conn.commit()
    after = cursor.fetchmany(2)
    listed = ask(conn, "SELECT name, is_holdable, is_binary FROM pg_cursors WHERE name <> ''")["rows"]
    cursor.close()
    conn.commit()
    return [first, after, listed]


check("with hold", hold)
conn.rollback()


def ended():
    cursor = named("gone", READINGS)
    cursor.fetchone()
    conn.commit()
    return cursor.fetchone()


check("a cursor ends with its transaction", ended)
conn.rollback()
check("a cursor with parameters", lambda: named("p", "SELECT id FROM sales WHERE region = %s AND price > %s ORDER BY id",
                                                ("EU", decimal.Decimal("-20"))).fetchall())
check("two cursors at once", lambda: (a := named("a", READINGS)) and (b := named("b", "SELECT id FROM sales ORDER BY id DESC")) and [
    a.fetchone(), b.fetchone(), a.fetchone(), b.fetchone()])
check("an empty one", lambda: named("e", "SELECT * FROM empty").fetchall())
check("an error in one", lambda: named("x", "SELECT 1 / (value - value)::int FROM readings ORDER BY id").fetchone())
conn.rollback()
check("MOVE", lambda: [ask(conn, sql) for sql in (
    "DECLARE m NO SCROLL CURSOR FOR SELECT id FROM sales ORDER BY id", "MOVE 3 FROM m", "FETCH NEXT FROM m", "FETCH FORWARD 2 m",
    "FETCH m", "MOVE FORWARD 5 IN m", "FETCH RELATIVE 2 FROM m", "FETCH ABSOLUTE 20 FROM m", "FETCH FORWARD ALL m", "FETCH m", "MOVE ALL FROM m", "CLOSE m")])
conn.rollback()
check("Tableau's way", lambda: [ask(conn, "BEGIN;declare \"SQL_CUR0x1\" cursor with hold for SELECT id FROM sales ORDER BY id;fetch 3 in \"SQL_CUR0x1\""),
                                ask(conn, "fetch 2 in \"SQL_CUR0x1\""), ask(conn, "close \"SQL_CUR0x1\";commit")])
conn.rollback()

# -- several statements, transactions

check("several statements", ask, conn, "SELECT 1 AS a; SELECT count(*) FROM sales; SELECT 2 AS b")
check("the last has no rows", ask, conn, "SELECT 1; SET LOCAL statement_timeout = '10s'")
conn.rollback()
tell("idle", status(conn))


def failed():
    out = [status(conn)]
    for sql in ("SELECT 1", "SELECT 1/0", "SELECT 2", "SAVEPOINT a", "COMMIT", "SELECT 3"):
        try:
            out.append((ask(conn, sql)["status"], status(conn)))
        except psycopg2.Error as error:
            out.append((error.pgcode, error.diag.message_primary, status(conn)))
    return out


check("a failed transaction", failed)
conn.rollback()


def savepoints():
    out = [ask(conn, "SAVEPOINT a")["status"]]
    try:
        ask(conn, "SELECT 1/0")
    except psycopg2.Error as error:
        out.append(type(error).__name__)
    for sql in ("ROLLBACK TO SAVEPOINT a", "SELECT count(*) FROM sales", "RELEASE SAVEPOINT a", "RELEASE a"):
        try:
            out.append(ask(conn, sql))
        except psycopg2.Error as error:
            out.append((error.pgcode, error.diag.message_primary))
    return out


check("savepoints", savepoints)
conn.rollback()


def like_dbt():
    """dbt begins by the driver, but says COMMIT itself; what follows is outside of a transaction, which the driver doesn't know."""
    out = []
    connection = connect(application_name="dbt")
    for sql in ("select 1 as id", "COMMIT", "select 2 as id", "select count(*) from sales", "COMMIT", "BEGIN", "BEGIN", "commit;"):
        out.append((ask(connection, sql), status(connection)))
    connection.rollback()
    out.append(status(connection))
    connection.commit()
    out.append([line.strip() for line in connection.notices])
    connection.close()
    return out


check("dbt’s transactions", like_dbt)


def sessions():
    out = []
    for level in ("READ COMMITTED", "REPEATABLE READ", "SERIALIZABLE", "READ UNCOMMITTED"):
        for more in ({}, {"readonly": True, "deferrable": True}):
            connection = connect()
            connection.set_session(isolation_level=level, **more)
            out.append([ask(connection, f"SHOW {name}")["rows"][0][0] for name in (
                "transaction_isolation", "transaction_read_only", "transaction_deferrable")])
            connection.close()
    return out


check("set_session", sessions)


def autocommit():
    connection = connect()
    connection.autocommit = True
    out = [ask(connection, "SELECT 1"), status(connection)]
    connection.set_session(readonly=True)
    out += [ask(connection, "SHOW default_transaction_read_only"), ask(connection, "SHOW transaction_read_only")]
    connection.readonly = None
    with connection.cursor() as cursor:
        cursor.execute("SET TimeZone = 'America/New_York'")
        cursor.execute("SELECT seen FROM (SELECT at AS seen FROM readings ORDER BY id LIMIT 1) q")
        out.append(cursor.fetchall())
    connection.reset()
    out += [ask(connection, "SHOW TimeZone"), status(connection)]
    connection.close()
    return out


check("autocommit and reset", autocommit)
check("settings", lambda: [ask(conn, sql) for sql in (
    "SHOW search_path", "SET search_path = 'nosuch', public", "SHOW search_path", "SELECT current_schemas(true), current_schema()",
    "SELECT set_config('app.note', 'é', false), current_setting('app.note')", "RESET search_path", "SELECT current_setting('nosuch', true)",
    "SET TimeZone = 'Asia/Tokyo'", "SELECT tstz, tstz::text, date_trunc('day', tstz) FROM every_type WHERE id = 1",
    "SET datestyle TO 'ISO, DMY'", "SHOW datestyle", "SET intervalstyle = 'iso_8601'", "SELECT count(iv) FROM every_type", "RESET intervalstyle",
    "SET extra_float_digits = 0", "SELECT f8, f4 FROM every_type ORDER BY id", "SET bytea_output = 'escape'",
    "SELECT byt FROM every_type ORDER BY id")])
conn.rollback()
conn.close()
conn = connect()

# -- notices and errors


def noticed(sql):
    del conn.notices[:]
    conn.autocommit = True
    try:
        answer = ask(conn, sql)["status"]
    finally:
        conn.autocommit = False
    return [answer, list(conn.notices)]


for sql in ("COMMIT", "ROLLBACK", "SET LOCAL statement_timeout = 0", "ABORT; SELECT 1", "BEGIN; BEGIN; COMMIT", "UNLISTEN *",
            "SET TRANSACTION READ ONLY", "DISCARD ALL", "SELECT pg_advisory_unlock_all()", "CLOSE ALL", "DEALLOCATE ALL"):
    check(f"notices of {sql}", noticed, sql)
conn.autocommit = True
for sql in WRONG:
    check(f"wrong: {sql}", ask, conn, sql)
conn.autocommit = False

# -- cancelling

SLOW = "SELECT count(*) FROM readings a, readings b, readings c WHERE a.value * b.value < c.value"


def cancelled(act):
    connection = connect()
    timer = threading.Timer(0.5, act, (connection,))
    timer.start()
    try:
        return ask(connection, SLOW)
    except psycopg2.Error as error:
        return [type(error).__name__, error.pgcode, error.diag.message_primary, status(connection)]
    finally:
        timer.join()
        connection.rollback()
        ask(connection, "SELECT 1")
        connection.close()


check("cancel()", cancelled, lambda connection: connection.cancel())
check("pg_cancel_backend", cancelled, lambda connection: ask(conn, "SELECT pg_cancel_backend(%s)", (connection.info.backend_pid,)))
conn.rollback()


def terminated():
    """Superset's and dbt's way to cancel."""
    connection = connect()
    pid = connection.info.backend_pid
    timer = threading.Timer(0.5, lambda: ask(conn, "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid = %s", (pid,)))
    timer.start()
    try:
        return ask(connection, SLOW)
    except psycopg2.Error as error:
        return [type(error).__name__, error.pgcode, error.diag.message_primary, connection.closed]
    finally:
        timer.join()


check("pg_terminate_backend", terminated)
conn.rollback()


def timed_out():
    with conn.cursor() as cursor:
        cursor.execute("SET LOCAL statement_timeout = 300")
        cursor.execute(SLOW)


check("statement_timeout", timed_out)
conn.rollback()


def asynchronous():
    connection = psycopg2.connect(DSN, async_=True)
    wait(connection)
    cursor = connection.cursor()
    cursor.execute("SELECT count(*), min(id) FROM readings WHERE sensor = %s", ("sensor-3",))
    wait(connection)
    return cursor.fetchall()


def wait(connection):
    while (state := connection.poll()) != psycopg2.extensions.POLL_OK:
        time.sleep(0.005 if state in (psycopg2.extensions.POLL_READ, psycopg2.extensions.POLL_WRITE) else 0)


check("asynchronous", asynchronous)

# -- COPY


def copied(sql):
    out = io.BytesIO()
    with conn.cursor() as cursor:
        cursor.copy_expert(sql, out)
        return [cursor.rowcount, cursor.statusmessage, out.getvalue()]


for sql in ("COPY (SELECT * FROM sales ORDER BY id) TO STDOUT",
            "COPY (SELECT * FROM every_type ORDER BY id) TO STDOUT",
            "COPY (SELECT * FROM every_type ORDER BY id) TO STDOUT WITH CSV HEADER",
            "COPY (SELECT id, note, txt FROM sales FULL JOIN every_type USING (id) ORDER BY id) TO STDOUT (FORMAT csv, NULL '∅', QUOTE '''', FORCE_QUOTE *)",
            "COPY (SELECT id, i4, txt, u, ts FROM every_type ORDER BY id) TO STDOUT WITH BINARY",
            'COPY (SELECT "with space", "Größe" FROM "Café Ünïon" ORDER BY 2) TO STDOUT (DELIMITER \'|\', HEADER)',
            "COPY empty TO STDOUT", "COPY nosuch TO STDOUT", "COPY (SELECT 1/0) TO STDOUT",
            "COPY (SELECT id, sensor FROM readings ORDER BY id LIMIT 5000) TO STDOUT"):
    check(sql, copied, sql)
    conn.rollback()


def copy_to():
    out = io.StringIO()
    conn.cursor().copy_to(out, "products", sep="|", null="-", columns=("product", "name"))
    return sorted(out.getvalue().splitlines())


check("copy_to", copy_to)
conn.rollback()
tell("the end", (ask(conn, "SELECT 42"), conn.close(), conn.closed))
