import { constant, small } from './literals.ts';
import { featured, type Node, op } from './node.ts';
import type { Choice, Type } from './scope.ts';

type Maker = readonly [weight: number, make: () => Node];
type Sub = (type: Type) => Node;
/** An argument: any expression of the type, a constant of it, or a small number that may be a parameter. */
type Argument = Type | { readonly constant: Type } | 'small';
type Call = readonly [template: string, ...args: readonly Argument[]];

/** Calls of the dialect's table that no row makes fail and whose value SQL determines. */
const CALLS: Readonly<Partial<Record<Type, readonly Call[]>>> = {
  int4: [
    ['ascii(#)', 'text'],
    ['char_length(#)', 'text'],
    ['bit_length(#)', 'text'],
    ['num_nulls(#, #, #)', 'text', 'int4', 'date'],
    ['num_nonnulls(#, #)', 'numeric', 'timestamp'],
    ['gcd(#, #)', 'int4', 'small'],
    ['lcm(# % 100, #)', 'int4', 'small'],
    ['width_bucket(#, 0, 50, #)', 'numeric', 'small'],
    ['width_bucket(#, ARRAY[0, 2, 5])', 'int4'],
    ["regexp_count(#, '[a-z]')", 'text'],
    ["regexp_instr(#, 'b|É')", 'text'],
    ['length(#)', 'bytea'],
    ['sign(#::float8)::int4', 'int4'],
    ['extract(epoch FROM #)::int4', 'time'],
    ['extract(isoyear FROM #)::int4', 'date'],
    ["cardinality(regexp_split_to_array(#, ' '))", 'text'],
    ["array_length(array_remove(ARRAY['a', 'b', #], #), 1)", 'text', 'text'],
    ['((ARRAY[#, 7])[1:2])[2]', 'int4'],
    ['json_array_length(json_build_array(#, #))', 'int4', 'text'],
    ["(jsonb_build_object('n', #) -> 'n')::int4", 'int4'],
    ['(#::text)::int4', 'int4'],
    ['div(#::numeric, #)::int4', 'int4', 'small'],
    ['(~ #)', 'int4'],
    ['(# >> 1)', 'int4'],
    ["to_number(to_char(#, 'FM999999'), '999999')::int4", 'int4'],
  ],
  int8: [
    ['mod(#, #::int8)', 'int8', 'small'],
    ['gcd(#, 12::int8)', 'int8'],
    ['round(#::numeric / 3)::int8', 'int8'],
    ["extract(epoch FROM date_trunc('second', #))::int8", 'timestamp'],
    ['(# & 5)', 'int8'],
  ],
  numeric: [
    ['mod(#, #)', 'numeric', 'small'],
    ['div(#, #)', 'numeric', 'small'],
    ['round(ln((abs(#) + 1)::float8)::numeric, 6)', 'int4'],
    ['round(sin(#)::numeric, 6)', 'int4'],
    ['round(power(#::float8, 2)::numeric, 3)', 'int4'],
    ['(#::numeric ^ 2)', 'small'],
    ['round(sqrt((abs(#) + 0.25)::numeric), 8)', 'int4'],
    ['round(#, -1)', 'numeric'],
    ['(#::text)::numeric', 'int4'],
    ['abs(# - #)', 'numeric', { constant: 'numeric' }],
    ['extract(julian FROM #)', 'date'],
    ["date_part('epoch', #)::numeric", 'date'],
    ['round((# + #) / 2.0, 4)', 'int4', 'int4'],
    ['#::numeric(12,3)', 'numeric'],
  ],
  float8: [
    ["date_part('day', #)", 'timestamp'],
    ['#::real::float8', 'int4'],
    ['trunc(#)', 'float8'],
    ['(#::text)::float8', 'int4'],
    ['#::float8 / #', 'int4', 'small'],
    ['degrees(radians(0.0 * #))', 'int4'],
  ],
  text: [
    ['btrim(#, #)', 'text', { constant: 'text' }],
    ['chr(abs(#) % 60 + 64)', 'int4'],
    ["to_char(#, 'FM9990.00')", 'int4'],
    ["to_char(#, 'S099D9')", 'numeric'],
    ["to_char(#, 'Dy DD Mon YYYY')", 'date'],
    ["to_char(#, 'IYYY-IW')", 'timestamp'],
    ["format('%s-%s', #, #)", 'text', 'int4'],
    ["format('%I=%L', #, #)", 'text', 'text'],
    ['quote_literal(#)', 'text'],
    ['quote_ident(#)', 'text'],
    ['quote_nullable(#)', 'text'],
    ["encode(#, 'hex')", 'bytea'],
    ["encode(convert_to(#, 'UTF8'), 'base64')", 'text'],
    ['to_hex(#)', 'int4'],
    ["regexp_substr(#, '[a-z]+')", 'text'],
    ["(regexp_match(#, '([a-z])(.?)'))[2]", 'text'],
    ["array_to_string(regexp_split_to_array(#, ' +'), '/')", 'text'],
    ["string_to_array(#, ' ')::text", 'text'],
    ["(json_build_object('k', #, 'n', #))::text", 'text', 'int4'],
    ["jsonb_set(jsonb_build_object('k', #), '{n}', to_jsonb(#))::text", 'text', 'int4'],
    ["jsonb_extract_path_text(jsonb_build_object('k', jsonb_build_array(#, #)), 'k', '0')", 'text', 'int4'],
    ['to_json(#)::text', 'text'],
    ["jsonb_strip_nulls(jsonb_build_object('a', #, 'b', #))::text", 'text', 'int4'],
    ['normalize(#)', 'text'],
    ['substring(# FROM 2)', 'text'],
    ["substring(# FROM '[a-z]')", 'text'],
    ['split_part(#, #, -1)', 'text', { constant: 'text' }],
    ['#::varchar(3)::text', 'text'],
    ['#::char(4)::text', 'text'],
    ['(ARRAY[#, #] || #)[3]', 'text', 'text', 'text'],
    ['md5(#)', 'bytea'],
    ['justify_interval(age(#, #))::text', 'timestamp', 'timestamp'],
    ['justify_interval(#)::text', 'interval'],
    ['row(#, #)::text', 'int4', 'text'],
    ['#::bool::text', 'int4'],
    ['(# COLLATE "C")', 'text'],
  ],
  bool: [
    ['starts_with(#, #)', 'text', { constant: 'text' }],
    ["(# SIMILAR TO '(a|b)%')", 'text'],
    ["(# LIKE 'a!%%' ESCAPE '!')", 'text'],
    ['isfinite(#)', 'timestamp'],
    ["((#, INTERVAL '40 days') OVERLAPS (#, #))", 'timestamp', 'timestamp', 'timestamp'],
    ['#::bool', 'int4'],
    ["regexp_like(#, '^[^a]')", 'text'],
    ['(# IN (VALUES (#), (3)))', 'int4', 'small'],
    ['(# = ANY (string_to_array(#, NULL)))', 'text', 'text'],
    ['(# COLLATE "C" < #)', 'text', 'text'],
    ['(# IS NOT NULL AND (#, #) <> (1, 2))', 'text', 'int4', 'int4'],
    ["(to_jsonb(#) = '1'::jsonb)", 'int4'],
    ['(coalesce(#, #) IS NULL)', 'uuid', 'uuid'],
    ['(# ^@ #)', 'text', { constant: 'text' }],
  ],
  date: [
    ["to_date(to_char(#, 'YYYYMMDD'), 'YYYYMMDD')", 'date'],
    ["date_trunc('month', #)::date", 'date'],
    ['(#::text)::date', 'date'],
    ["(# + INTERVAL '1 month')::date", 'date'],
    ['greatest(#, #, #)', 'date', 'date', { constant: 'date' }],
  ],
  timestamp: [
    ["date_bin('15 minutes', #, TIMESTAMP '2024-01-01')", 'timestamp'],
    ["to_timestamp(to_char(#, 'YYYYMMDDHH24MISS'), 'YYYYMMDDHH24MISS')::timestamp", 'timestamp'],
    ['make_timestamp(2024, #, 3, 4, 5, 6.5)', 'small'],
    ['(# + #)', 'date', 'time'],
    ["(# AT TIME ZONE 'America/New_York')", 'timestamptz'],
    ['#::timestamp(0)', 'timestamp'],
    ["(# - # * INTERVAL '1 day')", 'timestamp', 'small'],
    ['(#::text)::timestamp', 'timestamp'],
  ],
  timestamptz: [
    ["date_trunc('day', #, 'Asia/Tokyo')", 'timestamptz'],
    ["(# AT TIME ZONE 'Europe/Paris')", 'timestamp'],
    ['to_timestamp(#::float8 * 86400)', 'int4'],
    ["date_bin('1 day', #, TIMESTAMPTZ '2024-01-01 00:00:00+00')", 'timestamptz'],
  ],
  time: [
    ['#::time(0)', 'time'],
    ['make_time(abs(#) % 24, 5, 6.25)', 'int4'],
    ["date_trunc('hour', #)::time", 'timestamp'],
  ],
  interval: [
    ['age(#, #)', 'timestamp', 'timestamp'],
    ['justify_days(#)', 'interval'],
    ['make_interval(days => #, hours => #)', 'int4', 'small'],
    ['(# * #)', 'interval', 'small'],
    ['(# + #)', 'interval', 'interval'],
    ["date_trunc('day', #)", 'interval'],
    ['#::interval', 'time'],
  ],
  uuid: [['(#::text)::uuid', 'uuid']],
  bytea: [
    ["convert_to(#, 'UTF8')", 'text'],
    ["decode(md5(#), 'hex')", 'text'],
    ['(# || #)', 'bytea', 'bytea'],
    ['substr(#, 1, 2)', 'bytea'],
    ['sha256(#)', 'bytea'],
  ],
};

export function functionCalls(choice: Choice, type: Type, sub: Sub): readonly Maker[] {
  const calls = CALLS[type] ?? [];
  if (calls.length === 0) return [];
  const argument = (kind: Argument): Node => {
    if (kind === 'small') return small(choice, 1, 7);
    return typeof kind === 'string' ? sub(kind) : constant(choice, kind.constant);
  };
  return [
    [
      3,
      () => {
        const [template, ...args] = choice.pick(calls);
        return featured('dialect functions', op(type, template, ...args.map(argument)));
      },
    ],
  ];
}
