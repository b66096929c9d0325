import pg from 'pg';

/**
 * A client in a process of its own: reading its rows keeps no other client of the benchmark waiting. Of each statement that it is
 * sent it tells how many rows came. Its argument is the port.
 */
const client = new pg.Client({
  host: '127.0.0.1',
  port: Number(process.argv[2]),
  user: 'asker',
  database: 'skein',
});
await client.connect();
process.on('message', (sql: string) => {
  void client.query({ text: sql, rowMode: 'array' }).then(({ rows }) => process.send?.(rows.length));
});
