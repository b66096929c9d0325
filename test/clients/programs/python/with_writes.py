"""Tables of one's own, made, filled and changed through psycopg2, psycopg 3, asyncpg, SQLAlchemy's ORM and pandas."""

import asyncio
import datetime
import decimal
import io
import uuid
import warnings

import asyncpg
import pandas
import psycopg
import psycopg2
import psycopg2.extras
import sqlalchemy as sa
from psycopg.types.json import Jsonb
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column, relationship

from checks import DSN, check, check_async, tell

warnings.simplefilter("ignore")

AT = datetime.datetime(2024, 1, 2, 3, 4, 5, 6, tzinfo=datetime.timezone.utc)
ROW = (1, "é🎉 it's", decimal.Decimal("1.10"), AT, ["a", None], uuid.UUID(int=7), b"\x00\xff", datetime.date(2024, 2, 29), True, 1.5)
TABLE = ("CREATE TABLE kept (id int PRIMARY KEY, name text NOT NULL DEFAULT 'x', price numeric(10,2) DEFAULT 1.5, at timestamptz, tags text[],"
         " u uuid, b bytea, d date, ok bool, f float8, doc jsonb)")
SUM = "SELECT count(*), sum(id), sum(price), max(name) FROM kept"


def with_psycopg3():
    conn = psycopg.connect(DSN)

    def ask(sql, parameters=None, **more):
        cursor = conn.execute(sql, parameters, **more)
        return [cursor.statusmessage, cursor.rowcount, sorted(map(repr, cursor.fetchall())) if cursor.description else None]

    check("create", ask, TABLE)
    conn.commit()
    for letter in "tb":
        places = ",".join([f"%{letter}"] * (len(ROW) + 1))
        check(f"insert {letter}", ask, f"INSERT INTO kept VALUES ({places}) RETURNING *", ("tb".index(letter) + 1, *ROW[1:], Jsonb({"b": 1, "a": [1]})))
    conn.commit()
    many = [(i, f"n{i}") for i in range(10, 30)]
    check("executemany", lambda: (cursor := conn.cursor()) and [
        cursor.executemany("INSERT INTO kept (id, name) VALUES (%s, %s)", many), cursor.rowcount, cursor.statusmessage])
    check("executemany, returning", lambda: (cursor := conn.cursor()) and [
        cursor.executemany("INSERT INTO kept (id) VALUES (%s) RETURNING id, price", [(i,) for i in range(70, 75)], returning=True),
        [(cursor.fetchall(), cursor.nextset()) for _ in range(5)]])
    conn.commit()

    def pipeline():
        with conn.pipeline():
            cursors = [conn.execute("INSERT INTO kept (id) VALUES (%s) RETURNING id", (i,)) for i in range(200, 220)]
            cursors.append(conn.execute("SELECT count(*) FROM kept"))
            return [cursor.fetchall() for cursor in cursors]

    check("pipeline", pipeline)
    conn.commit()
    for sql, parameters in [
        ("INSERT INTO kept (id) VALUES (%s)", (1,)),
        ("INSERT INTO kept (id, name) VALUES (%s, %s)", (999, None)),
        ("INSERT INTO kept (id, name) VALUES (%s, %s) ON CONFLICT (id) DO UPDATE SET name = excluded.name RETURNING id, name", (1, "up")),
        ("UPDATE kept SET price = price * %s, tags = %s WHERE id = ANY(%s)", (2, ["z"], [1, 2])),
        ("UPDATE kept SET name = %s WHERE id < %s RETURNING id, name, price", ("n", 12)),
        ("DELETE FROM kept WHERE id BETWEEN %s AND %s", (200, 300)),
        ("CREATE TEMP TABLE passing AS SELECT id, name FROM kept WHERE id < 12", None),
        ("SELECT * FROM passing", None),
    ]:
        check(sql, ask, sql, parameters)
        conn.rollback() if conn.info.transaction_status.name == "INERROR" else conn.commit()

    def nested():
        with conn.transaction():
            conn.execute("INSERT INTO kept (id) VALUES (400)")
            try:
                with conn.transaction():
                    conn.execute("INSERT INTO kept (id) VALUES (401)")
                    conn.execute("INSERT INTO kept (id) VALUES (400)")
            except psycopg.errors.UniqueViolation as error:
                tell("in a savepoint", error.diag.message_primary)
            conn.execute("INSERT INTO kept (id) VALUES (402)")
        return ask("SELECT id FROM kept WHERE id >= 400")

    check("nested", nested)

    def copied(first, form, types):
        with conn.cursor() as cursor:
            with cursor.copy(f"COPY kept (id, name, price, at) FROM STDIN (FORMAT {form})") as copy:
                if types:
                    copy.set_types(types)
                for i in range(1000):
                    copy.write_row((i + first, f"c\t{i}", None if i % 3 else decimal.Decimal("2.5"), AT))
            return [cursor.rowcount, cursor.statusmessage]

    check("COPY", copied, 1000, "text", None)
    check("COPY in binary", copied, 3000, "binary", ["int4", "text", "numeric", "timestamptz"])
    check("a cursor over what is deleted meanwhile", lambda: (cursor := conn.cursor("held").execute("SELECT id FROM kept ORDER BY id")) and [
        cursor.fetchmany(3), conn.execute("DELETE FROM kept WHERE id > 1000").rowcount, len(cursor.fetchall())])
    check("sum", ask, SUM)
    conn.rollback()
    check("drop", ask, "DROP TABLE kept")
    conn.commit()


def with_psycopg2():
    conn = psycopg2.connect(DSN)
    cursor = conn.cursor()

    def ask(sql, parameters=None):
        cursor.execute(sql, parameters)
        return [cursor.statusmessage, cursor.rowcount, cursor.fetchall() if cursor.description else None]

    check("create", ask, TABLE)
    check("insert", ask, "INSERT INTO kept (id, name, price, at, tags) VALUES (%s, %s, %s, %s, %s) RETURNING *", ROW[:5])
    check("executemany", lambda: [cursor.executemany("INSERT INTO kept (id, name) VALUES (%s, %s)", [(i, "x") for i in range(2, 20)]),
                                  cursor.rowcount, cursor.statusmessage])
    conn.commit()
    check("execute_values", lambda: [psycopg2.extras.execute_values(
        cursor, "INSERT INTO kept (id, name, at) VALUES %s RETURNING id", [(i, "y", AT) for i in range(20, 400)], fetch=True)[-1], cursor.statusmessage])
    check("execute_batch", lambda: [psycopg2.extras.execute_batch(
        cursor, "UPDATE kept SET name = %s WHERE id = %s", [(f"b{i}", i) for i in range(1, 40)]), cursor.statusmessage])
    conn.commit()
    check("copy_from", lambda: [cursor.copy_from(io.StringIO("1000\tx\n1001\ty\n"), "kept", columns=("id", "name")), cursor.rowcount])
    check("copy_expert", lambda: [cursor.copy_expert("COPY kept (id, name, at) FROM STDIN WITH (FORMAT csv, HEADER)", io.StringIO(
        'id,name,at\n1002,"a,""b",2024-01-01\n1003,é,\n')), cursor.rowcount])
    check("copy_expert, wrong", lambda: cursor.copy_expert("COPY kept (id, name) FROM STDIN", io.StringIO("x\ty\n")))
    conn.rollback()
    check("sum", ask, SUM)
    check("drop", ask, "DROP TABLE kept")
    conn.commit()


async def with_asyncpg():
    conn = await asyncpg.connect(DSN)
    await check_async("create", conn.execute, TABLE)
    places = ",".join(f"${i + 1}" for i in range(len(ROW) + 1))
    await check_async("insert", conn.fetch, f"INSERT INTO kept VALUES ({places}) RETURNING *", *ROW, '{"b":1,"a":[1]}')
    await check_async("execute", conn.execute, "INSERT INTO kept (id, tags) VALUES ($1, $2)", 2, None)
    rows = [(i, f"m{i}") for i in range(10, 60)]
    await check_async("executemany", conn.executemany, "INSERT INTO kept (id, name) VALUES ($1, $2)", rows)
    await check_async("executemany, one wrong", conn.executemany, "INSERT INTO kept (id) VALUES ($1)", [(i,) for i in (5000, 5001, 1, 5002)])
    await check_async("fetchmany", conn.fetchmany, "INSERT INTO kept (id, name) VALUES ($1, $2) RETURNING id", [(i, "x") for i in range(300, 305)])
    copied = [(1000 + i, *ROW[1:4], *ROW[5:], '{"b":1}') for i in range(500)]
    columns = "id name price at u b d ok f doc".split()
    await check_async("copy_records_to_table", lambda: conn.copy_records_to_table("kept", records=copied, columns=columns))
    await check_async("copied", conn.fetch, "SELECT * FROM kept WHERE id = 1001")
    await check_async("copy_to_table", lambda: conn.copy_to_table("kept", source=io.BytesIO(b"4000,x\n4001,y\n"), columns=["id", "name"], format="csv"))

    async def nested():
        async with conn.transaction():
            await conn.execute("INSERT INTO kept (id) VALUES (9000)")
            try:
                async with conn.transaction():
                    await conn.execute("INSERT INTO kept (id) VALUES (9000)")
            except asyncpg.UniqueViolationError as error:
                tell("in a savepoint", error.constraint_name)
            await conn.execute("INSERT INTO kept (id) VALUES (9001)")
        return await conn.fetch("SELECT id FROM kept WHERE id >= 9000 ORDER BY 1")

    await check_async("nested", nested)
    await check_async("sum", conn.fetch, SUM)
    await check_async("drop", conn.execute, "DROP TABLE kept")


class Base(DeclarativeBase):
    pass


class Author(Base):
    __tablename__ = "author"
    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    name: Mapped[str] = mapped_column(sa.String(50), unique=True)
    born: Mapped[datetime.date | None]
    books: Mapped[list["Book"]] = relationship(
        back_populates="author", primaryjoin="Author.id == foreign(Book.author_id)", cascade="all, delete-orphan")


class Book(Base):
    __tablename__ = "book"
    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    author_id: Mapped[int]
    price: Mapped[decimal.Decimal] = mapped_column(sa.Numeric(10, 2), server_default="1.5")
    made: Mapped[datetime.datetime] = mapped_column(sa.DateTime(timezone=True), server_default=sa.text("'2024-01-01'"))
    version: Mapped[int] = mapped_column(default=1)
    author: Mapped[Author] = relationship(back_populates="books", primaryjoin="Author.id == foreign(Book.author_id)")
    __mapper_args__ = {"version_id_col": version}


def with_orm(engine):
    def session(act):
        with Session(engine) as opened:
            return act(opened)

    def added(s):
        author = Author(id=1, name="Ä", born=datetime.date(1970, 1, 1), books=[Book(id=i) for i in range(5)])
        s.add(author)
        s.flush()
        out = [[book.price, book.made, book.version] for book in author.books]
        s.commit()
        return out

    def bulk(s):
        s.add_all([Author(id=i, name=f"n{i}") for i in range(2, 3000)])
        s.commit()
        return s.scalar(sa.select(sa.func.count()).select_from(Author))

    def changed(s):
        s.get(Book, 3).price = decimal.Decimal("9.99")
        s.commit()
        s.get(Author, 1).books.remove(s.get(Book, 4))
        s.commit()
        return [[book.id, book.price, book.version] for book in s.scalars(sa.select(Book).order_by(Book.id))]

    def stale(s):
        s.get(Book, 3).price = 1
        session(lambda other: [setattr(other.get(Book, 3), "price", 2), other.commit()])
        s.commit()

    def twice(s):
        s.add(Author(id=1, name="x"))
        s.commit()

    def set_based(s):
        updated = s.execute(sa.update(Author).where(Author.id > 2990).values(name=Author.name + "!").returning(Author.id, Author.name)).all()
        deleted = s.execute(sa.delete(Author).where(Author.id > 2995)).rowcount
        s.commit()
        return [sorted(map(list, updated)), deleted]

    def upsert(s):
        statement = insert(Author).values([{"id": 1, "name": "up", "born": None}, {"id": 5000, "name": "new", "born": None}])
        statement = statement.on_conflict_do_update(index_elements=[Author.id], set_={"name": statement.excluded.name}).returning(Author)
        found = s.scalars(statement, execution_options={"populate_existing": True}).all()
        s.commit()
        return sorted([author.id, author.name] for author in found)

    def nested(s):
        s.add(Author(id=6000, name="q"))
        s.flush()
        try:
            with s.begin_nested():
                s.add(Author(id=6001, name="q"))
                s.flush()
        except sa.exc.IntegrityError as error:
            tell("in a savepoint", type(error.orig).__name__)
        s.add(Author(id=6002, name="w"))
        s.commit()
        return s.scalars(sa.select(Author.id).where(Author.id >= 6000).order_by(Author.id)).all()

    for _ in range(2):
        check("create_all", lambda: Base.metadata.create_all(engine))
    for act in (added, bulk, changed, stale, twice, set_based, upsert, nested):
        check(act.__name__, session, act)
    tables = sa.MetaData()
    check("reflected", lambda: [tables.reflect(engine, only=["author", "book"])] + [
        str(sa.schema.CreateTable(table).compile(engine)) for table in tables.sorted_tables])
    check("drop_all", lambda: Base.metadata.drop_all(engine))


def with_pandas(engine):
    frame = pandas.DataFrame({
        "i": [1, 2, 3], "f": [1.5, None, 2.5], "s": ["a", None, "it's é"], "t": pandas.to_datetime(["2024-01-01", "2024-02-01", None]),
        "tz": pandas.to_datetime(["2024-01-01T00:00Z"] * 3), "b": [True, False, True], "d": [datetime.date(2024, 1, 1)] * 3})

    def written(of=frame, **how):
        return of.to_sql("frame", engine, **{"index": False, **how})

    def read():
        return pandas.read_sql("SELECT * FROM frame ORDER BY i, f, s LIMIT 5", engine).to_csv()

    check("to_sql", written)
    check("to_sql, fail", written)
    check("to_sql, append", written, frame)
    check("to_sql, multi", lambda: written(pandas.concat([frame] * 500), if_exists="append", method="multi", chunksize=1000))
    check("read", read)
    check("to_sql, replace", lambda: [written(if_exists="replace", index=True, index_label="at"), read()])
    check("to_sql, types", lambda: [written(if_exists="replace", dtype={"s": sa.VARCHAR(20), "f": sa.Numeric(10, 2)}), read()])
    check("to_sql, delete_rows", lambda: [written(if_exists="delete_rows"), read()])
    check("drop", lambda: sa.Table("frame", sa.MetaData(), autoload_with=engine).drop(engine))


with_psycopg3()
with_psycopg2()
asyncio.run(with_asyncpg())
for driver in ("psycopg", "psycopg2"):
    tell("driver", driver)
    with_orm(sa.create_engine(DSN.replace("postgresql", f"postgresql+{driver}")))
with_pandas(sa.create_engine(DSN.replace("postgresql", "postgresql+psycopg")))
