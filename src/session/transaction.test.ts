import { beforeEach, describe, expect, it } from 'vitest';
import { SkeinError } from '../base/errors.ts';
import { Settings } from './settings/settings.ts';
import { SettingsCatalog } from './settings/settings-catalog.ts';
import { TimeZones } from './settings/time-zone.ts';
import { Transaction } from './transaction.ts';

const own = ['transaction_isolation', 'transaction_read_only', 'transaction_deferrable'];
const flags = ['jit', ...own, ...own.map((name) => `default_${name}`)];
const catalog = new SettingsCatalog(
  flags.map((name) => ({
    name,
    type: 'bool',
    unit: undefined,
    context: 'user',
    min: undefined,
    max: undefined,
    enumValues: [],
    embedded: 'off',
    defaultValue: 'off',
    description: '',
  })),
  new TimeZones([]),
);

let settings: Settings;
let transaction: Transaction;
let events: string[];
let serial: number;
let clock: bigint;
let fails: boolean;

beforeEach(() => {
  settings = new Settings(catalog, new Map());
  events = [];
  serial = 0;
  clock = 0n;
  fails = false;
  const observer = {
    serial: () => serial,
    commit: async () => {
      if (fails) throw new SkeinError('serializationFailure', 'too late');
      events.push('durable');
    },
    ended: async (committed: boolean) => void events.push(committed ? 'committed' : 'aborted'),
    undone: async (after: number) => {
      events.push(`undone after ${after}`);
      return undefined;
    },
    released: async (serial: number) => void events.push(`released ${serial}`),
  };
  transaction = new Transaction(settings, observer, () => ++clock);
});

const codeOf = async (work: () => unknown): Promise<string> => {
  try {
    await work();
  } catch (error) {
    if (error instanceof SkeinError) return error.code;
    throw error;
  }
  return 'none';
};

describe('implicit transactions', () => {
  it('end with the message, and their settings stay', async () => {
    transaction.ensureStarted();
    settings.set('jit', 'on', false);
    await transaction.endImplicit();
    expect([transaction.status(), settings.get('jit'), events]).toEqual([
      'I',
      'on',
      ['durable', 'committed'],
    ]);
  });

  it('is aborted where its changes cannot be made durable', async () => {
    transaction.begin([]);
    settings.set('jit', 'on', false);
    fails = true;
    expect(await codeOf(() => transaction.commit(false))).toBe('40001');
    expect([transaction.status(), settings.get('jit'), events]).toEqual(['I', 'off', ['aborted']]);
  });

  it('lose their settings with an error', async () => {
    transaction.ensureStarted();
    settings.set('jit', 'on', false);
    await transaction.fail();
    expect([transaction.status(), settings.get('jit'), events]).toEqual(['I', 'off', ['aborted']]);
  });

  it('become a block by BEGIN, with what came before', async () => {
    transaction.ensureStarted();
    settings.set('jit', 'on', false);
    expect(transaction.begin([])).toBeUndefined();
    await transaction.endImplicit();
    expect(transaction.status()).toBe('T');
    await transaction.rollback(false);
    expect(settings.get('jit')).toBe('off');
  });

  it('end with a warning by COMMIT', async () => {
    transaction.ensureStarted();
    const end = await transaction.commit(false);
    expect([end.tag, end.notice?.code, end.notice?.message]).toEqual([
      'COMMIT',
      '25P01',
      'there is no transaction in progress',
    ]);
  });
});

describe('blocks', () => {
  it('keep one now()', () => {
    transaction.begin([]);
    const start = transaction.startedAt;
    transaction.ensureStarted();
    expect(transaction.startedAt).toBe(start);
  });

  it('warn of a second BEGIN', () => {
    transaction.begin([]);
    expect(transaction.begin([])?.code).toBe('25001');
  });

  it('fail as a whole, and COMMIT rolls back', async () => {
    transaction.begin([]);
    await transaction.fail();
    expect(transaction.status()).toBe('E');
    expect(await codeOf(() => transaction.checkUsable())).toBe('25P02');
    expect((await transaction.commit(false)).tag).toBe('ROLLBACK');
    expect([transaction.status(), events]).toEqual(['I', ['undone after 0', 'aborted']]);
  });

  it('chain', async () => {
    expect(await codeOf(() => transaction.commit(true))).toBe('25P01');
    transaction.begin([['transaction_read_only', 'on']]);
    const first = transaction.startedAt;
    await transaction.commit(true);
    expect([transaction.status(), settings.get('transaction_read_only')]).toEqual(['T', 'on']);
    expect(transaction.startedAt).not.toBe(first);
  });
});

describe('savepoints', () => {
  it('need a block', async () => {
    expect(await codeOf(() => transaction.savepoint('a'))).toBe('25P01');
    expect(await codeOf(() => transaction.release('a'))).toBe('25P01');
    expect(await codeOf(() => transaction.rollbackTo('a'))).toBe('25P01');
  });

  it('bring a failed block back, with the settings and cursors of before', async () => {
    transaction.begin([]);
    serial = 3;
    transaction.savepoint('a');
    settings.set('jit', 'on', false);
    await transaction.fail();
    await transaction.rollbackTo('a');
    expect([transaction.status(), settings.get('jit'), events]).toEqual([
      'T',
      'off',
      ['undone after 3', 'undone after 3'],
    ]);
    await transaction.rollbackTo('a');
    await transaction.release('a');
    expect(await codeOf(() => transaction.rollbackTo('a'))).toBe('3B001');
  });

  it('of one name hide each other', async () => {
    transaction.begin([]);
    transaction.savepoint('a');
    settings.set('jit', 'on', false);
    transaction.savepoint('a');
    await transaction.release('a');
    await transaction.rollbackTo('a');
    expect(settings.get('jit')).toBe('off');
  });
});
