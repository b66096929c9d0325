import asyncio
import datetime
import decimal
import sys
import uuid
import warnings

import pandas
import sqlalchemy as sa
from sqlalchemy.dialects import postgresql
from sqlalchemy.ext.asyncio import create_async_engine

from checks import DSN, check, tell

URL = DSN.replace("postgresql:", f"postgresql+{sys.argv[1]}:")


def columns(found):
    """The columns that reflection found, without what has no form of its own."""
    return [{**column, "type": repr(column["type"])} for column in found]


def reflection(connection):
    inspector = sa.inspect(connection)
    check("schemas", lambda: [name for name in inspector.get_schema_names() if name != "skein"])
    check("default schema", lambda: inspector.default_schema_name)
    for kind in ("table", "view", "materialized_view", "temp_table", "temp_view", "sequence"):
        check(f"{kind} names", lambda: sorted(getattr(inspector, f"get_{kind}_names")()))
    check("tables of a schema", lambda: sorted(inspector.get_table_names(schema="public")))
    check("views of information_schema", lambda: len(inspector.get_view_names(schema="information_schema")))
    for table in ("sales", "every_type", "extremes", "Café Ünïon", "empty", "products"):
        check(f"{table} exists", lambda: [inspector.has_table(table), inspector.has_table(table, schema="public"),
                                          inspector.has_table(table, schema="nosuch")])
        check(f"columns of {table}", lambda: columns(inspector.get_columns(table)))
        for kind in ("pk_constraint", "foreign_keys", "indexes", "unique_constraints", "check_constraints", "table_comment", "table_options"):
            check(f"{kind} of {table}", lambda: getattr(inspector, f"get_{kind}")(table))
    for kind in ("pk_constraint", "foreign_keys", "indexes", "unique_constraints", "check_constraints", "table_comment"):
        check(f"all {kind}", lambda: sorted(repr(item) for item in getattr(inspector, f"get_multi_{kind}")().items()))
    check("all columns", lambda: sorted(repr((key, columns(found))) for key, found in inspector.get_multi_columns(
        kind=sa.engine.reflection.ObjectKind.ANY).items()))
    check("a catalog's columns", lambda: columns(inspector.get_columns("pg_am", schema="pg_catalog")))
    check("a catalog's indexes", lambda: inspector.get_indexes("pg_class", schema="pg_catalog"))
    check("a view's definition", lambda: inspector.get_view_definition("pg_roles", schema="pg_catalog"))
    check("enums and domains", lambda: [inspector.get_enums(), inspector.get_domains(), inspector.get_extensions()
                                        if hasattr(inspector, "get_extensions") else None])
    check("what is not there", lambda: inspector.get_columns("nosuch"))
    check("sorted tables", lambda: sorted(name for name, _ in inspector.get_sorted_table_and_fkc_names() if name))


def rows(result):
    return [list(result.keys()), [list(row) for row in result]]


def queries(connection, metadata):
    sales, visits, products, every = (metadata.tables[name] for name in ("sales", "visits", "products", "every_type"))
    cafe = metadata.tables["Café Ünïon"]

    def ask(statement, parameters=None):
        try:
            return rows(connection.execute(statement, parameters or {}))
        finally:
            connection.rollback()

    check("all of it", ask, sa.select(every).order_by(every.c.id))
    check("strange names", ask, sa.select(cafe).where(cafe.c["Größe"] >= 1).order_by(cafe.c["Größe"]))
    check("filters", ask, sa.select(sales.c.id).where(
        sa.and_(sales.c.region.in_(["EU", "x"]), sales.c.price.between(decimal.Decimal("-50"), 50), sales.c.note.is_not(None),
                sa.not_(sales.c.note.like("%a%")), sales.c.sold_at > datetime.datetime(2024, 1, 1), sales.c.paid.is_(True))).order_by(sales.c.id))
    check("strings", ask, sa.select(sales.c.id).where(sa.or_(
        sales.c.note.icontains("É"), sales.c.note.startswith("100%", autoescape=True), sales.c.code.regexp_match("^[ab]"))).order_by(sales.c.id))
    check("an empty IN", ask, sa.select(sa.func.count()).select_from(sales).where(sales.c.id.in_([])))
    check("any", ask, sa.select(every.c.id).where(sa.literal(2) == sa.any_(every.c.i4s)))
    check("types", ask, sa.select(every.c.id).where(sa.or_(
        every.c.u == uuid.UUID(int=0), every.c.d == datetime.date(2024, 2, 29), every.c.t == datetime.time(0), every.c.byt == b"\x5c'",
        every.c.iv == datetime.timedelta(days=-1, hours=2, minutes=3))).order_by(every.c.id))
    check("a group", ask, sa.select(
        sales.c.region, sa.func.count().label("n"), sa.func.sum(sales.c.price), sa.func.round(sa.func.avg(sales.c.qty), 3).label("average quantity"),
        sa.func.count(sales.c.note.distinct()), sa.func.max(sales.c.sold_at)).group_by(sales.c.region).having(sa.func.count() > 1).order_by(
        sales.c.region.nulls_first()))
    check("joins", ask, sa.select(products.c.name, sa.func.count(visits.c.visit)).join_from(sales, products, sales.c.product == products.c.product)
          .outerjoin(visits, visits.c.sale == sales.c.id).group_by(products.c.name).order_by(products.c.name))
    check("a subquery", ask, sa.select(sales.c.id).where(sales.c.price == sa.select(sa.func.max(sales.c.price)).scalar_subquery()))
    check("exists", ask, sa.select(sa.func.count()).select_from(sales).where(sa.exists().where(visits.c.sale == sales.c.id)))
    best = sa.select(sales.c.id, sa.func.row_number().over(partition_by=sales.c.region, order_by=[sales.c.price.desc().nulls_last(), sales.c.id])
                     .label("place")).cte("best")
    check("a window in a CTE", ask, sa.select(best).where(best.c.place <= 2).order_by(best.c.place, best.c.id))
    check("a union", ask, sa.union_all(sa.select(sales.c.city), sa.select(visits.c.city)).subquery().select().distinct().order_by("city"))
    check("a case", ask, sa.select(sa.case((sales.c.qty > 3, "many"), else_="few").label("much"), sa.func.count()).group_by("much").order_by("much"))
    check("dates", ask, sa.select(sa.func.date_trunc("month", sales.c.sold_at).label("month"), sa.extract("dow", sales.c.due), sa.func.count())
          .group_by("month", sa.extract("dow", sales.c.due)).order_by("month", sa.extract("dow", sales.c.due)))
    check("casts", ask, sa.select(sa.cast(sales.c.qty, sa.String), sa.cast(sales.c.price, sa.Integer), sa.type_coerce(sales.c.id, sa.String))
          .order_by(sales.c.id).limit(5).offset(3))
    check("literals", ask, sa.select(sa.literal("é"), sa.literal(1.5), sa.literal(None), sa.literal(datetime.date(2024, 1, 1)), sa.null(), sa.true(),
                                     sa.literal(decimal.Decimal("1.10")), sa.literal([1, 2], postgresql.ARRAY(sa.Integer))))
    check("values", ask, sa.select(sa.values(sa.column("a", sa.Integer), sa.column("b", sa.String), name="v").data([(1, "x"), (2, "y")])))
    check("a text", ask, sa.text("SELECT id, region FROM sales WHERE qty = :q AND note = ANY(:notes) ORDER BY id"), {"q": 2, "notes": ["abc", "a"]})
    check("stream_results", lambda: [
        (result := connection.execution_options(stream_results=True, max_row_buffer=100).execute(
            sa.select(metadata.tables["readings"]).order_by("id"))) and result.fetchmany(2), sum(row.id for row in result)])
    check("yield_per", lambda: [len(part) for part in connection.execution_options(yield_per=6000).execute(
        sa.select(metadata.tables["readings"].c.id)).partitions()])


def transactions(engine):
    def ask(connection, sql):
        return connection.execute(sa.text(sql)).scalar()

    def levels():
        out = []
        engine = sa.create_engine(URL, poolclass=sa.pool.NullPool)
        for level in ("AUTOCOMMIT", "READ COMMITTED", "REPEATABLE READ", "SERIALIZABLE", "READ UNCOMMITTED"):
            with engine.connect().execution_options(isolation_level=level, postgresql_readonly=True, postgresql_deferrable=True) as connection:
                out.append([connection.get_isolation_level(), ask(connection, "SHOW transaction_isolation"), ask(connection, "SHOW transaction_read_only"),
                            ask(connection, "SELECT 1")])
        return out
    check("isolation levels", levels)

    def nested():
        with engine.connect() as connection, connection.begin():
            out = []
            try:
                with connection.begin_nested():
                    ask(connection, "SELECT 1/0")
            except sa.exc.DBAPIError as error:
                out.append([type(error).__name__, type(error.orig).__name__, getattr(error.orig, "sqlstate", None) or getattr(error.orig, "pgcode", None)])
            with connection.begin_nested() as inner:
                out.append(ask(connection, "SELECT count(*) FROM sales"))
                inner.rollback()
            return out
    check("savepoints", nested)

    def wrong(sql):
        with engine.connect() as connection:
            try:
                ask(connection, sql)
            except sa.exc.DBAPIError as error:
                return [type(error).__name__, str(error.orig), error.connection_invalidated]
    for sql in ("SELECT nosuch", "SELECT * FROM nosuch", "SELEC", "SELECT 'x'::int"):
        check(f"wrong: {sql}", wrong, sql)


def frames(engine):
    def shape(frame):
        return [list(frame.columns), [str(kind) for kind in frame.dtypes], frame.head(5).to_csv(), len(frame)]

    with engine.connect() as connection:
        check("read_sql", lambda: shape(pandas.read_sql("SELECT * FROM sales ORDER BY id", connection)))
        check("read_sql with parameters", lambda: shape(pandas.read_sql(
            sa.text("SELECT region, count(*) AS n, avg(price) AS p FROM sales WHERE qty > :q GROUP BY 1 ORDER BY 1"), connection, params={"q": 1},
            index_col="region")))
        check("read_sql, dates and chunks", lambda: [shape(part) for part in pandas.read_sql(
            "SELECT id, at, value FROM readings ORDER BY id", connection, parse_dates=["at"], chunksize=9000)])
        check("read_sql_table", lambda: shape(pandas.read_sql_table("every_type", connection).sort_values("id", ignore_index=True)))
        check("read_sql_table, columns", lambda: shape(pandas.read_sql_table("Café Ünïon", connection, columns=["with space", "Größe"]).sort_values("Größe", ignore_index=True)))


def everything(engine):
    with engine.connect() as connection:
        tell("dialect", (connection.dialect.server_version_info[0], connection.dialect.default_schema_name, connection.get_isolation_level(),
                         connection.default_isolation_level))
        reflection(connection)
        metadata = sa.MetaData()
        with warnings.catch_warnings(record=True) as raised:
            metadata.reflect(connection)
        tell("reflected", sorted(metadata.tables) + [str(warning.message) for warning in raised])
        tell("DDL", [str(sa.schema.CreateTable(table).compile(dialect=postgresql.dialect())) for table in metadata.sorted_tables])
        queries(connection, metadata)
    transactions(engine)
    frames(engine)
    check("pre_ping", lambda: [pinged(), pinged()])


def pinged():
    return sa.create_engine(URL, pool_pre_ping=True).connect().execute(sa.text("SELECT 1")).scalar()


async def asynchronous():
    engine = create_async_engine(URL, connect_args={"server_settings": {"application_name": "π"}})
    async with engine.connect() as connection:
        tell("dialect", (connection.dialect.server_version_info[0], connection.dialect.default_schema_name, await connection.get_isolation_level()))
        metadata = sa.MetaData()

        def inside(connection):
            reflection(connection)
            metadata.reflect(connection)
            queries(connection, metadata)
        await connection.run_sync(inside)
        result = await connection.stream(sa.select(metadata.tables["readings"].c.id))
        tell("streamed", sum([row.id async for row in result]))
    await engine.dispose()


if sys.argv[1] == "asyncpg":
    asyncio.run(asynchronous())
else:
    everything(sa.create_engine(URL))
tell("the end", True)
