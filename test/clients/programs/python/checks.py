"""What a program prints: one line of JSON for each check, with Python's own form of each value."""

import json
import os

DSN = "postgresql://{PGUSER}:{PGPASSWORD}@{PGHOST}:{PGPORT}/{PGDATABASE}".format_map(os.environ)


def plain(value):
    if isinstance(value, (list, tuple)) and not hasattr(value, "_fields"):
        return [plain(item) for item in value]
    if isinstance(value, dict):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, memoryview):
        return repr(bytes(value))
    return value if isinstance(value, (str, int, bool)) or value is None else repr(value)


def told(error):
    """What a program can tell of an error."""
    diag = getattr(error, "diag", None)
    said = {"error": type(error).__name__, "sqlstate": getattr(error, "sqlstate", None) or getattr(error, "pgcode", None)}
    if diag is None or diag.message_primary is None:
        return {**said, "text": str(error).replace(os.environ["PGPORT"], "<port>")}
    # No context: Skein says there which agent it was.
    fields = ("severity", "message_primary", "message_detail", "message_hint", "statement_position")
    fields += ("schema_name", "table_name", "column_name")
    return {**said, **{name: getattr(diag, name) for name in fields}}


def tell(name, value):
    print(json.dumps({"check": name, "value": plain(value)}, ensure_ascii=False), flush=True)


def check(name, act, *args):
    """Tells what `act` returns, or its error."""
    try:
        value = act(*args)
    except NameError:  # the program's own mistake
        raise
    except Exception as error:  # noqa: BLE001 - whatever the driver raises is what is compared
        value = told(error)
    tell(name, value)


async def check_async(name, act, *args):
    try:
        value = await act(*args)
    except Exception as error:  # noqa: BLE001
        value = told(error)
    tell(name, value)


# Statements that fail in PostgreSQL, each in its own way.
WRONG = [
    "SELECT regin FROM sales",
    "SELECT * FROM nosuch",
    "SELECT * FROM nosuch.sales",
    "SELEC 1",
    "SELECT 1 +",
    "SELECT 1/0",
    "SELECT 1/(id - id) FROM sales",
    "SELECT 'abc'::int",
    "SELECT note::int FROM sales WHERE note = 'abc'",
    "SELECT id + note FROM sales",
    "SELECT nosuch(id) FROM sales",
    "SELECT id FROM sales GROUP BY note",
    "SELECT (SELECT id FROM sales)",
    "SELECT id FROM sales LIMIT -1",
    "SELECT 'é🎉', regin FROM sales",
    "SELECT 2147483647 + 1",
    "SELECT i4 + 1 FROM every_type WHERE id = 4",
    "SELECT sqrt(-1)",
    "SELECT '2024-02-30'::date",
    "SELECT 'x'::uuid",
    "SELECT '{'::json",
    "SELECT ARRAY[1, 'x']",
    "SELECT $1",
    "FETCH 1 FROM nosuch",
    "EXECUTE nosuch",
    "SET nosuch = 1",
    "SET statement_timeout = 'soon'",
    "SHOW nosuch",
    "ROLLBACK TO nosuch",
    "SAVEPOINT x",
    "DECLARE c CURSOR FOR SELECT 1",
    "SET TIME ZONE 'Mars/Olympus'",
    "SELECT * FROM sales WHERE sold_at > 'yesterdayish'",
    "SELECT count(*) FROM sales a JOIN sales b USING (nosuch)",
    "SELECT 1; SELECT 2 FROM nosuch; SELECT 3",
    "",
]

# Values of each type that a client may show; the parameters are the driver's own affair.
EXPRESSIONS = [
    "1::int2, 2::int4, 3::int8, 1.5::float4, 0.1::float8, 1.10::numeric, 'NaN'::numeric, 'Infinity'::numeric",
    "true, false, NULL, NULL::int, 'x'::text, 'x'::varchar(3), 'x'::char(3), 'x'::name, '\"c'::\"char\"",
    "'\\x00ff'::bytea, '2024-02-29'::date, '12:34:56.7'::time, '12:34:56+02'::timetz",
    "'2024-02-29 12:00'::timestamp, '2024-02-29 12:00+02'::timestamptz, '1 mon -1 day 00:00:01'::interval",
    "'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11'::uuid, '{\"a\": 1}'::json, '{\"b\": [1, null]}'::jsonb",
    "B'101', B'1'::varbit, ARRAY[1, NULL, 3], ARRAY['a', NULL, 'b \"c'], ARRAY[]::int[], ARRAY[true]",
    "'{{1,2},{3,4}}'::int[], '[2:3]={5,6}'::int[], ARRAY['2024-01-01'::date], ARRAY[1.5::numeric]",
    "1::oid, 'pg_class'::regclass, 'int4'::regtype, current_database(), current_schema(), version() LIKE 'PostgreSQL 18%'",
    "1 AS a, 2 AS a, 3 AS \"A\", 4 AS \"with space\", 5 AS \"%s\", 6 AS \"é\"",
]
