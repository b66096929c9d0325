// Writes a CSV of sales for each store, unless it is there: node generate.mjs <directory> <rows> <store>...
import { existsSync } from 'node:fs';
import { mkdir, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { TRANSACTIONS_HEADER, transactionLines } from '../dist/cli/demo/retail.js';

const [directory, rows, ...stores] = process.argv.slice(2);
for (const [index, store] of stores.entries()) {
  const file = join(directory, store, 'transactions.csv');
  if (existsSync(file)) continue;
  await mkdir(join(directory, store), { recursive: true });
  const buyers = ['France', 'Germany', 'Canada', 'Österreich'];
  const line = transactionLines({ storeid: index + 1, buyers, letterForCancelled: index % 2 === 1 });
  await writeFile(`${file}.new`, TRANSACTIONS_HEADER + Array.from({ length: Number(rows) }, line).join(''));
  await rename(`${file}.new`, file);
}
