import type { Shard, Snapshot, Table } from '../../catalog/snapshot.ts';
import { numericType, OID, type SqlType, sqlType } from '../../types/sql-type.ts';
import { STORES } from './retail.ts';

/** The demo's catalog as a fixture: what `skein explain` plans against where no agent runs. */
export const DEMO_CATALOG: Snapshot = {
  version: 1,
  labels: [
    { name: 'storeid', type: sqlType(OID.int4) },
    { name: 'region', type: sqlType(OID.text) },
    { name: 'country', type: sqlType(OID.text) },
    { name: 'city', type: sqlType(OID.text) },
  ],
  shards: STORES.map(
    ({ storeid, labels }): Shard => ({
      id: `store-${storeid}`,
      labels,
      agents: [
        {
          id: `store-${storeid}`,
          state: 'connected',
          duckdbVersion: undefined,
          lastSeen: undefined,
          reason: undefined,
        },
      ],
    }),
  ),
  tables: [
    table('transactions', 'federated', 100_000, [
      ['Invoice', sqlType(OID.text)],
      ['StockCode', sqlType(OID.text)],
      ['Description', sqlType(OID.text)],
      ['Quantity', sqlType(OID.int4)],
      ['InvoiceDate', sqlType(OID.timestamp)],
      ['Price', numericType(10, 2)],
      ['Customer ID', sqlType(OID.int4)],
      ['Country', sqlType(OID.text)],
    ]),
    table('events', 'federated', 25_000, [
      ['event_id', sqlType(OID.int8)],
      ['at', sqlType(OID.timestamp)],
      ['customer_id', sqlType(OID.int4)],
      ['product', sqlType(OID.text)],
      ['category', sqlType(OID.text)],
      ['amount', numericType(12, 2)],
      ['status', sqlType(OID.text)],
      ['context', sqlType(OID.jsonb)],
    ]),
    table('stores', 'replicated', 4, [
      ['storeid', sqlType(OID.int4)],
      ['name', sqlType(OID.text)],
      ['opened', sqlType(OID.date)],
      ['square_metres', sqlType(OID.int4)],
    ]),
  ],
};

function table(
  name: string,
  kind: Table['kind'],
  rows: number,
  columns: readonly (readonly [string, SqlType])[],
): Table {
  return {
    name,
    kind,
    columns: columns.map(([column, type]) => ({ name: column, type })),
    pieces: STORES.map(({ storeid }) => ({
      shard: `store-${storeid}`,
      rowEstimate: rows,
      byteEstimate: undefined,
      outOfService: undefined,
    })),
    comment: undefined,
  };
}
