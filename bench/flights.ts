import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { FLIGHTS_EXAMPLE } from '../examples/flights/example.ts';
import { REGIONS, splitFlights } from '../examples/flights/split.ts';
import { text } from '../examples/support/duckdb.ts';
import { placeConfigs } from '../examples/support/example.ts';
import { freePort, type Processes, startProcesses } from '../examples/support/processes.ts';
import { parseQuestions } from '../test/support/questions.ts';

export const QUESTIONS = parseQuestions(
  readFileSync(new URL('../examples/flights/questions.sql', import.meta.url), 'utf8'),
);

/** The example's three agents. */
export async function startFlights(directory: string): Promise<Processes> {
  await splitFlights(directory);
  return startProcesses({
    directory,
    ...(await placeConfigs(FLIGHTS_EXAMPLE, directory)),
    pgPort: await freePort(),
    httpPort: await freePort(),
  });
}

const SITES = { West: 'Denver', Central: 'Chicago', East: 'Atlanta' } as const;

/** DuckDB's views of what the three agents have together, with their labels. */
export function unionOfFlights(directory: string): Readonly<Record<string, string>> {
  const part = (region: (typeof REGIONS)[number]) =>
    `SELECT *, ${text(region)} AS region, ${text(SITES[region])} AS site FROM read_parquet(${text(join(directory, region.toLowerCase(), 'flights.parquet'))})`;
  return {
    flights: REGIONS.map(part).join(' UNION ALL '),
    airports: `FROM read_csv(${text(join(directory, 'east', 'airports.csv'))})`,
  };
}
