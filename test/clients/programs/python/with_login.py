"""Passwords and TLS, through each driver. PGSSLROOTCERT names the server's certificate."""

import asyncio
import os
import ssl
import threading

import asyncpg
import psycopg
import psycopg2
import sqlalchemy as sa
from sqlalchemy.ext.asyncio import create_async_engine

from checks import DSN, check, tell

CERTIFICATE = os.environ["PGSSLROOTCERT"]
VERIFIED = {"sslmode": "verify-full", "sslrootcert": CERTIFICATE}
WAYS = {
    "without TLS": {"sslmode": "disable"},
    "as libpq likes it": {},
    "with TLS": {"sslmode": "require"},
    "verified": VERIFIED,
    "bound to the channel": {**VERIFIED, "channel_binding": "require"},
    "not bound to it": {**VERIFIED, "channel_binding": "disable"},
    "TLS from the first byte": {**VERIFIED, "sslnegotiation": "direct"},
    "only SCRAM": {**VERIFIED, "require_auth": "scram-sha-256"},
    "TLS 1.2": {**VERIFIED, "ssl_max_protocol_version": "TLSv1.2"},
    "another host's": {**VERIFIED, "host": "127.0.0.1"},
    "signed by nobody": {"sslmode": "verify-full", "sslrootcert": "system"},
}
# Few that fail at the server: it answers the next one later, and without sslmode libpq tries twice.
REFUSED = {
    "a wrong password": {**VERIFIED, "password": "wrong"},
    "an empty password": {"password": ""},
    "a database that isn't there": {"dbname": "nosuch"},
    "a password in the clear": {"require_auth": "password"},
    "bound, but without TLS": {"sslmode": "disable", "channel_binding": "require"},
}
USERS = {"Zoë": "pass wörd", "IX": "\u2168"}
SLOW = "SELECT count(*) FROM pg_proc a, pg_proc b, pg_proc c, pg_proc d"


def psycopg2_says(**more):
    connection = psycopg2.connect(DSN, **more)
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT current_user, 1 + 1")
            return [connection.info.ssl_in_use, connection.info.ssl_attribute("protocol"), cursor.fetchall()]
    finally:
        connection.close()


def psycopg3_says(**more):
    with psycopg.connect(DSN, **more) as connection:
        return [connection.pgconn.ssl_in_use, connection.pgconn.used_password, connection.execute("SELECT current_user, %s + 1", (1,)).fetchall()]


def said(act, **more):
    try:
        return act(**more)
    except (psycopg2.OperationalError, psycopg.OperationalError) as error:
        return str(error).replace(os.environ["PGPORT"], "<port>")


for name, says in (("psycopg2", psycopg2_says), ("psycopg", psycopg3_says)):
    for way, more in {**WAYS, **REFUSED}.items():
        check(f"{name}, {way}", lambda: said(says, **more))
    if name == "psycopg":
        check("a user that isn't there", lambda: said(says, user="nobody", **VERIFIED))
    for user, password in USERS.items():
        check(f"{name}, {user}", lambda: said(says, user=user, password=password))


def cancelled():
    with psycopg.connect(DSN, **VERIFIED) as connection:
        timer = threading.Timer(0.5, lambda: connection.cancel_safe(timeout=5))
        timer.start()
        try:
            connection.execute(SLOW)
        except psycopg.Error as error:
            timer.join()
            return [type(error).__name__, str(error)]


check("psycopg cancels over TLS", cancelled)


def scrambled():
    """A password that the client hashes itself."""
    with psycopg.connect(DSN, **VERIFIED) as connection:
        return connection.pgconn.encrypt_password(b"x", b"ann", b"scram-sha-256").startswith(b"SCRAM-SHA-256$4096:")


check("psycopg makes a verifier", scrambled)


async def asyncpg_says(**more):
    connection = await asyncpg.connect(DSN, **more)
    try:
        return [connection._transport.get_extra_info("sslcontext") is not None, await connection.fetchval("SELECT $1::int + 1", 1),
                await connection.fetchval("SELECT current_user")]
    finally:
        await connection.close()


async def asyncpg_said(**more):
    try:
        return await asyncpg_says(**more)
    except asyncpg.PostgresError as error:
        return [type(error).__name__, error.sqlstate, error.message]
    except (ssl.SSLError, ConnectionError, asyncpg.InterfaceError) as error:
        return type(error).__name__


async def with_asyncpg():
    trusting = ssl.create_default_context(cafile=CERTIFICATE)
    direct = ssl.create_default_context(cafile=CERTIFICATE)
    direct.set_alpn_protocols(["postgresql"])
    for name, more in {
        "without TLS": {"ssl": False}, "with TLS": {"ssl": "require"}, "verified": {"ssl": trusting},
        "TLS from the first byte": {"ssl": direct, "direct_tls": True}, "not saying for what": {"ssl": trusting, "direct_tls": True}, "signed by nobody": {"ssl": ssl.create_default_context()},
        "a wrong password": {"password": "wrong", "ssl": trusting}, "Zoë": {"user": "Zoë", "password": USERS["Zoë"]},
    }.items():
        tell(f"asyncpg, {name}", await asyncpg_said(**more))
    connection = await asyncpg.connect(DSN, ssl=trusting)
    try:
        await connection.fetch(SLOW, timeout=0.5)
    except asyncio.TimeoutError:
        tell("asyncpg cancels over TLS", await connection.fetchval("SELECT 1"))
    await connection.close()
    engine = create_async_engine(DSN.replace("postgresql:", "postgresql+asyncpg:"), connect_args={"ssl": trusting})
    async with engine.connect() as connected:
        tell("SQLAlchemy, asyncpg", (await connected.execute(sa.text("SELECT current_user"))).scalar())
    await engine.dispose()


asyncio.run(with_asyncpg())
for driver in ("psycopg2", "psycopg"):
    with sa.create_engine(DSN.replace("postgresql:", f"postgresql+{driver}:"), connect_args=VERIFIED).connect() as connected:
        tell(f"SQLAlchemy, {driver}", connected.execute(sa.text("SELECT current_user")).scalar())
tell("the end", True)
