const macro = (head: string, body: string): string => `CREATE OR REPLACE MACRO ${head} AS ${body}`;

const OVERFLOW = `error('SKEIN:22003:value out of range: overflow')`;
const UNDERFLOW = `error('SKEIN:22003:value out of range: underflow')`;
const DIVISION_BY_ZERO = `error('SKEIN:22012:division by zero')`;

/** A shift that drops the bits beyond the type's width, as the machine's does. */
const shiftLeft = (name: string, wide: string, type: string, bits: bigint): string => {
  const half = 2n ** (bits - 1n);
  const count = bits === 64n ? 63 : 31;
  const shifted = `(l::${wide} * (1::${wide} << (r & ${count})))`;
  return macro(
    `skein_${name}_shl(l, r)`,
    `(xor(${shifted} & ${2n * half - 1n}::${wide}, ${half}::${wide}) - ${half})::${type}`,
  );
};

const INTEGER_MACROS: readonly string[] = [
  // Where an argument is NULL nothing is divided, so nothing fails.
  macro('skein_int_div(l, r)', `CASE WHEN r = 0 AND l IS NOT NULL THEN ${DIVISION_BY_ZERO} ELSE l // r END`),
  // The remainder of the least integer by -1 overflows in DuckDB.
  macro(
    'skein_int_mod(l, r)',
    `CASE WHEN r = 0 AND l IS NOT NULL THEN ${DIVISION_BY_ZERO} WHEN r = -1 THEN l - l ELSE l % r END`,
  ),
  shiftLeft('int2', 'BIGINT', 'SMALLINT', 16n),
  shiftLeft('int4', 'BIGINT', 'INTEGER', 32n),
  shiftLeft('int8', 'HUGEINT', 'BIGINT', 64n),
];

const FLOAT_MACROS: readonly string[] = [
  macro(
    'skein_float_add(l, r)',
    `CASE WHEN isinf(l + r) AND NOT isinf(l) AND NOT isinf(r) THEN ${OVERFLOW} ELSE l + r END`,
  ),
  macro(
    'skein_float_sub(l, r)',
    `CASE WHEN isinf(l - r) AND NOT isinf(l) AND NOT isinf(r) THEN ${OVERFLOW} ELSE l - r END`,
  ),
  macro(
    'skein_float_mul(l, r)',
    `CASE WHEN isinf(l * r) AND NOT isinf(l) AND NOT isinf(r) THEN ${OVERFLOW}
      WHEN l * r = 0 AND l <> 0 AND r <> 0 THEN ${UNDERFLOW} ELSE l * r END`,
  ),
  macro(
    'skein_float_div(l, r)',
    `CASE WHEN r = 0 AND NOT isnan(l) THEN ${DIVISION_BY_ZERO}
      WHEN isinf(l / r) AND NOT isinf(l) THEN ${OVERFLOW}
      WHEN l / r = 0 AND l <> 0 AND NOT isinf(r) THEN ${UNDERFLOW} ELSE l / r END`,
  ),
  macro(
    'skein_power(l, r)',
    `CASE WHEN l = 0 AND r < 0 THEN error('SKEIN:2201F:zero raised to a negative power is undefined')
      WHEN l < 0 AND isfinite(r) AND floor(r) <> r
        THEN error('SKEIN:2201F:a negative number raised to a non-integer power yields a complex result')
      WHEN isinf(pow(l, r)) AND isfinite(l) AND isfinite(r) THEN ${OVERFLOW}
      WHEN pow(l, r) = 0 AND l <> 0 AND isfinite(l) AND isfinite(r) THEN ${UNDERFLOW} ELSE pow(l, r) END`,
  ),
  macro(
    'skein_sqrt(x)',
    `CASE WHEN x < 0 THEN error('SKEIN:2201F:cannot take square root of a negative number') ELSE sqrt(x) END`,
  ),
  // One step of Newton's method takes away DuckDB's error in the last digit.
  macro(
    'skein_cbrt(x)',
    `CASE WHEN x = 0 OR NOT isfinite(x) THEN x
      ELSE cbrt(x) - (cbrt(x) * cbrt(x) * cbrt(x) - x) / (3 * cbrt(x) * cbrt(x)) END`,
  ),
  macro(
    'skein_exp(x)',
    `CASE WHEN isinf(exp(x)) AND isfinite(x) THEN ${OVERFLOW}
      WHEN exp(x) = 0 AND isfinite(x) THEN ${UNDERFLOW} ELSE exp(x) END`,
  ),
  macro(
    'skein_positive(x)',
    `CASE WHEN x = 0 THEN error('SKEIN:2201E:cannot take logarithm of zero')
      WHEN x < 0 THEN error('SKEIN:2201E:cannot take logarithm of a negative number') ELSE x END`,
  ),
  macro(
    'skein_within(x, least, greatest)',
    `CASE WHEN x BETWEEN least AND greatest OR isnan(x) THEN x
      WHEN x IS NOT NULL THEN error('SKEIN:22003:input is out of range') END`,
  ),
  macro(
    'skein_sign(x)',
    `CASE WHEN isnan(x) THEN 0 WHEN x > 0 THEN 1 WHEN x < 0 THEN -1 ELSE x - x END::DOUBLE`,
  ),
];

/** Digits after the point that a quotient has; DESIGN §6: at least PostgreSQL's 16 significant ones, or an error. */
export const QUOTIENT_SCALE = 20;

const TOO_FINE = `error('SKEIN:22003:numeric quotient does not fit into 38 digits')`;

/** `count` more digits of the fraction of rest / d. */
const nextDigits = (count: number): string => `(rest * ${10n ** BigInt(count)}::HUGEINT)`;

const NUMERIC_MACROS: readonly string[] = [
  // The unscaled integer of a DECIMAL that leaves no room for a multiplication.
  macro('skein_unscaled(x)', `replace(x::VARCHAR, '.', '')::HUGEINT`),
  // The first 20 decimals of rest / d, for 0 <= rest < d, and what remains: in steps that fit into 128 bits.
  macro('skein_fraction1(rest, d)', `{f: ${nextDigits(20)} // d, r: ${nextDigits(20)} % d}`),
  macro(
    'skein_fraction2(part, d)',
    `{f: part.f * 10000000000::HUGEINT + (part.r * 10000000000::HUGEINT) // d, r: (part.r * 10000000000::HUGEINT) % d}`,
  ),
  macro(
    'skein_fraction4(part, d)',
    `{f: part.f * 100000::HUGEINT + (part.r * 100000::HUGEINT) // d, r: (part.r * 100000::HUGEINT) % d}`,
  ),
  macro(
    'skein_fraction(rest, d)',
    `CASE WHEN d < 1000000000000000000 THEN skein_fraction1(rest, d)
      WHEN d < 10000000000000000000000000000 THEN skein_fraction2(skein_fraction2({f: 0::HUGEINT, r: rest}, d), d)
      WHEN d < 1000000000000000000000000000000000 THEN skein_fraction4(skein_fraction4(
        skein_fraction4(skein_fraction4({f: 0::HUGEINT, r: rest}, d), d), d), d)
      ELSE ${TOO_FINE} END`,
  ),
  // Half away from zero, on magnitudes; an inexact quotient below 10^15 units has fewer than 16 significant digits.
  macro(
    'skein_rounded_quotient(whole, part, d)',
    `CASE WHEN part.r <> 0 AND whole = 0 AND part.f < 1000000000000000 THEN ${TOO_FINE}
      ELSE whole * 100000000000000000000::HUGEINT + part.f + CASE WHEN part.r >= d - part.r THEN 1 ELSE 0 END END`,
  ),
  macro('skein_magnitude_quotient(n, d)', `skein_rounded_quotient(n // d, skein_fraction(n % d, d), d)`),
  macro('skein_decimal20(n)', `n::DECIMAL(38,0) * 0.00000000000000000001::DECIMAL(20,20)`),
  // n / d of two HUGEINTs as DECIMAL(38,20).
  macro(
    'skein_quotient(n, d)',
    `CASE WHEN d = 0 AND n IS NOT NULL THEN ${DIVISION_BY_ZERO}
      WHEN n IS NULL OR d IS NULL THEN NULL
      ELSE skein_decimal20(CASE WHEN (n < 0) = (d < 0) THEN 1 ELSE -1 END::HUGEINT
        * skein_magnitude_quotient(abs(n), abs(d))) END`,
  ),
  macro(
    'skein_num_div(n, d)',
    `CASE WHEN d = 0 AND n IS NOT NULL THEN ${DIVISION_BY_ZERO} ELSE (n // d)::DECIMAL(38,0) END`,
  ),
  macro('skein_num_mod(l, r)', `CASE WHEN r = 0 AND l IS NOT NULL THEN ${DIVISION_BY_ZERO} ELSE l % r END`),
];

export const NUMBER_MACROS: readonly string[] = [...INTEGER_MACROS, ...FLOAT_MACROS, ...NUMERIC_MACROS];
