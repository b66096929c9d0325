import { type DuckDBConnection, DuckDBScalarFunction } from '@duckdb/node-api';
import { HOST_FUNCTIONS } from '../../src/dialect/host/functions.ts';
import { PRELUDE } from '../../src/dialect/prelude.ts';
import { registerHostFunctions } from '../../src/engine/host-functions.ts';

/** Makes a DuckDB opened by its own client one of the fleet's. */
export async function loadPrelude(connection: DuckDBConnection): Promise<void> {
  registerHostFunctions(HOST_FUNCTIONS, (fn) => {
    connection.registerScalarFunction(Object.assign(new DuckDBScalarFunction(), { scalar_function: fn }));
  });
  for (const statement of PRELUDE) await connection.run(statement);
}
