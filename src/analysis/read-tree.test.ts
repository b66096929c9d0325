import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { SkeinError } from '../base/errors.ts';
import { readTree, unwrapDump } from './read-tree.ts';
import { NodeReader, type TreeNode, type TreeValue } from './tree.ts';

/** As `outToken` in outfuncs.c. */
function token(text: string): string {
  if (text === '') return '""';
  const first = /^(?:[<"\d]|[+-][\d.])/.test(text) ? '\\' : '';
  return first + text.replace(/[ \n\t(){}\\]/g, '\\$&');
}

function write(value: TreeValue): string {
  switch (value.kind) {
    case 'null':
      return '<>';
    case 'token':
      return token(value.text);
    case 'node':
      return writeNode(value.node);
    case 'list':
      return `(${value.items.map((item) => (item.kind === 'token' ? quoted(item.text) : write(item))).join(' ')})`;
    case 'ints':
      return `(i${value.values.map((number) => ` ${number}`).join('')})`;
    case 'bytes':
      return `${value.bytes.length} [ ${[...value.bytes].map((byte) => (byte << 24) >> 24).join(' ')} ]`;
  }
}

function quoted(text: string): string {
  return text === '' ? '""' : `"${token(text)}"`;
}

function writeNode({ tag, fields }: TreeNode): string {
  return `{${tag}${[...fields].map(([name, value]) => ` :${name} ${write(value)}`).join('')}}`;
}

/** `format_node_dump` of src/backend/nodes/print.c, over bytes. */
function wrap(text: string): Uint8Array {
  const dump = Buffer.from(text);
  const out: number[] = [];
  let at = 0;
  for (;;) {
    const line = [...dump.subarray(at, at + 78)];
    if (at + line.length >= dump.length) return Uint8Array.from([...out, ...line, 10]);
    at += line.length;
    if (dump[at] === 32) at += 1;
    else {
      const space = line.lastIndexOf(32);
      if (space > 0) at -= line.length - space - 1;
      if (space > 0) line.length = space;
    }
    out.push(...line, 10);
  }
}

const { value: anyValue } = fc.letrec<{ value: TreeValue; node: TreeNode }>((tie) => ({
  node: fc.record({
    tag: fc.constantFrom('QUERY', 'VAR', 'RANGETBLENTRY'),
    fields: fc
      .uniqueArray(fc.constantFrom('args', 'alias', 'constvalue', 'relid', 'location', 'quals'))
      .chain((names) =>
        fc
          .array(tie('value'), { minLength: names.length, maxLength: names.length })
          .map((values) => new Map(names.map((name, index) => [name, values[index] ?? { kind: 'null' }]))),
      ),
  }),
  value: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    fc.constant<TreeValue>({ kind: 'null' }),
    fc
      .string({ unit: 'grapheme', maxLength: 40 })
      .filter(isName)
      .map((text): TreeValue => ({ kind: 'token', text })),
    fc.uint8Array({ maxLength: 20 }).map((bytes): TreeValue => ({ kind: 'bytes', bytes })),
    fc.array(fc.integer(), { maxLength: 4 }).map((values): TreeValue => ({ kind: 'ints', values })),
    tie('node').map((node): TreeValue => ({ kind: 'node', node })),
    fc
      .array(tie('value'), { maxLength: 3 })
      .filter(isListable)
      .map((items): TreeValue => ({ kind: 'list', items })),
  ),
}));

/** A newline inside a name can't be told from a broken line; JavaScript's own oddities don't reach PostgreSQL. */
function isName(text: string): boolean {
  return !/[\n\0\ud800-\udfff]/.test(text);
}

function isListable(items: readonly TreeValue[]): boolean {
  return items.every(({ kind }) => kind === 'node' || kind === 'token');
}

const rootOf = (value: TreeValue): TreeNode => ({ tag: 'QUERY', fields: new Map([['root', value]]) });

describe('readTree', () => {
  it('reads what PostgreSQL writes', () => {
    const tree = readTree(
      String.raw`{QUERY :commandType 1 :canSetTag true :utilityStmt <> :rtable ({RANGETBLENTRY :alias {ALIAS :aliasname my\ \(t :colnames <>} :eref ("a\ b" "" "\5") :relkind r}) :cols (b 8 9) :oids (o 16384) :none () :val 2.5 :constvalue 4 [ -1 -1 0 127 ]}`,
    );
    const query = new NodeReader(tree);
    expect(query.int('commandType')).toBe(1);
    expect(query.bool('canSetTag')).toBe(true);
    expect(query.optionalNode('utilityStmt')).toBeUndefined();
    expect(query.ints('cols')).toEqual([8, 9]);
    expect(query.ints('oids')).toEqual([16384]);
    expect(query.list('none')).toEqual([]);
    expect(query.token('val')).toBe('2.5');
    expect(query.bytes('constvalue')).toEqual(Uint8Array.from([255, 255, 0, 127]));
    const [entry] = query.nodes('rtable');
    const range = new NodeReader(entry!);
    expect(range.strings('eref')).toEqual(['a b', '', '5']);
    expect(new NodeReader(range.node('alias')).token('aliasname')).toBe('my (t');
    range.ignore('relkind').done();
    query.done();
  });

  it('is the inverse of nodeToString', () => {
    fc.assert(
      fc.property(anyValue, (value) => {
        expect(readTree(writeNode(rootOf(value)))).toEqual(rootOf(value));
      }),
    );
  });

  it('undoes the line breaks of the dump', () => {
    fc.assert(
      fc.property(anyValue, (value) => {
        expect(readTree(unwrapDump(wrap(writeNode(rootOf(value)))))).toEqual(rootOf(value));
      }),
    );
  });

  it.each([60, 76, 77, 78, 79, 80, 155, 156, 157, 300])('joins a token of %i bytes', (length) => {
    for (const name of ['x'.repeat(length), 'é'.repeat(length / 2)]) {
      const text = `{ALIAS :aliasname ${name} :colnames ("${name}" "b" "${name}")}`;
      expect(readTree(unwrapDump(wrap(text)))).toEqual(readTree(text));
    }
  });

  it('fails with an error of ours, whatever it reads', () => {
    fc.assert(
      fc.property(
        fc.array(fc.constantFrom('{', '}', '(', ')', '[', ']', ':a', '1', '<>', '"', '\\', ' ', 'Q')),
        (parts) => {
          try {
            readTree(parts.join(''));
          } catch (error) {
            expect(error).toBeInstanceOf(SkeinError);
          }
        },
      ),
    );
  });

  it('refuses trees that are too deep to walk', () => {
    const depth = 100_000;
    expect(() => readTree(`${'{A :a '.repeat(depth)}1${'}'.repeat(depth)}`)).toThrow('stack depth');
  });
});
