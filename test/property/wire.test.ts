import fc from 'fast-check';
import { serialize } from 'pg-protocol';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type SideBySide, startSideBySide, type Target } from '../clients/side-by-side.ts';
import { showMessage } from '../support/wire.ts';

/**
 * Whatever messages a client sends, in whatever order, Skein answers them as PostgreSQL 18 does. `SEED=n` sends the same
 * again, `RUNS=n` n times as many.
 */

const RUNS = 40 * Number(process.env['RUNS'] ?? 1);
const SEED = Number(process.env['SEED'] ?? 20_241_121);
const END = 'the end';
/** Whoever has not come to the end by then waits for what never comes. */
const PATIENCE_MS = 30_000;

let sides: SideBySide;
beforeAll(async () => {
  sides = await startSideBySide();
});
afterAll(() => sides.close());

const { parse, bind, describe, execute, close, sync, flush, query, copyData, copyDone, copyFail } = serialize;

/** What is shown of it where the two differ, and its bytes. */
interface Step {
  readonly shown: string;
  readonly bytes: readonly Uint8Array[];
}

const step = (shown: string, ...bytes: readonly Uint8Array[]): Step => ({ shown, bytes });

const STATEMENTS: readonly (readonly [sql: string, ...parameters: string[]])[] = [
  ['begin'],
  ['commit'],
  ['rollback'],
  ['savepoint s'],
  ['rollback to s'],
  ['release s'],
  ['select n, word from numbers order by n'],
  ['select n from numbers where n > $1 order by n', '2'],
  ['select $1::int + 1, $2', '41', 'x'],
  ['select $1::int + 1', 'x'],
  ['select 1 / (n - n) from numbers'],
  ['select 1 as a; select 2'],
  ['selec'],
  [''],
  ['insert into w values (1), (2)'],
  ['insert into w values ($1) returning a, a + 1 as b', '3'],
  ['insert into w values (null)'],
  ['insert into w select n from numbers'],
  ['update w set a = a + 10'],
  ['delete from w where a > 10'],
  ['select a from w order by a'],
  ['truncate w'],
  ['create table x (b int)'],
  ['drop table if exists x'],
  ['copy w from stdin'],
  ['copy numbers (n) to stdout'],
  ['copy (select n from numbers where n < 3 order by n) to stdout (format binary)'],
  ['declare c cursor for select n from numbers order by n'],
  ['declare h cursor with hold for select a from w order by a'],
  ['declare p1 scroll cursor for select n from numbers order by n'],
  ['fetch 2 from c'],
  ['fetch all from h'],
  ['fetch backward 1 from p1'],
  ['move 1 in p1'],
  ['close c'],
  ['close all'],
  ['prepare s1 as select n from numbers order by n limit 2'],
  ['execute s1'],
  ['deallocate s1'],
  ['deallocate all'],
  ["set application_name = 'x'"],
  ["set local statement_timeout = '5min'"],
  ['reset all'],
  ['show statement_timeout'],
  ['discard all'],
  ["select set_config('application_name', 'y', true)"],
  ['select relname from pg_class where relname in ($1, $2) order by 1', 'w', 'numbers'],
];

const SCRIPTS = [
  'insert into w values (5); select 1/0',
  'begin; insert into w values (6)',
  'insert into w values (7); commit; insert into w values (8); selec',
  'insert into w values (9); select n from nosuch',
  'copy w from stdin; select 1',
  'begin; copy w from stdin; select 2; commit',
  'begin; declare c cursor for select n from numbers order by n; fetch 2 from c; commit',
  'select 1; commit; select 2',
];

const NAMES = ['', '', 's1', 's2'];
const PORTALS = ['', '', 'p1'];

const statement = fc.constantFrom(...STATEMENTS);
const name = fc.constantFrom(...NAMES);
const portal = fc.constantFrom(...PORTALS);
const limit = fc.constantFrom(0, 0, 1, 2);

/** The data of a COPY; elsewhere they are passed over. */
const copied = fc
  .tuple(fc.constantFrom('70\n71\n', '72\n', 'x\n', ''), fc.constantFrom('d', 'd', 'f', ''))
  .map(([rows, end]) =>
    step(
      `copy ${JSON.stringify(rows)} ${end}`,
      ...(rows === '' ? [] : [copyData(Buffer.from(rows))]),
      ...(end === 'd' ? [copyDone()] : end === 'f' ? [copyFail('no')] : []),
    ),
  );

const simple = fc
  .oneof(
    statement.map(([sql]) => sql),
    fc.constantFrom(...SCRIPTS),
  )
  .map((sql) => step(`query ${sql}`, sync(), query(sql), ...endOfCopy(sql)));

/** Else what comes next would be data. */
function endOfCopy(sql: string): readonly Uint8Array[] {
  return sql.includes('copy w from') ? [copyData(Buffer.from('80\n')), copyDone()] : [];
}

const extended = fc
  .record({
    statement,
    name,
    portal,
    anew: fc.boolean(),
    described: fc.constantFrom('', 'S', 'P', 'SP'),
    binary: fc.boolean(),
    limits: fc.array(limit, { maxLength: 2 }),
    after: fc.constantFrom('', 'sync', 'flush'),
  })
  .map(({ statement: [text, ...values], name, portal, anew, described, binary, limits, after }) =>
    step(
      `${anew ? 'close, ' : ''}parse ${name}: ${text}, describe ${described}, bind ${portal}${binary ? ' in binary' : ''}, execute ${limits}, ${after}`,
      ...(anew && name !== '' ? [close({ type: 'S', name })] : []),
      parse({ name, text }),
      ...(described.includes('S') ? [describe({ type: 'S', name })] : []),
      bind({ portal, statement: name, values: [...values], binary }),
      ...(described.includes('P') ? [describe({ type: 'P', name: portal })] : []),
      ...limits.map((rows) => execute({ portal, rows })),
      ...(after === 'sync' ? [sync()] : after === 'flush' ? [flush()] : []),
    ),
  );

const single = fc.oneof(
  fc.constant(step('sync', sync())),
  fc.constant(step('flush', flush())),
  fc.tuple(portal, limit).map(([to, rows]) => step(`execute ${to} ${rows}`, execute({ portal: to, rows }))),
  fc.tuple(name, portal).map(([of, to]) => step(`bind ${of} ${to}`, bind({ statement: of, portal: to }))),
  name.map((of) => step(`describe S ${of}`, describe({ type: 'S', name: of }))),
  portal.map((of) => step(`describe P ${of}`, describe({ type: 'P', name: of }))),
  name.map((of) => step(`close S ${of}`, close({ type: 'S', name: of }))),
  portal.map((of) => step(`close P ${of}`, close({ type: 'P', name: of }))),
);

const sequence = fc.array(
  fc.oneof(
    { weight: 4, arbitrary: extended },
    { weight: 2, arbitrary: simple },
    { weight: 2, arbitrary: single },
    { weight: 1, arbitrary: copied },
  ),
  { minLength: 1, maxLength: 14 },
);

async function answers(to: Target, steps: readonly Step[]): Promise<readonly string[]> {
  const wire = await sides.login(to);
  wire.send(query('drop table if exists x, w; create table w (a int not null)'));
  await wire.answers();
  wire.send(...steps.flatMap(({ bytes }) => bytes));
  wire.send(
    copyFail('no'),
    sync(),
    query('rollback'),
    query('select a from w order by a'),
    query(`select '${END}'`),
  );
  const lines: string[] = [];
  const late = setTimeout(() => wire.end(), PATIENCE_MS);
  for (let message = await wire.next(); message !== undefined; message = await wire.next()) {
    lines.push(showMessage(message));
    if (message.code === 'D' && message.body.includes(END)) break;
  }
  clearTimeout(late);
  wire.end();
  return lines;
}

test('messages at random', async () => {
  const property = fc.asyncProperty(sequence, async (steps) => {
    const [ours, theirs] = await Promise.all([answers('skein', steps), answers('postgres', steps)]);
    expect(ours, steps.map(({ shown }) => shown).join('\n')).toEqual(theirs);
  });
  await fc.assert(property, { numRuns: RUNS, seed: SEED });
}, 600_000);
