/**
 * SQL as a tree that can be made smaller: what a query looks like is decided by its nodes' `render`, and a smaller one differs by
 * a left-out child or by a node in the place of one that held it. The oracle says whether the result still is a query.
 */
export interface Node {
  /** Nodes of a tag may stand for each other: a type's name for an expression, `query`, or `part` for the rest. */
  readonly tag: string;
  readonly children: readonly Node[];
  readonly render: (texts: readonly string[], children: readonly Node[]) => string;
  /** How few children it can do with; undefined: it needs all that it has. */
  readonly atLeast?: number;
  /** What the refusal rate is counted by. */
  readonly feature?: string;
  readonly literal?: Literal;
}

export interface Literal {
  readonly type: string;
  /** As a parameter's text. */
  readonly value: string;
  /** May a parameter stand here, and would its type be found without a cast? */
  readonly parameter: 'no' | 'cast' | 'bare';
  /** Another value of its type could make the query fail. */
  readonly isBounded?: true;
}

export const text = (sql: string): Node => ({ tag: 'part', children: [], render: () => sql });

/** `op('int4', '# + #', a, b)`: each # is a child. */
export function op(tag: string, template: string, ...children: readonly Node[]): Node {
  const pieces = template.split('#');
  return {
    tag,
    children,
    render: (texts) => pieces.map((piece, i) => piece + (texts[i] ?? '')).join(''),
  };
}

/** Children of which some may be left out. */
export function list(children: readonly Node[], separator: string, atLeast = 1): Node {
  return { tag: 'part', children, render: (texts) => texts.join(separator), atLeast };
}

/** Text around a node that may be left out altogether. */
export function optional(template: string, child: Node | undefined): Node {
  const around = op('part', template, text('')).render;
  return {
    tag: 'part',
    children: child === undefined ? [] : [child],
    render: (texts, children) => (texts.length === 0 ? '' : around(texts, children)),
    atLeast: 0,
  };
}

export function featured(feature: string, node: Node): Node {
  return node.feature === undefined
    ? { ...node, feature }
    : { tag: node.tag, children: [node], render: ([sql]) => sql ?? '', feature };
}

export function literal(type: string, sql: string, value: string, parameter: Literal['parameter']): Node {
  return { tag: type, children: [], render: () => sql, literal: { type, value, parameter } };
}

/** SQL with its parameters; the same node is the same parameter wherever it stands. */
export interface Printed {
  readonly sql: string;
  readonly parameters: readonly string[];
  /** Of the parameters; undefined: no other parameter's value may take its place. */
  readonly types: readonly (string | undefined)[];
}

export function print(root: Node, isParameter: (node: Node) => boolean): Printed {
  const parameters: string[] = [];
  const types: (string | undefined)[] = [];
  const numbers = new Map<Node, number>();
  const render = (node: Node): string => {
    const { literal: constant } = node;
    if (constant === undefined || constant.parameter === 'no' || !isParameter(node)) {
      return node.render(node.children.map(render), node.children);
    }
    const known = numbers.get(node);
    const number = known ?? parameters.push(constant.value);
    if (known === undefined) types.push(constant.isBounded === true ? undefined : constant.type);
    numbers.set(node, number);
    return constant.parameter === 'bare' ? `$${number}` : `$${number}::${constant.type}`;
  };
  return { sql: render(root), parameters, types };
}

export function* nodesOf(root: Node): Generator<Node> {
  yield root;
  for (const child of root.children) yield* nodesOf(child);
}

/** Trees one step smaller, the boldest steps first. */
export function* smaller(root: Node): Generator<Node> {
  yield* hoisted(root);
  yield* shorter(root);
  for (const [i, child] of root.children.entries()) {
    for (const less of smaller(child)) {
      yield { ...root, children: root.children.map((other, j) => (j === i ? less : other)) };
    }
  }
}

function* shorter(node: Node): Generator<Node> {
  if (node.atLeast === undefined || node.children.length <= node.atLeast) return;
  if (node.atLeast < node.children.length - 1)
    yield { ...node, children: node.children.slice(0, node.atLeast) };
  for (const i of node.children.keys()) {
    yield { ...node, children: node.children.filter((_, j) => j !== i) };
  }
}

/** A part of the same kind in the place of the whole, and for an expression the plainest one. */
function* hoisted(node: Node): Generator<Node> {
  if (node.tag === 'part' || node.children.length === 0) return;
  const plain = PLAIN[node.tag];
  if (plain !== undefined) yield op(node.tag, plain);
  for (const child of node.children) {
    for (const inner of nodesOf(child)) if (inner.tag === node.tag) yield inner;
  }
}

const PLAIN: Readonly<Record<string, string>> = {
  int4: '1',
  int8: '1::int8',
  numeric: '1.5',
  float8: "'1.5'::float8",
  text: "'a'::text",
  bool: 'true',
  date: "DATE '2024-02-03'",
  timestamp: "TIMESTAMP '2024-02-03 04:05:06'",
  timestamptz: "TIMESTAMPTZ '2024-02-03 04:05:06+00'",
  time: "TIME '04:05:06'",
  timetz: "'04:05:06+00'::timetz",
  jsonb: "'1'::jsonb",
  'int4[]': 'ARRAY[1]',
  'text[]': "ARRAY['a'::text]",
  'char(4)': "'a'::char(4)",
  interval: "INTERVAL '1 day'",
  uuid: "'00000000-0000-4000-8000-000000000001'::uuid",
};
