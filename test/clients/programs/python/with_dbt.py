"""dbt itself: connect, test sources, show queries, make the catalog of its docs. What writes is no part of it."""

import json
import os
import re
import sys
import tempfile
from pathlib import Path

from checks import tell

HOME = Path(tempfile.mkdtemp())
FILES = {
    "dbt_project.yml": "name: skein\nversion: '1.0'\nprofile: skein\n",
    "profiles.yml": """skein:
  target: dev
  outputs:
    dev: {type: postgres, host: "{{ env_var('PGHOST') }}", port: "{{ env_var('PGPORT') | int }}", user: "{{ env_var('PGUSER') }}",
          password: "{{ env_var('PGPASSWORD') }}", dbname: "{{ env_var('PGDATABASE') }}", schema: public, threads: 2, search_path: "public, pg_catalog",
          application_name: "dbt of a test", keepalives_idle: 5, connect_timeout: 10}
""",
    "models/sources.yml": """version: 2
sources:
  - name: federated
    schema: public
    tables:
      - name: sales
        loaded_at_field: sold_at
        freshness: {error_after: {count: 100000, period: day}}
        columns:
          - {name: id, data_tests: [unique, not_null]}
          - {name: region, data_tests: [{accepted_values: {arguments: {values: [EU, NorthAmerica]}}}]}
          - {name: product, data_tests: [{relationships: {arguments: {to: "source('federated', 'products')", field: product}}}]}
          - {name: note, data_tests: [not_null]}
      - name: products
      - name: every_type
      - name: "Café Ünïon"
        quoting: {identifier: true}
""",
    "tests/no_future.sql": "select * from {{ source('federated', 'sales') }} where sold_at > now() + interval '1 day' * 365 * 100",
    "macros/catalogs.sql": """{% macro list_all() %}
  {% set relations = relations_of('public') %}
  {{ log('schemas: ' ~ (run_query('select distinct nspname from pg_namespace').columns[0].values() | reject('equalto', 'skein') | sort | join(', ')), info=true) }}
  {{ log('exists: ' ~ adapter.check_schema_exists(target.database, 'public') ~ ' ' ~ adapter.check_schema_exists(target.database, 'nosuch'), info=true) }}
  {{ log('relations: ' ~ relations, info=true) }}
  {% for column in adapter.get_columns_in_relation(api.Relation.create(database=target.database, schema='public', identifier='every_type')) %}
    {{ log('column: ' ~ column.name ~ ' ' ~ column.data_type, info=true) }}
  {% endfor %}
{% endmacro %}
{% macro relations_of(schema) %}
  {% set names = [] %}
  {% for relation in list_relations_without_caching(api.Relation.create(database=target.database, schema=schema)) %}
    {% do names.append(relation[3] ~ ' ' ~ relation[1]) %}
  {% endfor %}
  {{ return(names | sort | join(', ')) }}
{% endmacro %}
""",
}


def plain(text):
    """Without clocks, durations and the port."""
    text = re.sub(r"^\d\d:\d\d:\d\d +", "", text, flags=re.M)
    text = re.sub(r"\b\d+\.\d+s\b", "<time>s", text)
    text = re.sub(r"\d+ hours? \d+ minutes? and [\d.]+ seconds", "<time>", text)
    return text.replace(os.environ["PGPORT"], "<port>").replace(str(HOME), "<home>")


for name, content in FILES.items():
    (HOME / name).parent.mkdir(exist_ok=True)
    (HOME / name).write_text(content)
os.chdir(HOME)
os.environ.update(DBT_SEND_ANONYMOUS_USAGE_STATS="0", DBT_USE_COLORS="0", DBT_VERSION_CHECK="0", DBT_PROFILES_DIR=str(HOME))

from dbt.cli.main import dbtRunner  # noqa: E402 - it reads its environment when it is imported


def run(*arguments):
    """The events of a command that are about the database."""
    said = []

    def hear(event):
        if event.info.level in ("info", "warn", "error") and event.info.name in (
                "DebugCmdOut", "DebugCmdResult", "RunningOperationCaughtError", "RunningOperationUncaughtError", "LogTestResult", "ShowNode", "CompiledNode", "JinjaLogInfo", "LogFreshnessResult", "RunResultError",
                "RunResultFailure", "EndOfRunSummary", "StatsLine", "CatalogWritten"):
            said.append(plain(event.info.msg))
    real, sys.stdout = sys.stdout, sys.stderr
    try:
        result = dbtRunner(callbacks=[hear]).invoke([*arguments, "--log-level", "none"])
    finally:
        sys.stdout = real
    tell(" ".join(arguments), {"success": result.success, "exception": result.exception, "said": sorted(said)})
    return result


run("debug", "--connection")
run("test")
run("source", "freshness")
run("run-operation", "list_all")
for sql in ("select region, count(*) as n, sum(price) as revenue from {{ source('federated', 'sales') }} group by 1 order by 1",
            "select id, b, n, txt, d, ts, tstz, u, i4s from {{ source('federated', 'every_type') }} order by id",
            "select nosuch from {{ source('federated', 'sales') }}"):
    run("show", "--inline", sql, "--output", "json")
run("docs", "generate")
catalog = json.loads((HOME / "target" / "catalog.json").read_text())
tell("catalog", [catalog["errors"], sorted(catalog["sources"].items())])
tell("the end", True)
