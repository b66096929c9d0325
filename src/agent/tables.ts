import type { ClaimedColumn } from '../catalog/claims.ts';
import { joinTypes, typeName } from '../catalog/type-join.ts';
import type { Engine } from '../engine/duckdb.ts';
import { OID, type SqlType, sqlType } from '../types/sql-type.ts';
import type { TableConfig } from './config.ts';
import { type FileStamp, fingerprint, listFiles, TableProblem } from './files.ts';
import { sniffFile, sniffQuery } from './sniff.ts';
import type { Reader, SourceColumn, SourceFacts } from './source.ts';

/** Files that are read by one call of DuckDB's reader. */
export interface FileGroup {
  readonly reader: Reader;
  readonly files: readonly string[];
  readonly columns: readonly SourceColumn[];
}

/** A table of the config, as its files are now. */
export interface SourceTable {
  readonly config: TableConfig;
  readonly files: readonly FileStamp[];
  readonly fingerprint: string;
  readonly groups: readonly FileGroup[];
  readonly columns: readonly ClaimedColumn[];
  readonly rowEstimate: number | undefined;
  readonly byteEstimate: number | undefined;
  readonly outOfService: string | undefined;
}

/** Facts of files that were looked at before, by {@link factsKey}. */
export type FactsCache = Map<string, SourceFacts>;

const MAX_NAME_BYTES = 63;

/** Never throws for what is wrong with the table: that is in `outOfService`. @param known its columns when last served. */
export async function inspectTable(
  engine: Engine,
  config: TableConfig,
  allowed: readonly string[],
  cache: FactsCache,
  known: readonly ClaimedColumn[] | undefined,
): Promise<SourceTable> {
  let files: readonly FileStamp[] = [];
  try {
    files = config.query === undefined ? await listFiles(engine, patternsOf(config), allowed) : [];
    const facts = await factsOf(engine, config, files, cache);
    const columns = uniteColumns(
      config,
      facts.map(({ found }) => found),
    );
    return {
      config,
      files,
      fingerprint: fingerprint(files),
      groups: groupFiles(facts),
      columns,
      rowEstimate: sum(facts.map(({ found }) => found.rows)),
      byteEstimate:
        config.query === undefined ? files.reduce((total, file) => total + file.size, 0) : undefined,
      outOfService: undefined,
    };
  } catch (error) {
    if (!(error instanceof TableProblem)) throw error;
    return {
      config,
      files,
      fingerprint: fingerprint(files),
      groups: [],
      columns: known ?? declaredColumns(config),
      rowEstimate: undefined,
      byteEstimate: undefined,
      outOfService: error.message,
    };
  }
}

export function patternsOf(config: TableConfig): readonly string[] {
  return config.paths ?? (config.path === undefined ? [] : [config.path]);
}

/** What the facts of a file depend on. */
export function factsKey(config: TableConfig, file: FileStamp): string {
  return JSON.stringify([file.path, file.stamp, config.format ?? '', config.csv]);
}

interface FileFacts {
  readonly path: string | undefined;
  readonly found: SourceFacts;
}

async function factsOf(
  engine: Engine,
  config: TableConfig,
  files: readonly FileStamp[],
  cache: FactsCache,
): Promise<FileFacts[]> {
  if (config.query !== undefined) return [{ path: undefined, found: await sniffQuery(engine, config.query) }];
  const facts: FileFacts[] = [];
  for (const file of files) {
    const key = factsKey(config, file);
    const found = cache.get(key) ?? (await sniffFile(engine, file.path, config));
    cache.set(key, found);
    checkNames(found.columns, file.path);
    facts.push({ path: file.path, found });
  }
  return facts;
}

/** DuckDB folds case, and PostgreSQL cuts names: both would confuse two columns. */
function checkNames(columns: readonly SourceColumn[], path: string): void {
  const seen = new Map<string, string>();
  for (const { name } of columns) {
    const folded = name.toLowerCase();
    const twin = seen.get(folded);
    if (twin === name) throw inFile(path, `it has two columns named "${name}"`);
    if (twin !== undefined) throw inFile(path, `its columns "${twin}" and "${name}" differ only in case`);
    if (name === '') throw inFile(path, 'one of its columns has no name');
    if (Buffer.byteLength(name) > MAX_NAME_BYTES) {
      throw inFile(path, `the name of its column "${name}" is longer than ${MAX_NAME_BYTES} bytes`);
    }
    seen.set(folded, name);
  }
}

function inFile(path: string, problem: string): TableProblem {
  return new TableProblem(`${path.split('/').at(-1) ?? path}: ${problem}`);
}

/** Files that one call of the reader reads alike: CSV columns are positional, those of the others go by name. */
function groupFiles(facts: readonly FileFacts[]): FileGroup[] {
  const groups = new Map<string, FileFacts[]>();
  for (const fact of facts) {
    if (fact.found.columns.length === 0) continue;
    const key = JSON.stringify([
      fact.found.reader,
      fact.found.columns.map(({ name, native }) => [name, native]),
    ]);
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [fact]);
    else group.push(fact);
  }
  return [...groups.values()].flatMap((members) => {
    const first = members[0]?.found;
    if (first === undefined) return [];
    const files = members.flatMap(({ path }) => (path === undefined ? [] : [path]));
    return [{ reader: first.reader, files, columns: first.columns }];
  });
}

/** The columns of all files, in order of first appearance; types unite as over agents. @throws TableProblem on a conflict. */
function uniteColumns(config: TableConfig, facts: readonly SourceFacts[]): ClaimedColumn[] {
  const united = new Map<string, ClaimedColumn>();
  for (const column of facts.flatMap(({ columns }) => columns)) {
    const declared = config.columns[column.name];
    const before = united.get(column.name);
    if (declared !== undefined) {
      united.set(column.name, { name: column.name, type: declared, declared: true, allNull: false });
    } else if (before === undefined || (before.allNull && !column.allNull)) {
      united.set(column.name, { ...claim(column), declared: column.fixed && before === undefined });
    } else if (!column.allNull) {
      united.set(column.name, join(before, column));
    }
  }
  for (const column of declaredColumns(config)) if (!united.has(column.name)) united.set(column.name, column);
  if (united.size === 0) throw new TableProblem('no file has a header, and no column is declared');
  return [...united.values()];
}

function claim(column: SourceColumn): ClaimedColumn {
  const { name, type, fixed, allNull } = column;
  return { name, type: allNull ? sqlType(OID.text) : type, declared: fixed, allNull };
}

function join(before: ClaimedColumn, column: SourceColumn): ClaimedColumn {
  const joined = joinTypes(before.type, column.type);
  if ('reason' in joined) {
    throw new TableProblem(
      `column "${column.name}" is ${typeName(before.type)} in one file and ${typeName(column.type)} in another: ` +
        `declare its type under columns`,
    );
  }
  return { ...before, type: joined, declared: before.declared && column.fixed };
}

function declaredColumns(config: TableConfig): ClaimedColumn[] {
  return Object.entries(config.columns).map(([name, type]: [string, SqlType]) => ({
    name,
    type,
    declared: true,
    allNull: false,
  }));
}

function sum(values: readonly (number | undefined)[]): number | undefined {
  return values.reduce(
    (total, value) => (total === undefined || value === undefined ? undefined : total + value),
    0,
  );
}
