import { defined } from '../../base/assert.ts';
import { SkeinError, toSkeinError } from '../../base/errors.ts';
import type { SessionRelation } from '../../execution/execution.ts';
import { FatalError } from '../../pgwire/fatal-error.ts';
import { decodeUtf8 } from '../../pgwire/text.ts';
import { decodeParameter } from '../../pgwire/values/decode-parameter.ts';
import type { Column, Plan, RelationPlan } from '../../plan/logical.ts';
import { visitPlan } from '../../plan/walk.ts';
import type { ValueInput } from '../../plan/write.ts';
import { VALUES_RELATION } from '../../planner/from-tree/long-values.ts';
import { MARKED } from '../../planner/from-tree/write-copy.ts';
import type { Batch } from '../../types/batch.ts';
import type { SqlType } from '../../types/sql-type.ts';
import type { Client } from '../client.ts';
import { TEXTS_IN_BINARY } from '../parameters.ts';
import { shapeOf, widestNumeric } from '../write/long-values.ts';
import { type InputText, readHardValues, simpleValue } from '../write/read-values.ts';
import { typedVector } from '../write/typed-vectors.ts';
import { BinaryRows } from './copy-binary.ts';
import { singleByteDecoder } from './copy-encoding.ts';
import { checkHeader, copyFields, type FieldFormat, fieldValues } from './copy-fields.ts';
import { badCopy, CopyLines } from './copy-lines.ts';
import type { CopyOptions } from './copy-options.ts';
import { fittedValue, type InputColumn } from './fitted-value.ts';

interface CopyTarget {
  readonly client: Client;
  /** As the statement calls it. */
  readonly table: string;
  readonly columns: readonly InputColumn[];
  readonly options: CopyOptions;
  readonly forced: FieldFormat['forced'];
  readonly notice: (notice: SkeinError) => void;
  readonly signal: AbortSignal;
}

interface Row {
  readonly line: number;
  /** null: what came in binary isn't shown. */
  readonly shown: string | null;
  readonly fields: readonly (string | null)[];
  readonly byDefault: ReadonlySet<number>;
}

interface HardText extends InputText {
  readonly row: number;
  readonly column: number;
}

interface WrongValue {
  readonly column: number;
  readonly error: unknown;
}

interface Fitted {
  readonly texts: readonly (string | null)[];
  /** The first that doesn't fit its column. */
  readonly failed: WrongValue | undefined;
}

interface WholeRow {
  readonly row: Row;
  readonly bytes: number;
}

const ROWS_AT_ONCE = 4_096;
const CHARACTERS_AT_ONCE = 1 << 20;
const MAX_SHOWN_BYTES = 100;
/** Class 22: what PostgreSQL's input functions say of a text. */
const DATA_EXCEPTION = '22';

/** The rows of a COPY FROM STDIN as its client sends them, read as PostgreSQL's input functions read them. */
export class CopyInput {
  readonly #target: CopyTarget;
  readonly #data: AsyncIterable<Uint8Array>;
  readonly #lines: CopyLines | BinaryRows;
  readonly #format: FieldFormat;
  readonly #decode: (line: Uint8Array) => string;
  #failure: SkeinError | undefined;
  #skipHeader: boolean;
  #skipped = 0n;
  /** Those of the numerics without precision, by the columns of the input. */
  readonly #shapes: readonly Map<string, string>[];

  constructor(target: CopyTarget, data: AsyncIterable<Uint8Array>) {
    const { options } = target;
    const csv = options.format === 'csv';
    const quote = options.quote ?? '"';
    const ofQuote = options.escape ?? quote;
    this.#target = target;
    this.#shapes = target.columns.map(() => new Map());
    this.#data = data;
    this.#format = {
      csv,
      quote,
      escape: ofQuote,
      delimiter: options.delimiter ?? (csv ? ',' : '\t'),
      nullText: options.nullText ?? (csv ? '' : '\\N'),
      defaultText: options.defaultText,
      forced: target.forced,
    };
    this.#lines =
      options.format === 'binary'
        ? new BinaryRows(target.columns.length)
        : new CopyLines({ csv, quote: quote.charCodeAt(0), escape: ofQuote.charCodeAt(0) });
    this.#decode = options.encoding === undefined ? decodeUtf8 : singleByteDecoder(options.encoding);
    this.#skipHeader = options.header;
  }

  /** @throws what ended the rows early: those before it may break a constraint, of which PostgreSQL would tell first. */
  check(): void {
    if (this.#failure !== undefined) throw this.#failure;
  }

  /** Once all is written. */
  tellSkipped(): void {
    const { options, notice } = this.#target;
    if (this.#skipped === 0n || options.verbosity === 'silent') return;
    const what = this.#skipped === 1n ? 'row was' : 'rows were';
    notice(notification(`${this.#skipped} ${what} skipped due to data type incompatibility`));
  }

  /** The rows under the name and with the columns that the plan has for them. */
  relations(
    plan: Plan,
    inputs: readonly ValueInput[],
    { line, shown }: { readonly line: Column; readonly shown: Column },
  ): ReadonlyMap<string, SessionRelation> {
    const leaves: RelationPlan[] = [];
    visitPlan(plan, (part) => {
      if (part.kind === 'relation' && part.name.startsWith(VALUES_RELATION)) leaves.push(part);
    });
    const { name, columns } = defined(leaves[0], 'relation of copied rows');
    const places = columns.map(({ id }) => {
      if (id === line.id) return 'line';
      if (id === shown.id) return 'shown';
      return defined(
        inputs.find(({ column }) => column.id === id),
        'input',
      );
    });
    const types = columns.map(({ type }) => type);
    return new Map([[name, { types, batches: this.#batches(types, places) }]]);
  }

  async *#batches(
    types: readonly SqlType[],
    places: readonly (ValueInput | 'line' | 'shown')[],
  ): AsyncGenerator<Batch> {
    for await (const rows of this.#groups()) {
      const values = await this.#read(rows);
      const columns = places.map((place, index) => {
        const texts = values.map((row) => textAt(row, place));
        return typedVector(defined(types[index], 'type of a column'), texts);
      });
      if (values.length > 0) yield { rowCount: values.length, columns };
      if (this.#failure !== undefined) return;
    }
  }

  /** Whole rows, as many as are read at once. An error ends them. */
  async *#groups(): AsyncGenerator<readonly Row[]> {
    let rows: Row[] = [];
    let size = 0;
    try {
      for await (const { row, bytes } of this.#allRows()) {
        rows.push(row);
        size += bytes;
        if (rows.length < ROWS_AT_ONCE && size < CHARACTERS_AT_ONCE) continue;
        yield rows;
        rows = [];
        size = 0;
      }
    } catch (error) {
      this.#failure = this.#located(toSkeinError(error));
    }
    if (rows.length > 0) yield rows;
  }

  async *#allRows(): AsyncGenerator<WholeRow> {
    for await (const chunk of this.#data) {
      this.#target.signal.throwIfAborted();
      this.#lines.push(chunk);
      yield* this.#whole(false);
    }
    yield* this.#whole(true);
  }

  *#whole(last: boolean): Generator<WholeRow> {
    for (;;) {
      const found = this.#lines.next(last);
      if (found === undefined) return;
      if (this.#skipHeader) this.#header(found);
      else if (Buffer.isBuffer(found)) yield { row: this.#row(found), bytes: found.length };
      else yield this.#binaryRow(found);
    }
  }

  #header(line: Buffer | readonly (Buffer | null)[]): void {
    this.#skipHeader = false;
    if (!this.#target.options.headerMatches || !Buffer.isBuffer(line)) return;
    const text = this.#decoded(line);
    try {
      const format = { ...this.#format, defaultText: undefined, forced: { null: [], notNull: [] } };
      checkHeader(copyFields(text, format), this.#target.columns, format.nullText);
    } catch (error) {
      throw this.#at(toSkeinError(error), `line ${this.#lines.number}: "${clipped(text)}"`);
    }
  }

  #decoded(line: Uint8Array): string {
    try {
      return this.#decode(line);
    } catch (error) {
      throw this.#at(toSkeinError(error), `line ${this.#lines.number}`);
    }
  }

  #binaryRow(values: readonly (Buffer | null)[]): WholeRow {
    const line = this.#lines.number;
    const fields = values.map((value, index) => {
      const { name, type } = defined(this.#target.columns[index], 'column of COPY');
      try {
        return decodeParameter(type.oid, 1, value);
      } catch (error) {
        throw this.#at(ofField(toSkeinError(error)), `line ${line}, column ${name}`);
      }
    });
    const bytes = values.reduce((sum, value) => sum + (value?.length ?? 0), 0);
    return { row: { line, shown: null, fields, byDefault: NONE }, bytes };
  }

  #row(bytes: Buffer): Row {
    const { columns } = this.#target;
    const line = this.#lines.number;
    const text = this.#decoded(bytes);
    const shown = clipped(text);
    try {
      const fields = copyFields(text, this.#format);
      if (fields.length > columns.length) throw badCopy('extra data after last expected column');
      const missing = columns[fields.length];
      if (missing !== undefined) throw badCopy(`missing data for column "${missing.name}"`);
      const { values, byDefault } = fieldValues(fields, columns);
      return { line, shown, fields: values, byDefault };
    } catch (error) {
      throw this.#at(toSkeinError(error), `line ${line}: "${shown}"`);
    }
  }

  #at(error: SkeinError, place: string): SkeinError {
    const fields = { ...error.fields, where: `COPY ${this.#target.table}, ${place}` };
    return new SkeinError({ sqlstate: error.code }, error.message, fields, error.cause);
  }

  #located(error: SkeinError): SkeinError {
    if (error instanceof FatalError || error.fields.where !== undefined) return error;
    const lines = this.#lines;
    if (lines instanceof CopyLines) return this.#at(error, `line ${lines.number + 1}`);
    if (lines.number === 0) return error;
    const column = lines.column === undefined ? undefined : this.#target.columns[lines.column];
    return this.#at(error, `line ${lines.number}${column === undefined ? '' : `, column ${column.name}`}`);
  }

  /** Up to the first row with a value that is none of its column's type, or without such rows. */
  async #read(rows: readonly Row[]): Promise<readonly Row[]> {
    const { columns } = this.#target;
    const hard: HardText[] = [];
    const isDecoded = this.#target.options.format === 'binary';
    const values = rows.map(({ fields }, row) =>
      fields.map((text, column) => {
        const { oid } = defined(columns[column], 'column of COPY').type;
        if (text === null || (isDecoded && !TEXTS_IN_BINARY.has(oid))) return text;
        const simple = simpleValue(oid, text);
        if (simple === undefined) hard.push({ oid, text, row, column });
        return simple ?? null;
      }),
    );
    const wrong = await this.#readHard(hard, values);
    const read: Row[] = [];
    for (const [index, fields] of values.entries()) {
      const row = defined(rows[index], 'row of COPY');
      const bad = wrong.get(index);
      const fitted = this.#fitted(fields.slice(0, bad?.column ?? fields.length));
      const failed = fitted.failed ?? bad;
      if (failed === undefined) read.push({ ...row, fields: fitted.texts });
      else {
        this.#failure = this.#skip(toSkeinError(failed.error), row, failed.column);
        if (this.#failure !== undefined) return read;
      }
    }
    return read;
  }

  /** Puts the values in their places. @returns by their rows, those that are wrong: the first only, where it ends the COPY. */
  async #readHard(
    hard: readonly HardText[],
    values: readonly (string | null)[][],
  ): Promise<ReadonlyMap<number, WrongValue>> {
    const { client, options, signal } = this.#target;
    const found = new Map<number, WrongValue>();
    for (let left = hard; left.length > 0; ) {
      const { texts, wrong } = await readHardValues(client, left, signal);
      texts.forEach((text, index) => {
        const { row, column } = defined(left[index], 'value that was read');
        defined(values[row], 'row of COPY')[column] = text;
      });
      if (wrong === undefined) break;
      const { row, column } = defined(left[wrong.index], 'value that is wrong');
      found.set(row, { column, error: wrong.error });
      if (options.onError === 'stop') break;
      left = left.slice(wrong.index + 1).filter((other) => other.row !== row);
    }
    return found;
  }

  /** @returns what ends the COPY; undefined: the row is left out. */
  #skip(error: SkeinError, row: Row, column: number): SkeinError | undefined {
    const { columns, options, notice } = this.#target;
    if (options.onError === 'stop' || !error.code.startsWith(DATA_EXCEPTION))
      return this.#wrong(error, row, column);
    this.#skipped += 1n;
    if (options.verbosity === 'verbose') {
      const { name } = defined(columns[column], 'column of COPY');
      const text = row.fields[column] ?? null;
      const value = text === null ? 'null input' : `"${clipped(text)}"`;
      const at = `at line ${row.line} for column "${name}": ${value}`;
      notice(
        notification(`skipping row due to data type incompatibility ${at}`, `COPY ${this.#target.table}`),
      );
    }
    const limit = options.rejectLimit;
    if (limit === undefined || this.#skipped <= limit) return undefined;
    const message = `skipped more than REJECT_LIMIT (${limit}) rows due to data type incompatibility`;
    return this.#wrong(new SkeinError('invalidText', message), row, column);
  }

  /** The digits of the values that a column of numeric has got. */
  digits(column: number): SqlType {
    return widestNumeric(this.#shapes[column] ?? new Map());
  }

  #fitted(fields: readonly (string | null)[]): Fitted {
    let at = 0;
    try {
      const texts = fields.map((text, column) => {
        at = column;
        if (text === null) return null;
        const of = defined(this.#target.columns[column], 'column of COPY');
        if (of.unbounded) this.#shapes[column]?.set(shapeOf(text), text);
        return fittedValue(of, text);
      });
      return { texts, failed: undefined };
    } catch (error) {
      return { texts: [], failed: { column: at, error } };
    }
  }

  #wrong(error: SkeinError, { line, fields }: Row, column: number): SkeinError {
    const { name } = defined(this.#target.columns[column], 'column of COPY');
    const fieldsOf = { ...error.fields, position: undefined };
    const bare = new SkeinError({ sqlstate: error.code }, error.message, fieldsOf, error.cause);
    const place = `line ${line}, column ${name}`;
    if (this.#target.options.format === 'binary') return this.#at(bare, place);
    return this.#at(bare, `${place}: "${clipped(fields[column] ?? '')}"`);
  }
}

const NONE: ReadonlySet<number> = new Set();

function textAt(row: Row, place: ValueInput | 'line' | 'shown'): string | null {
  if (place === 'line') return String(row.line);
  if (place === 'shown') return row.shown;
  const { index, kind } = place;
  return kind === MARKED ? String(row.byDefault.has(index)) : (row.fields[index] ?? null);
}

/** As of a field, where a bind parameter's error would be told. */
function ofField(error: SkeinError): SkeinError {
  if (!error.message.startsWith('incorrect binary data format in bind parameter')) return error;
  return error.fields.detail === 'The value is too short.'
    ? new SkeinError('protocolViolation', 'insufficient data left in message')
    : new SkeinError('invalidBinary', 'incorrect binary data format');
}

function notification(message: string, where?: string): SkeinError {
  return new SkeinError({ sqlstate: '00000' }, message, { where });
}

/** limit_printout_length of copyfrom.c. */
function clipped(text: string): string {
  const bytes = Buffer.from(text);
  if (bytes.length <= MAX_SHOWN_BYTES) return text;
  let end = MAX_SHOWN_BYTES;
  while (((bytes[end] ?? 0) & 0xc0) === 0x80) end--;
  return `${bytes.toString('utf8', 0, end)}...`;
}
