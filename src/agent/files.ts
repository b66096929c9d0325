import { type BigIntStats, readdirSync, realpathSync, statSync } from 'node:fs';
import { basename, dirname, isAbsolute, join, relative, resolve, sep } from 'node:path';
import { quoteString } from '../dialect/quote.ts';
import type { Engine } from '../engine/duckdb.ts';

/** A source file as it was when looked at. Another stamp means that its rows may be others. */
export interface FileStamp {
  readonly path: string;
  readonly size: number;
  /** Of size, times of modification and change, and inode. */
  readonly stamp: string;
}

/** Why a table can't be served, for the people who must repair it. */
export class TableProblem extends Error {}

/** Most files of one table. */
const MAX_FILES = 100_000;

/** Real paths of the allowed directories. @throws if one does not exist. */
export function realDirectories(directories: readonly string[]): string[] {
  return directories.map((directory) => realpathSync(resolve(directory)));
}

/**
 * The files that paths and globs name, each once, in order of their names. Looking is synchronous: it happens before and
 * after every task, and takes microseconds a file where a promise takes fifty times that.
 * @throws TableProblem if there is none, or one lies outside the allowed directories.
 */
export async function listFiles(
  engine: Engine,
  patterns: readonly string[],
  allowed: readonly string[],
): Promise<FileStamp[]> {
  const found = new Map<string, FileStamp>();
  for (const pattern of patterns) {
    const paths = await expand(engine, resolve(pattern));
    if (paths.length === 0) throw new TableProblem(`no file matches ${basename(pattern)}`);
    for (const path of paths) found.set(path, stampOf(path, allowed));
    if (found.size > MAX_FILES) throw new TableProblem(`there are more than ${MAX_FILES} files`);
  }
  return [...found.values()].sort((a, b) => (a.path < b.path ? -1 : 1));
}

/** One text that is equal as long as the files are the same. */
export function fingerprint(files: readonly FileStamp[]): string {
  return files.map((file) => `${file.path}\0${file.stamp}`).join('\n');
}

function stampOf(path: string, allowed: readonly string[]): FileStamp {
  const { real, info } = look(path);
  if (!allowed.some((directory) => isInside(real, directory))) {
    throw new TableProblem(`${basename(path)} is outside the allowed directories`);
  }
  if (!info.isFile()) throw new TableProblem(`${basename(path)} is not a file`);
  return {
    path: real,
    size: Number(info.size),
    stamp: `${info.size}:${info.mtimeNs}:${info.ctimeNs}:${info.ino}`,
  };
}

function look(path: string): { readonly real: string; readonly info: BigIntStats } {
  try {
    const real = realpathSync(path);
    return { real, info: statSync(real, { bigint: true }) };
  } catch (error) {
    throw new TableProblem(`${basename(path)} can't be read: ${codeOf(error)}`);
  }
}

/** A wildcard in the last part only is matched here; DuckDB expands the others. */
async function expand(engine: Engine, pattern: string): Promise<string[]> {
  if (!isGlob(pattern)) return [pattern];
  const directory = dirname(pattern);
  const last = wildcard(basename(pattern));
  if (!isGlob(directory) && last !== undefined) {
    return entriesOf(directory).flatMap((name) => (last.test(name) ? [join(directory, name)] : []));
  }
  const rows = await engine.texts(`SELECT file FROM glob(${quoteString(pattern)})`, 1);
  return rows.flatMap(([file]) => (typeof file === 'string' ? [file] : []));
}

function entriesOf(directory: string): string[] {
  try {
    return readdirSync(directory);
  } catch (error) {
    throw new TableProblem(`the directory ${basename(directory)} can't be read: ${codeOf(error)}`);
  }
}

/** `*` and `?` as a pattern; undefined: it has more than these. Hidden files need their dot spelt. */
function wildcard(name: string): RegExp | undefined {
  if (/[[\]{}]/.test(name)) return undefined;
  const pattern = name
    .replace(/[.+^$()|\\]/g, '\\$&')
    .replaceAll('*', '.*')
    .replaceAll('?', '.');
  return new RegExp(`^${name.startsWith('.') ? '' : '(?!\\.)'}${pattern}$`, 's');
}

function isGlob(pattern: string): boolean {
  return /[*?[{]/.test(pattern);
}

function isInside(path: string, directory: string): boolean {
  const way = relative(directory, path);
  return way !== '' && way !== '..' && !way.startsWith(`..${sep}`) && !isAbsolute(way);
}

function codeOf(error: unknown): string {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  if (code === 'ENOENT') return 'it does not exist';
  if (code === 'EACCES' || code === 'EPERM') return 'permission denied';
  return typeof code === 'string' ? code : 'unknown error';
}
