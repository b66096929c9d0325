import { cpus, totalmem } from 'node:os';
import { duckdbVersion } from '../src/engine/duckdb.ts';

/** Median milliseconds of `runs` calls, after `warmUps` that don't count. */
export async function median(
  runs: number,
  warmUps: number,
  call: (run: number) => Promise<unknown>,
): Promise<number> {
  const times: number[] = [];
  for (let run = 0; run < warmUps + runs; run++) {
    const before = performance.now();
    await call(run);
    if (run >= warmUps) times.push(performance.now() - before);
  }
  times.sort((a, b) => a - b);
  return ((times[Math.floor((runs - 1) / 2)] ?? 0) + (times[Math.ceil((runs - 1) / 2)] ?? 0)) / 2;
}

export function machine(threads: number): string {
  const [first] = cpus();
  return [
    `${cpus().length} × ${first?.model ?? 'unknown processor'}`,
    `${Math.round(totalmem() / 2 ** 30)} GiB`,
    `Node ${process.version}`,
    `DuckDB ${duckdbVersion()}`,
    `${threads} threads for each DuckDB`,
  ].join(', ');
}

export function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const widths = head.map((_, i) => Math.max(...[head, ...rows].map((row) => row[i]?.length ?? 0)));
  const line = (row: readonly string[]) =>
    `| ${row.map((cell, i) => (i === 0 ? cell.padEnd(widths[i] ?? 0) : cell.padStart(widths[i] ?? 0))).join(' | ')} |`;
  const rule = `|${widths.map((width, i) => (i === 0 ? '-'.repeat(width + 2) : `${'-'.repeat(width + 1)}:`)).join('|')}|`;
  return [line(head), rule, ...rows.map(line)].join('\n');
}

export function ms(time: number): string {
  return time.toFixed(time < 100 ? 2 : 0);
}

export function ratio(of: number, to: number): string {
  return `${(of / to).toFixed(2)} ×`;
}
