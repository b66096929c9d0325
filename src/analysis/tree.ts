import { SkeinError } from '../base/errors.ts';

/**
 * PostgreSQL's analysed query tree, as `nodeToString` wrote it (src/backend/nodes/outfuncs.c). Pure data: the planner reads
 * it through {@link NodeReader}, which fails on any field that was not consumed.
 */
export interface TreeNode {
  readonly tag: string;
  readonly fields: ReadonlyMap<string, TreeValue>;
}

/**
 * null is `<>`. A token is an unquoted word (number, true, false, name). A string was quoted. `ints` is `(i …)`, `(o …)` or
 * a bitmap `(b …)`. `bytes` is a Datum: `4 [ 1 0 0 0 ]`.
 */
export type TreeValue =
  | { readonly kind: 'null' }
  | { readonly kind: 'token'; readonly text: string }
  | { readonly kind: 'node'; readonly node: TreeNode }
  | { readonly kind: 'list'; readonly items: readonly TreeValue[] }
  | { readonly kind: 'ints'; readonly values: readonly number[] }
  | { readonly kind: 'bytes'; readonly bytes: Uint8Array };

/** Reads one node field by field; `done()` throws if a field was neither read nor named in `ignore`. */
export class NodeReader {
  readonly tag: string;
  readonly #fields: ReadonlyMap<string, TreeValue>;
  readonly #unread: Set<string>;

  constructor(node: TreeNode) {
    this.tag = node.tag;
    this.#fields = node.fields;
    this.#unread = new Set(node.fields.keys());
  }

  /** Fields that carry nothing a plan depends on: name each, with the reason at the call. */
  ignore(...names: readonly string[]): this {
    for (const name of names) {
      this.#get(name);
    }
    return this;
  }

  done(): void {
    const [field] = this.#unread;
    if (field !== undefined) throw this.#unexpected(field, 'is not read');
  }

  /** The field must be empty: `<>`, an empty list, false or 0; otherwise `what` is refused by name. */
  absent(name: string, what: string): this {
    const value = this.#get(name);
    if (!isEmpty(value)) throw new SkeinError('notSupported', `${what} is not supported`);
    return this;
  }

  int(name: string): number {
    const value = Number(this.token(name));
    if (!Number.isInteger(value)) throw this.#unexpected(name, 'is not an integer');
    return value;
  }

  bool(name: string): boolean {
    const text = this.token(name);
    if (text !== 'true' && text !== 'false') throw this.#unexpected(name, 'is not a boolean');
    return text === 'true';
  }

  /** A word or quoted string; undefined for `<>`. */
  text(name: string): string | undefined {
    const value = this.#get(name);
    if (value.kind === 'null') return undefined;
    if (value.kind !== 'token') throw this.#unexpected(name, 'is not text');
    return value.text;
  }

  token(name: string): string {
    const text = this.text(name);
    if (text === undefined) throw this.#unexpected(name, 'is missing');
    return text;
  }

  node(name: string): TreeNode {
    const node = this.optionalNode(name);
    if (node === undefined) throw this.#unexpected(name, 'is missing');
    return node;
  }

  optionalNode(name: string): TreeNode | undefined {
    const value = this.#get(name);
    if (value.kind === 'null') return undefined;
    if (value.kind !== 'node') throw this.#unexpected(name, 'is not a node');
    return value.node;
  }

  /** A list of nodes; `<>` is the empty list. */
  nodes(name: string): readonly TreeNode[] {
    return this.list(name).map((item) => {
      if (item.kind !== 'node') throw this.#unexpected(name, 'is not a list of nodes');
      return item.node;
    });
  }

  /** A list of anything; `<>` is the empty list. */
  list(name: string): readonly TreeValue[] {
    const value = this.#get(name);
    if (value.kind === 'null') return [];
    if (value.kind !== 'list') throw this.#unexpected(name, 'is not a list');
    return value.items;
  }

  strings(name: string): readonly string[] {
    return this.list(name).map((item) => {
      if (item.kind !== 'token') throw this.#unexpected(name, 'is not a list of strings');
      return item.text;
    });
  }

  ints(name: string): readonly number[] {
    const value = this.#get(name);
    if (value.kind === 'null') return [];
    if (value.kind !== 'ints') throw this.#unexpected(name, 'is not a list of integers');
    return value.values;
  }

  /** The bytes of a Datum; undefined for `<>`. */
  bytes(name: string): Uint8Array | undefined {
    const value = this.#get(name);
    if (value.kind === 'null') return undefined;
    if (value.kind !== 'bytes') throw this.#unexpected(name, 'is not a datum');
    return value.bytes;
  }

  #get(name: string): TreeValue {
    const value = this.#fields.get(name);
    if (value === undefined) throw this.#unexpected(name, 'does not exist');
    this.#unread.delete(name);
    return value;
  }

  #unexpected(field: string, what: string): SkeinError {
    return new SkeinError('notSupported', `query tree: field ${field} of ${this.tag} ${what}`);
  }
}

function isEmpty(value: TreeValue): boolean {
  switch (value.kind) {
    case 'null':
      return true;
    case 'list':
      return value.items.length === 0;
    case 'ints':
      return value.values.length === 0;
    case 'token':
      return value.text === 'false' || value.text === '0';
    case 'node':
    case 'bytes':
      return false;
  }
}
