import { constant, small } from './literals.ts';
import { featured, list, type Node, op } from './node.ts';
import type { Choice, Type } from './scope.ts';

type Maker = readonly [weight: number, make: () => Node];
type Sub = (type: Type) => Node;

/** Values of the type that come out of an array or a JSON document. */
export function nestedValues(choice: Choice, type: Type, sub: Sub): readonly Maker[] {
  const array = (template: string, ...children: readonly Node[]) =>
    featured('arrays', op(type, template, ...children));
  const json = (template: string, ...children: readonly Node[]) =>
    featured('json', op(type, template, ...children));
  const elements = (of: Type) => list([sub(of), sub(of), constant(choice, of)], ', ');
  const build = choice.pick(['json_build_object', 'jsonb_build_object']);
  const parts = choice.pick(['json_build_array', 'jsonb_build_array']);
  switch (type) {
    case 'int4':
      return [
        [1, () => array('cardinality(ARRAY[#])', elements('int4'))],
        [1, () => array('(ARRAY[#])[#]', elements('int4'), small(choice, 0, 4))],
        [1, () => array('array_length(string_to_array(#, #), 1)', sub('text'), constant(choice, 'text'))],
        [1, () => array('array_position(ARRAY[#], #)', elements('int4'), sub('int4'))],
        [1, () => json('jsonb_array_length(jsonb_build_array(#, #))', sub('text'), sub('int4'))],
        [1, () => json(`(${build}('a', #, 'b', #) ->> 'a')::int4`, sub('int4'), sub('text'))],
      ];
    case 'text':
      return [
        [1, () => array("array_to_string(ARRAY[#], '|', '*')", elements('text'))],
        [1, () => array('(ARRAY[#])[#]', elements('text'), small(choice, 0, 4))],
        [
          1,
          () =>
            array('(string_to_array(#, #))[#]', sub('text'), constant(choice, 'text'), small(choice, 1, 2)),
        ],
        [2, () => json(`(${build}('a', #, 'b', #) ->> 'a')`, sub('text'), sub('int8'))],
        [1, () => json(`(${build}('a', ${parts}(#, #)) -> 'a' ->> 1)`, sub('text'), sub('int4'))],
        [1, () => json(`${parts}(#, #)::text`, sub('text'), sub('int4'))],
        [1, () => json('jsonb_typeof(to_jsonb(#))', sub(choice.pick(['text', 'int4', 'bool'])))],
      ];
    default:
      return [];
  }
}

export function nestedTest(choice: Choice, sub: Sub): Node {
  const elements = (of: Type) => list([sub(of), sub(of)], ', ');
  const of = choice.pick(['int4', 'text'] as const);
  return choice.weighted<Node>([
    [2, () => featured('arrays', op('bool', '(# = ANY (ARRAY[#]))', sub(of), elements(of)))],
    [1, () => featured('arrays', op('bool', '(# <> ALL (ARRAY[#]))', sub(of), elements(of)))],
    [1, () => featured('arrays', op('bool', '(ARRAY[#] @> ARRAY[#])', elements('text'), sub('text')))],
    [
      1,
      () =>
        featured('arrays', op('bool', '(ARRAY[#] && ARRAY[#])', elements('text'), constant(choice, 'text'))),
    ],
    [1, () => featured('arrays', op('bool', '(ARRAY[#] = ARRAY[#])', elements('text'), elements('text')))],
    [1, () => featured('json', op('bool', `(jsonb_build_object('k', #) @> '{"k": "a"}')`, sub('text')))],
    [1, () => featured('json', op('bool', "(jsonb_build_object('k', #) ? 'k')", sub('int4')))],
  ]);
}
