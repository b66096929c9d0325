"""dbt, its modules loaded once: each line of input is JSON with a command's arguments and environment, each line of
output what came of it. dbt imports each module that it finds whose name begins with `dbt_`: this one's doesn't."""

import json
import os
import sys

answers = os.fdopen(os.dup(1), "w")
os.dup2(2, 1)

from dbt.cli.main import dbtRunner  # noqa: E402 - standard output has nothing but the answers


def outcome(arguments, environment):
    """What each node came to; a command without nodes has its success alone."""
    os.environ.update(environment)
    result = dbtRunner().invoke(arguments)
    nodes = [node for node in getattr(result.result, "results", None) or [] if hasattr(node, "node")]
    told = [{"id": node.node.unique_id, "status": str(node.status), "message": node.message} for node in nodes]
    exception = None if result.exception is None else str(result.exception)
    return {"success": result.success, "exception": exception, "nodes": sorted(told, key=lambda node: node["id"])}


for line in sys.stdin:
    print(json.dumps(outcome(**json.loads(line))), file=answers, flush=True)
