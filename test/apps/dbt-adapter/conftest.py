import json
import os
import shutil
from pathlib import Path

import dbt.tests.adapter
from dbt_common.behavior_flags import BehaviorFlagRendered

pytest_plugins = ["dbt.tests.fixtures.project"]

# Each of dbt's commands searches the stack for the module that made a flag, which takes four fifths of a test's time under pytest.
BehaviorFlagRendered._default_source = staticmethod(lambda: "dbt.adapters.postgres.impl")

for number in (1, 2, 3):
    os.environ[f"DBT_TEST_USER_{number}"] = f"dbt_test_user_{number}"


# A class looks for it beside itself.
shutil.copy(Path(next(iter(dbt.tests.adapter.__path__))) / "simple_seed" / "seed_bom.csv", Path(__file__).parent)


failed = {}


def pytest_runtest_logreport(report):
    name = report.nodeid.split("::", 1)[1]
    failed[name] = failed.get(name) or (str(report.longrepr) if report.failed else None)


def pytest_sessionfinish():
    Path(os.environ["OUTCOMES"]).write_text(json.dumps(failed))
