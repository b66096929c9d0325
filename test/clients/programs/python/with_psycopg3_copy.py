"""psycopg 3's COPY to the client."""

import psycopg

from checks import DSN, check, tell

conn = psycopg.connect(DSN)


def copied(sql, parameters=None, **more):
    with conn.cursor() as cursor, cursor.copy(sql, parameters) as copy:
        data = b"".join(bytes(part) for part in copy)
    return [cursor.rowcount, cursor.statusmessage, data]


def copied_rows(sql, types):
    with conn.cursor() as cursor, cursor.copy(sql) as copy:
        copy.set_types(types)
        return list(copy.rows())


check("copy", copied, "COPY (SELECT id, note, price, sold_at FROM sales ORDER BY id) TO STDOUT")
check("copy with parameters", copied, "COPY (SELECT id FROM sales WHERE region = %s ORDER BY id) TO STDOUT", ("EU",))
conn.rollback()
for form in ("text", "binary"):
    check(f"copied rows, {form}", copied_rows,
          f"COPY (SELECT i4, txt, n, ts, u, i4s, b, f8, d FROM every_type ORDER BY id) TO STDOUT (FORMAT {form})",
          ["int4", "text", "numeric", "timestamp", "uuid", "int4[]", "bool", "float8", "date"])
    conn.rollback()


def given_up():
    """What raises in the block makes psycopg cancel the COPY."""
    try:
        with conn.cursor() as cursor, cursor.copy("COPY readings TO STDOUT") as copy:
            next(iter(copy))
            raise KeyboardInterrupt
    except KeyboardInterrupt:
        conn.rollback()
    return conn.execute("SELECT 1").fetchall()


check("copy, given up", given_up)
conn.rollback()
tell("the end", (conn.close(), conn.closed))
