"""What Superset does with a database, through SQLAlchemy and psycopg2 as it does: connect, list, explore, estimate, cancel, explain errors."""

import re
import threading

import psycopg2
import sqlalchemy as sa
from sqlalchemy import event

from checks import DSN, check, tell

engine = sa.create_engine(DSN.replace("postgresql:", "postgresql+psycopg2:"), poolclass=sa.pool.NullPool)

# Superset's own expressions (superset/db_engine_specs/postgres.py).
TIME_GRAINS = {
    "none": "{col}", "PT1S": "DATE_TRUNC('second', {col})",
    "PT5S": "DATE_TRUNC('minute', {col}) + INTERVAL '5 seconds' * FLOOR(EXTRACT(SECOND FROM {col}) / 5)",
    "PT30S": "DATE_TRUNC('minute', {col}) + INTERVAL '30 seconds' * FLOOR(EXTRACT(SECOND FROM {col}) / 30)",
    "PT1M": "DATE_TRUNC('minute', {col})",
    "PT5M": "DATE_TRUNC('hour', {col}) + INTERVAL '5 minutes' * FLOOR(EXTRACT(MINUTE FROM {col}) / 5)",
    "PT10M": "DATE_TRUNC('hour', {col}) + INTERVAL '10 minutes' * FLOOR(EXTRACT(MINUTE FROM {col}) / 10)",
    "PT15M": "DATE_TRUNC('hour', {col}) + INTERVAL '15 minutes' * FLOOR(EXTRACT(MINUTE FROM {col}) / 15)",
    "PT30M": "DATE_TRUNC('hour', {col}) + INTERVAL '30 minutes' * FLOOR(EXTRACT(MINUTE FROM {col}) / 30)",
    "PT1H": "DATE_TRUNC('hour', {col})", "P1D": "DATE_TRUNC('day', {col})", "P1W": "DATE_TRUNC('week', {col})",
    "P1M": "DATE_TRUNC('month', {col})", "P3M": "DATE_TRUNC('quarter', {col})", "P1Y": "DATE_TRUNC('year', {col})",
    "1969-12-28T00:00:00Z/P1W": "DATE_TRUNC('week', {col} + INTERVAL '1 day') - INTERVAL '1 day'",
    "P1W/1970-01-03T00:00:00Z": "DATE_TRUNC('week', {col} + INTERVAL '2 days') + INTERVAL '4 days'",
}
ERRORS = {
    "invalid username": re.compile('role "(?P<username>.*?)" does not exist'),
    "invalid password": re.compile('password authentication failed for user "(?P<username>.*?)"'),
    "unknown database": re.compile('database "(?P<database>.*?)" does not exist'),
    "refused": re.compile(r'connection to server at "(?P<hostname>.*?)".*failed: Connection refused', re.S),
    "unknown column": re.compile(r'column "(?P<column_name>.+?)" does not exist\s+LINE (?P<location>\d+?)'),
    "syntax error": re.compile(r'syntax error at or near "(?P<syntax_error>.*?)"'),
}


@event.listens_for(engine, "connect")
def pre_queries(connection, _):
    with connection.cursor() as cursor:
        cursor.execute('set search_path = "public"')


def ask(sql):
    with engine.raw_connection() as connection:
        cursor = connection.cursor()
        cursor.execute(sql)
        return [[column[:2] for column in cursor.description], cursor.fetchall()]


def test_connection():
    with engine.connect() as connection:
        return connection.dialect.do_ping(connection.connection.dbapi_connection)


check("ping", test_connection)
check("databases", lambda: [name for name, in ask("SELECT datname FROM pg_database WHERE datistemplate = false")[1]])
check("schemas", lambda: [name for name in sa.inspect(engine).get_schema_names() if name != "skein"])
check("tables", lambda: sorted(sa.inspect(engine).get_table_names("public")))
check("views", lambda: sorted(sa.inspect(engine).get_view_names("public")))
check("indexes and keys", lambda: [sa.inspect(engine).get_indexes("sales", "public"), sa.inspect(engine).get_pk_constraint("sales", "public"),
                                   sa.inspect(engine).get_foreign_keys("sales", "public")])
check("columns", lambda: [(column["name"], str(column["type"].compile(engine.dialect)), column["nullable"]) for column in sa.inspect(engine).get_columns("sales", "public")])

# A virtual dataset is described by asking for no rows of it.
check("a virtual dataset", ask, "SELECT * FROM (SELECT region, count(*) AS n, avg(price) AS p FROM sales GROUP BY 1) AS virtual_table LIMIT 0")
for grain, expression in TIME_GRAINS.items():
    for table, column in (("sales", "sold_at"), ("readings", "at"), ("sales", "due")):
        grained = expression.format(col=column)
        check(f"{grain} of {column}", ask, f"SELECT {grained} AS __timestamp, count(*) AS count FROM public.{table} "
              f"WHERE {column} >= TO_TIMESTAMP('2024-01-01 00:00:00.000000', 'YYYY-MM-DD HH24:MI:SS.US') AND {column} < TO_TIMESTAMP("
              f"'2024-03-01 00:00:00.000000', 'YYYY-MM-DD HH24:MI:SS.US') GROUP BY {grained} ORDER BY 2 DESC, 1 LIMIT 20")
check("seconds since 1970", ask, "SELECT DATE_TRUNC('day', (timestamp 'epoch' + id * interval '1 second')) AS __timestamp, count(*) FROM readings GROUP BY 1 ORDER BY 1")
check("milliseconds since 1970", ask, "SELECT DATE_TRUNC('minute', (timestamp 'epoch' + (id * 1000 / 1000) * interval '1 second')) AS t, count(*) FROM readings GROUP BY 1 ORDER BY 1 LIMIT 5")
check("a bar chart", ask, """SELECT region AS region, sum(price) AS "SUM(price)", COUNT(DISTINCT product) AS "COUNT_DISTINCT(product)"
FROM public.sales WHERE sold_at >= TO_TIMESTAMP('2024-01-01', 'YYYY-MM-DD') AND ((qty IN (1, 2, 3)) AND (note ILIKE '%a%' OR note IS NULL))
GROUP BY region HAVING ((count(*) > 1)) ORDER BY "SUM(price)" DESC NULLS LAST LIMIT 1000""")
check("a series limit", ask, """SELECT DATE_TRUNC('month', sold_at) AS __timestamp, city AS city, COUNT(*) AS count FROM public.sales JOIN
(SELECT city AS city__, COUNT(*) AS mme_inner__ FROM public.sales GROUP BY city ORDER BY mme_inner__ DESC, city__ LIMIT 2) AS series_limit ON city = city__
GROUP BY city, DATE_TRUNC('month', sold_at) ORDER BY count DESC, 1, 2 LIMIT 50""")
check("a histogram", ask, "SELECT floor(price / 25) * 25 AS bin, count(*) FROM sales WHERE price IS NOT NULL GROUP BY 1 ORDER BY 1")
check("a filter's values", ask, "SELECT city AS city FROM public.sales GROUP BY city ORDER BY city ASC LIMIT 1000")
check("a time range", ask, 'SELECT MIN(sold_at) AS "MIN(sold_at)", MAX(sold_at) AS "MAX(sold_at)" FROM public.sales')
check("samples", ask, "SELECT * FROM (SELECT * FROM sales ORDER BY id) AS virtual_table ORDER BY id LIMIT 10 OFFSET 5")
check("a percentile", ask, "SELECT PERCENTILE_CONT(0.5) WITHIN GROUP (ORDER BY qty) FROM sales")


def estimate(sql):
    plan = ask(f"EXPLAIN {sql}")[1][0][0]
    found = re.search(r"cost=([\d\.]+)\.\.([\d\.]+)", plan)
    return [float(found.group(1)) >= 0, float(found.group(2)) > 0] if found else "no cost in " + plan


check("estimate", estimate, "SELECT region, count(*) FROM sales GROUP BY 1")
check("estimate of a join", estimate, "SELECT count(*) FROM sales JOIN readings USING (id)")

SLOW = "SELECT count(*) FROM readings a, readings b, readings c WHERE a.value * b.value < c.value"


def cancelled():
    with psycopg2.connect(DSN) as connection:
        cursor = connection.cursor()
        cursor.execute("SELECT pg_backend_pid()")
        pid = cursor.fetchone()[0]
        stopped = []
        timer = threading.Timer(0.5, lambda: stopped.append(ask(f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid='{pid}'")[1]))
        timer.start()
        try:
            cursor.execute(SLOW)
        except psycopg2.Error as error:
            timer.join()
            return [stopped, str(error).splitlines()[0]]


check("cancel", cancelled)


def explained(act):
    try:
        return act()
    except (psycopg2.Error, sa.exc.DBAPIError) as error:
        text = str(getattr(error, "orig", error))
        return [[name, match.groupdict()] for name, pattern in ERRORS.items() if (match := pattern.search(text))] or text


check("unknown column", explained, lambda: ask("SELECT nosuch FROM sales"))
check("unknown column, further down", explained, lambda: ask("SELECT id,\n  qty\nFROM sales\nWHERE nosuch = 1"))
check("syntax error", explained, lambda: ask("SELECT 1 FROMM sales WHERE"))
check("unknown database", explained, lambda: psycopg2.connect(DSN, dbname="nosuch"))
check("refused", explained, lambda: psycopg2.connect(DSN, port=1))
check("unknown table", explained, lambda: ask("SELECT * FROM nosuch"))
tell("the end", True)
