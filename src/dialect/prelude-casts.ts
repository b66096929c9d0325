const macro = (head: string, body: string): string => `CREATE OR REPLACE MACRO ${head} AS ${body}`;

/** What PostgreSQL's input functions skip around a value. */
const SPACE = `' ' || chr(9) || chr(10) || chr(11) || chr(12) || chr(13)`;

const badInput = (type: string): string =>
  `error('SKEIN:22P02:invalid input syntax for type ' || ${type} || ': "' || x || '"')`;
const outOfRange = (type: string): string =>
  `error('SKEIN:22003:value "' || x || '" is out of range for type ' || ${type})`;

const DECIMAL_DIGITS = `'[+-]?[0-9]+(_[0-9]+)*'`;
const PREFIXED_DIGITS = `'[+-]?0([xX](_?[0-9a-fA-F])+|[oO](_?[0-7])+|[bB](_?[01])+)'`;
const FLOAT_TEXT = `'[+-]?([0-9]+[.]?[0-9]*|[.][0-9]+)([eE][+-]?[0-9]+)?'`;
const NUMERIC_TEXT = `'[+-]?([0-9]+(_[0-9]+)*([.]([0-9]+(_[0-9]+)*)?)?|[.][0-9]+(_[0-9]+)*)([eE][+-]?[0-9]+(_[0-9]+)*)?'`;
const SPECIAL_FLOAT = `'[+-]?(inf|infinity)|nan'`;

const INTEGER_TEXT_MACROS: readonly string[] = [
  macro('skein_trim(x)', `trim(x, ${SPACE})`),
  // Digits after a prefix of base 16, 8 or 2, as HUGEINT; more than 30 are out of every range. The list carries the base:
  // what list_reduce captures is another row's once lists differ in length.
  macro(
    'skein_digits_value(digits, base)',
    `CASE WHEN length(digits) > 30 THEN ${10n ** 37n}::HUGEINT ELSE list_reduce(
      list_transform(string_split(digits, ''), lambda d: {v: (instr('0123456789abcdef', d) - 1)::HUGEINT, base: base}),
      lambda a, b: {v: a.v * b.base + b.v, base: b.base}).v END`,
  ),
  macro(
    'skein_prefixed_value(t)',
    `CASE WHEN t LIKE '-%' THEN -1 ELSE 1 END::HUGEINT * skein_digits_value(
      lower(regexp_replace(regexp_replace(t, '^[+-]?0[a-zA-Z]', ''), '_', '', 'g')),
      CASE lower(regexp_extract(t, '0([a-zA-Z])', 1)) WHEN 'x' THEN 16 WHEN 'o' THEN 8 ELSE 2 END::HUGEINT)`,
  ),
  macro(
    'skein_integer_value(t)',
    `CASE WHEN regexp_full_match(t, ${DECIMAL_DIGITS})
      THEN coalesce(TRY_CAST(replace(t, '_', '') AS HUGEINT), ${10n ** 37n}::HUGEINT)
      WHEN regexp_full_match(t, ${PREFIXED_DIGITS}) THEN skein_prefixed_value(t) END`,
  ),
  // PostgreSQL reports the range before it meets what is no digit.
  macro('skein_leading_integer(x)', `TRY_CAST(regexp_extract(skein_trim(x), '^[+-]?[0-9]+') AS HUGEINT)`),
  macro(
    'skein_checked_integer(v, x, type, least, greatest)',
    `CASE WHEN x IS NULL THEN NULL WHEN v IS NULL THEN CASE
        WHEN skein_leading_integer(x) NOT BETWEEN least AND greatest THEN ${outOfRange('type')} ELSE ${badInput('type')} END
      WHEN v < least OR v > greatest THEN ${outOfRange('type')} ELSE v END`,
  ),
  macro(
    'skein_text_integer(x, type, least, greatest)',
    `list_transform([{v: skein_integer_value(skein_trim(x)), x: x}],
      lambda a: skein_checked_integer(a.v, a.x, type, least, greatest))[1]`,
  ),
];

const FLOAT_TEXT_MACROS: readonly string[] = [
  macro('skein_no_hexadecimal(x)', `error('SKEIN:0A000:the hexadecimal float ' || x || ' is not supported')`),
  macro(
    'skein_text_float_value(t, v, x, type)',
    `CASE WHEN regexp_full_match(t, ${FLOAT_TEXT}) THEN CASE
        WHEN isinf(v) OR (v = 0 AND regexp_matches(split_part(lower(t), 'e', 1), '[1-9]'))
        THEN error('SKEIN:22003:"' || x || '" is out of range for type ' || type) ELSE v END
      WHEN regexp_full_match(lower(t), ${SPECIAL_FLOAT}) THEN v
      WHEN regexp_full_match(t, '[+-]?0[xX][0-9a-fA-F]+') THEN skein_prefixed_value(t)
      WHEN regexp_full_match(t, '[+-]?0[xX][0-9a-fA-F.]+([pP].*)?') THEN skein_no_hexadecimal(x)
      WHEN x IS NOT NULL THEN ${badInput('type')} END`,
  ),
  macro(
    'skein_text_float8(x)',
    `list_transform([skein_trim(x)],
      lambda t: skein_text_float_value(t, TRY_CAST(t AS DOUBLE), x, 'double precision'))[1]`,
  ),
  macro(
    'skein_text_float4(x)',
    `list_transform([skein_trim(x)], lambda t: skein_text_float_value(t, TRY_CAST(t AS FLOAT), x, 'real'))[1]`,
  ),
  // PostgreSQL's shortest text: fixed from 10^-4 up to 10^15 (float4: 10^6), no point without decimals.
  macro(
    'skein_scientific(digits, whole)',
    `list_transform([rtrim(digits, '0')], lambda d: left(d, 1) || CASE WHEN length(d) > 1 THEN '.' || substr(d, 2) ELSE '' END
      || 'e+' || lpad((length(whole) - 1)::VARCHAR, 2, '0'))[1]`,
  ),
  macro(
    'skein_float_magnitude(t, wide)',
    `CASE WHEN contains(t, 'e') THEN t
      WHEN wide THEN skein_scientific(replace(regexp_replace(t, '[.]0$', ''), '.', ''), split_part(t, '.', 1))
      ELSE regexp_replace(t, '[.]0$', '') END`,
  ),
  macro(
    'skein_float_text(x, bound)',
    `CASE WHEN isnan(x) THEN 'NaN' WHEN isinf(x) THEN CASE WHEN x > 0 THEN 'Infinity' ELSE '-Infinity' END
      ELSE CASE WHEN signbit(x) THEN '-' ELSE '' END || skein_float_magnitude(abs(x)::VARCHAR, abs(x) >= bound) END`,
  ),
];

/** Numerics whose scale PostgreSQL would choose per value: up to 20 decimals, the value exactly or an error. */
const NUMERIC_TEXT_MACROS: readonly string[] = [
  macro('skein_no_numeric(x)', `error('SKEIN:0A000:the numeric value ' || x || ' is not supported')`),
  macro(
    'skein_exact_numeric(v, x)',
    `CASE WHEN v IS NULL THEN CASE WHEN x IS NULL THEN NULL
        ELSE error('SKEIN:22003:the numeric value ' || x || ' does not fit into 38 digits') END ELSE v END`,
  ),
  // As many decimals as are left after the exponent has moved the point.
  macro(
    'skein_decimals(t)',
    `length(rtrim(split_part(split_part(lower(t), 'e', 1), '.', 2), '0'))
      - coalesce(TRY_CAST(nullif(split_part(lower(t), 'e', 2), '') AS INTEGER), 0)`,
  ),
  macro('skein_plain_numeric(t)', `CASE WHEN skein_decimals(t) <= 20 THEN TRY_CAST(t AS DECIMAL(38,20)) END`),
  macro(
    'skein_text_numeric(x)',
    `list_transform([skein_trim(x)], lambda t: CASE
      WHEN regexp_full_match(t, ${NUMERIC_TEXT}) THEN skein_exact_numeric(skein_plain_numeric(replace(t, '_', '')), x)
      WHEN regexp_full_match(t, ${PREFIXED_DIGITS})
        THEN skein_exact_numeric(TRY_CAST(skein_prefixed_value(t) AS DECIMAL(38,20)), x)
      WHEN regexp_full_match(lower(t), ${SPECIAL_FLOAT}) THEN skein_no_numeric(x)
      WHEN t IS NOT NULL THEN ${badInput(`'numeric'`)} END)[1]`,
  ),
  // Through so many significant digits as the float's type vouches for.
  macro(
    'skein_float_numeric(x, digits)',
    `CASE WHEN NOT isfinite(x) THEN skein_no_numeric(x::VARCHAR)
      ELSE skein_exact_numeric(skein_plain_numeric(format('{:.' || digits || 'g}', x)), x::VARCHAR) END`,
  ),
];

const BOOL_MACROS: readonly string[] = [
  macro(
    'skein_bool_value(t)',
    `CASE WHEN t = '' THEN NULL WHEN starts_with('true', t) OR starts_with('yes', t) OR t IN ('on', '1') THEN true
      WHEN starts_with('false', t) OR starts_with('no', t) OR t IN ('of', 'off', '0') THEN false END`,
  ),
  macro(
    'skein_text_bool(x)',
    `list_transform([skein_bool_value(lower(skein_trim(x)))], lambda b:
      CASE WHEN b IS NULL AND x IS NOT NULL THEN ${badInput(`'boolean'`)} ELSE b END)[1]`,
  ),
  macro(
    'skein_text_uuid(x)',
    `CASE WHEN regexp_full_match(x, '([0-9a-fA-F]{4}-?){7}[0-9a-fA-F]{4}|[{]([0-9a-fA-F]{4}-?){7}[0-9a-fA-F]{4}[}]')
      THEN CAST(regexp_replace(regexp_replace(x, '[^0-9a-fA-F]', '', 'g'),
        '(.{8})(.{4})(.{4})(.{4})(.{12})', '\\1-\\2-\\3-\\4-\\5') AS UUID)
      WHEN x IS NOT NULL THEN ${badInput(`'uuid'`)} END`,
  ),
];

export const CAST_MACROS: readonly string[] = [
  ...INTEGER_TEXT_MACROS,
  ...FLOAT_TEXT_MACROS,
  ...NUMERIC_TEXT_MACROS,
  ...BOOL_MACROS,
];
