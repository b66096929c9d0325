"""Each class of dbt-tests-adapter that no other of its module extends, for the stock adapter: `module.Class`."""

import importlib
import inspect
import os
from pathlib import Path

import dbt.tests.adapter
import pytest

SUITE = Path(next(iter(dbt.tests.adapter.__path__)))
TARGET = {
    "type": "postgres",
    "threads": 4,
    "host": os.environ["PGHOST"],
    "port": int(os.environ["PGPORT"]),
    "user": os.environ["PGUSER"],
    "pass": os.environ["PGPASSWORD"],
    "dbname": os.environ["PGDATABASE"],
}


def classes(module):
    """Those of the module itself which have tests."""
    own = [value for _, value in inspect.getmembers(module, inspect.isclass) if value.__module__ == module.__name__]
    leaves = [one for one in own if not any(other is not one and issubclass(other, one) for other in own)]
    return [one for one in leaves if any(name.startswith("test_") for name in dir(one))]


def subclass(one, module, data):
    """In the place of its module: some look for files beside it, some for its name in a schema's. One has a database of its own."""

    @pytest.fixture(scope="class")
    def test_data_dir(self, tmp_path_factory):
        return data if data.exists() else tmp_path_factory.mktemp("tests") / "data"

    @pytest.fixture(scope="class")
    def unique_schema(self, prefix):
        return f"{prefix}_{module}"

    @pytest.fixture(scope="class")
    def dbt_profile_target(self):
        return TARGET

    fixtures = {"test_data_dir": test_data_dir, "unique_schema": unique_schema, "dbt_profile_target": dbt_profile_target}
    return type(one.__name__, (one,), {**fixtures, "__module__": __name__})


for file in sorted(SUITE.rglob("test_*.py")):
    path = file.relative_to(SUITE).with_suffix("").parts
    for found in classes(importlib.import_module(".".join([dbt.tests.adapter.__name__, *path]))):
        globals()[f"Test_{path[-1]}_{found.__name__}"] = subclass(found, path[-1], file.parent / "data")
