import { copyFile, mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { runDuckDb, text } from '../support/duckdb.ts';
import { vegaDataset } from '../support/source.ts';

export const FLIGHTS = vegaDataset('flights-3m.parquet');
export const AIRPORTS = vegaDataset('airports.csv');

export const REGIONS = ['West', 'Central', 'East'] as const;

const WEST = ['AK', 'AZ', 'CA', 'CO', 'HI', 'ID', 'MT', 'NM', 'NV', 'OR', 'UT', 'WA', 'WY'];
const CENTRAL = [
  ...['AL', 'AR', 'IA', 'IL', 'IN', 'KS', 'KY', 'LA', 'MI', 'MN', 'MO', 'MS'],
  ...['ND', 'NE', 'OH', 'OK', 'SD', 'TN', 'TX', 'WI'],
];

const list = (states: readonly string[]): string => states.map(text).join(', ');

/** SQL: the region of an airport's state. Other states, and airports without one, are East's. */
const REGION_OF_STATE = `CASE WHEN state IN (${list(WEST)}) THEN 'West' WHEN state IN (${list(CENTRAL)}) THEN 'Central' ELSE 'East' END`;

/** SQL: all flights with the region of their origin. */
export const FLIGHTS_WITH_REGION = `SELECT f.*, ${REGION_OF_STATE} AS region FROM read_parquet(${text(FLIGHTS)}) f LEFT JOIN read_csv(${text(AIRPORTS)}, all_varchar = true) a ON a.iata = f.origin`;

/** One directory a region: its flights, and all airports. */
export async function splitFlights(directory: string): Promise<void> {
  for (const region of REGIONS) {
    const to = join(directory, region.toLowerCase());
    await mkdir(to, { recursive: true });
    await copyFile(AIRPORTS, join(to, 'airports.csv'));
  }
  await runDuckDb(
    REGIONS.map((region) => {
      const file = join(directory, region.toLowerCase(), 'flights.parquet');
      return `COPY (SELECT * EXCLUDE (region) FROM (${FLIGHTS_WITH_REGION}) WHERE region = ${text(region)}) TO ${text(file)} (FORMAT parquet)`;
    }),
  );
  await writeFile(join(directory, 'done'), '');
}
