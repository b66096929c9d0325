"""What psqlODBC (the first argument is its file) does, with the settings of the other arguments, against the server that libpq's environment variables name.

One line of JSON a step: the lines from Skein and from PostgreSQL must be the same.
"""

import json
import os
import re
import sys
import threading
import time
from datetime import date, datetime
from decimal import Decimal

import pyodbc

pyodbc.pooling = False

OIDS = {"table oid"}

LONG = (
    "SELECT count(*) FROM sales a, sales b, sales c, sales d, sales e, sales f"
    " WHERE a.qty + b.qty + c.qty + d.qty + e.qty + f.qty > 3"
)


def connect(settings):
    place = {
        "DRIVER": sys.argv[1],
        "SERVER": os.environ["PGHOST"],
        "PORT": os.environ["PGPORT"],
        "DATABASE": os.environ["PGDATABASE"],
        "UID": os.environ["PGUSER"],
        "PWD": os.environ["PGPASSWORD"],
    }
    text = ";".join(f"{key}={value}" for key, value in place.items())
    return pyodbc.connect(f"{settings};{text}", autocommit=True, timeout=20)


def line(step, value):
    print(json.dumps({"step": step, "value": value}, ensure_ascii=False, default=repr), flush=True)


def told(error):
    """The driver says where it is in its own code, and which cursor it made: both differ from run to run."""
    text = " ".join(str(part) for part in error.args)
    return [type(error).__name__, re.sub(r"0x[0-9a-f]+", "0x", text)]


def outcome(step, act):
    try:
        value = act()
    except pyodbc.Error as error:
        line(step + " !", told(error))
        return
    if isinstance(value, list):
        for each in value:
            line(step, each)
        value = len(value)
    line(step, value)


def described(cursor):
    return [[name, kind.__name__, *rest] for name, kind, *rest in cursor.description or []]


def answer(cursor):
    """Columns and rows of each result of a statement."""
    answers = []
    while True:
        if cursor.description is None:
            answers.append(["count", cursor.rowcount])
        else:
            answers.append(described(cursor))
            answers.extend([values(cursor, row) for row in cursor.fetchall()])
        if not cursor.nextset():
            return answers


def values(cursor, row):
    """Tables have OIDs of their server."""
    return [None if column[0].lower() in OIDS else value for column, value in zip(cursor.description, row)]


def catalog(connection):
    cursor = connection.cursor()
    asked = {
        "tables": lambda: cursor.tables(),
        "tables of public": lambda: cursor.tables(schema="public"),
        "tables like": lambda: cursor.tables(table="sal%", schema="public", tableType="TABLE,VIEW"),
        "schemas": lambda: cursor.tables(catalog="", schema="%", table=""),
        "catalogs": lambda: cursor.tables(catalog="%", schema="", table=""),
        "columns": lambda: cursor.columns(table="sales", schema="public"),
        "columns of every type": lambda: cursor.columns(table="every_type"),
        "columns of names": lambda: cursor.columns(table="Café Ünïon"),
        "one column": lambda: cursor.columns(table="s%", schema="public", column="re%"),
        "primary keys": lambda: cursor.primaryKeys("sales", schema="public"),
        "primary keys of a system table": lambda: cursor.primaryKeys("pg_class", schema="pg_catalog"),
        "foreign keys": lambda: cursor.foreignKeys(table="sales", schema="public"),
        "foreign keys to": lambda: cursor.foreignKeys(foreignTable="sales", foreignSchema="public"),
        "statistics": lambda: cursor.statistics("sales", schema="public"),
        "statistics of a system table": lambda: cursor.statistics("pg_am", schema="pg_catalog", unique=True),
        "row id": lambda: cursor.rowIdColumns("sales"),
        "row version": lambda: cursor.rowVerColumns("sales"),
        "types": lambda: cursor.getTypeInfo(),
        "numeric types": lambda: cursor.getTypeInfo(pyodbc.SQL_NUMERIC),
        "procedures": lambda: cursor.procedures(schema="public"),
        "procedure columns": lambda: cursor.procedureColumns(schema="public"),
    }
    for name, ask in asked.items():
        outcome("catalog: " + name, lambda: answer(ask()))


def server(connection):
    for name in [
        "SQL_DBMS_NAME",
        "SQL_DATABASE_NAME",
        "SQL_USER_NAME",
        "SQL_IDENTIFIER_QUOTE_CHAR",
        "SQL_TXN_ISOLATION_OPTION",
        "SQL_DEFAULT_TXN_ISOLATION",
        "SQL_MAX_COLUMN_NAME_LEN",
        "SQL_NUMERIC_FUNCTIONS",
        "SQL_DATA_SOURCE_READ_ONLY",
        "SQL_KEYWORDS",
    ]:
        outcome("info: " + name, lambda: connection.getinfo(getattr(pyodbc, name)))
    outcome("major version", lambda: connection.getinfo(pyodbc.SQL_DBMS_VER).split(".")[0])


STATEMENTS = [
    "SELECT * FROM sales ORDER BY id",
    "SELECT * FROM every_type ORDER BY id",
    'SELECT * FROM "Café Ünïon" ORDER BY 1',
    "SELECT * FROM empty",
    "SELECT region, count(*), sum(price), max(sold_at) FROM sales GROUP BY region ORDER BY region",
    "SELECT id, at, value FROM readings WHERE id % 1999 = 0 ORDER BY id",
    "SELECT 1; SELECT count(*) FROM sales; SELECT 'x'",
    "SET application_name = 'odbc'",
    "SELECT nothing FROM sales",
    "SELEC 1",
    "SELECT * FROM nowhere",
    "SELECT 1 / (qty - qty) FROM sales",
    "SELECT {fn ucase(note)} FROM {oj sales LEFT OUTER JOIN visits ON id = sale} WHERE id = 3",
    "SELECT count(*) FROM sales WHERE sold_at < {ts '2024-06-01 00:00:00'} AND due > {d '2024-01-01'}",
    "SHOW application_name",
    "SELECT TOP 1 * FROM sales",
]

PARAMETERS = [
    ("SELECT id, note FROM sales WHERE id = ?", [3]),
    ("SELECT id FROM sales WHERE region = ? AND qty > ? ORDER BY id", ["EU", 1]),
    ("SELECT id FROM sales WHERE price > ? ORDER BY id", [10.5]),
    ("SELECT id FROM sales WHERE note = ? ORDER BY id", ["🎉 party"]),
    ("SELECT id FROM sales WHERE note = ?", [None]),
    ("SELECT id FROM sales WHERE paid = ? ORDER BY id", [True]),
    ("SELECT ?::text, ?::int", ["it's \\ ?", -7]),
    ("SELECT id FROM every_type WHERE byt = ?", [bytearray([0, 1, 255])]),
    ("SELECT count(*) FROM sales WHERE nothing = ?", [1]),
]


def statements(connection):
    for sql in STATEMENTS:
        outcome(sql, lambda: answer(connection.cursor().execute(sql)))
    for sql, values in PARAMETERS:
        outcome(sql, lambda: answer(connection.cursor().execute(sql, values)))
    outcome("again and again", lambda: again(connection))
    outcome("side by side", lambda: side_by_side(connection))
    outcome("many rows", lambda: many(connection))
    outcome("left half-way", lambda: left(connection))


def again(connection):
    cursor = connection.cursor()
    sql = "SELECT note, qty FROM sales WHERE id = ?"
    return [[list(row) for row in cursor.execute(sql, each).fetchall()] for each in range(15)]


def side_by_side(connection):
    one = connection.cursor().execute("SELECT id FROM readings ORDER BY id")
    two = connection.cursor().execute("SELECT visit FROM visits ORDER BY visit")
    return [[one.fetchone()[0], two.fetchone()[0]] for _ in range(12)]


def many(connection):
    cursor = connection.cursor().execute("SELECT id, sensor, at, value FROM readings ORDER BY id")
    rows = 0
    total = 0
    while block := cursor.fetchmany(777):
        rows += len(block)
        total += sum(row[0] for row in block)
    return f"{rows} {total}"


def left(connection):
    cursor = connection.cursor().execute("SELECT id FROM readings ORDER BY id")
    first = [row[0] for row in cursor.fetchmany(5)]
    cursor.close()
    return [first, connection.cursor().execute("SELECT count(*) FROM sales").fetchone()[0]]


def transactions(connection):
    connection.autocommit = False
    for sql in ["SELECT count(*) FROM sales", "SELECT nothing FROM sales", "SELECT count(*) FROM visits", "SHOW transaction_isolation"]:
        outcome("in a transaction: " + sql, lambda: answer(connection.cursor().execute(sql)))
    outcome("commit", lambda: connection.commit())
    outcome("a cursor over the end", lambda: over_the_end(connection))
    outcome("rollback", lambda: connection.rollback())
    connection.autocommit = True
    outcome("after it", lambda: answer(connection.cursor().execute("SELECT 1")))


def over_the_end(connection):
    cursor = connection.cursor().execute("SELECT id FROM readings ORDER BY id")
    first = [row[0] for row in cursor.fetchmany(3)]
    connection.commit()
    return [first, [row[0] for row in cursor.fetchmany(3)]]


def writes(connection):
    cursor = connection.cursor()
    row = (1, "é🎉 it's", Decimal("1.10"), datetime(2024, 2, 29, 1, 2, 3, 4000), date(2024, 2, 29), bytearray([0, 255]), True, 2**40, 1.5)
    for sql, values in [
        (
            "CREATE TABLE kept (id int PRIMARY KEY, name varchar(30) NOT NULL DEFAULT 'x', price numeric(10,2), at timestamp, day date,"
            " b bytea, ok bool, big int8, f float8)",
            (),
        ),
        ("INSERT INTO kept VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)", row),
        ("INSERT INTO kept (id, price) VALUES (?, ?)", (2, None)),
        ("INSERT INTO kept (id) VALUES (?)", (1,)),
        ("UPDATE kept SET price = price + ? WHERE id = ?", (Decimal("0.5"), 1)),
        ("INSERT INTO kept (id) VALUES (?) RETURNING id, name", (3,)),
        ("DELETE FROM kept WHERE id = ?", (3,)),
        ("SELECT id, name, price, at, day, big, f FROM kept ORDER BY id", ()),
    ]:
        outcome(sql, lambda: answer(cursor.execute(sql, *values)))
    for fast in (False, True):
        cursor.fast_executemany = fast
        rows = [(1000 + i + fast * 1000, f"n{i}", i / 2) for i in range(50)]
        outcome(f"executemany, fast {fast}", lambda: cursor.executemany("INSERT INTO kept (id, name, f) VALUES (?, ?, ?)", rows))
    connection.autocommit = False
    for sql in [
        "INSERT INTO kept (id) VALUES (10)",
        "INSERT INTO kept (id) VALUES (10)",
        "UPDATE kept SET name = 't' WHERE id = 10",
        "SELECT id, name FROM kept WHERE id = 10",
    ]:
        outcome("in a transaction: " + sql, lambda: answer(cursor.execute(sql)))
    connection.commit()
    outcome("rolled back", lambda: [answer(cursor.execute("DELETE FROM kept")), connection.rollback()])
    connection.autocommit = True
    for sql in ["SELECT count(*), sum(id), max(name), sum(f) FROM kept", "DROP TABLE kept"]:
        outcome(sql, lambda: answer(cursor.execute(sql)))


def cancelling(connection):
    for sql in ["SELECT pg_sleep(60)", LONG]:
        outcome("cancelled: " + sql, lambda: cancelled(connection, sql))
        outcome("after it", lambda: answer(connection.cursor().execute("SELECT count(*) FROM sales")))
    connection.cursor().execute("SET statement_timeout = 300")
    outcome("too slow", lambda: answer(connection.cursor().execute("SELECT pg_sleep(60)")))
    connection.cursor().execute("RESET statement_timeout")
    outcome("after that", lambda: answer(connection.cursor().execute("SELECT count(*) FROM sales")))


def cancelled(connection, sql):
    cursor = connection.cursor()

    def cancel():
        time.sleep(0.5)
        cursor.cancel()

    other = threading.Thread(target=cancel)
    other.start()
    try:
        return answer(cursor.execute(sql))
    finally:
        other.join()


def main(settings):
    connection = connect(settings)
    server(connection)
    catalog(connection)
    statements(connection)
    transactions(connection)
    writes(connection)
    cancelling(connection)
    connection.close()


def login(settings):
    """Passwords and TLS."""
    outcome("login", lambda: answer(connect(settings).cursor().execute("SELECT current_user, 1 + 1")))


for each in sys.argv[2:]:
    line("settings", each)
    if "SSLMODE" in each:
        login(each)
    else:
        main(each)
