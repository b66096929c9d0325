/** PostgreSQL 18's chapters on functions that Skein carries, and the functions that they describe. */
export interface Chapter {
  readonly title: string;
  readonly functions: readonly string[];
  /** prokind of pg_proc: rank() is a window function, and a hypothetical-set aggregate. */
  readonly kind: 'f' | 'a' | 'w';
}

const chapter = (title: string, names: string, kind: Chapter['kind'] = 'f'): Chapter => ({
  title,
  functions: names.split(/\s+/),
  kind,
});

export const CHAPTERS: readonly Chapter[] = [
  chapter('9.2 Comparison', 'num_nulls num_nonnulls'),
  chapter(
    '9.3 Mathematical',
    `abs cbrt ceil ceiling degrees div erf erfc exp factorial floor gamma gcd lcm lgamma ln log log10 min_scale mod pi power pow
    radians round scale sign sqrt trim_scale trunc width_bucket random random_normal acos acosd asin asind atan atand atan2
    atan2d cos cosd cot cotd sin sind tan tand sinh cosh tanh asinh acosh atanh`,
  ),
  chapter(
    '9.4 String',
    `ascii bit_length btrim casefold char_length character_length chr concat concat_ws format initcap left length lower lpad
    ltrim md5 normalize is_normalized octet_length overlay parse_ident position quote_ident quote_literal quote_nullable repeat
    replace reverse right rpad rtrim split_part starts_with string_to_array string_to_table strpos substr substring to_ascii
    to_bin to_hex to_oct translate unicode_assigned unistr upper`,
  ),
  chapter(
    '9.5 Binary string',
    'bit_count convert convert_from convert_to crc32 crc32c decode encode get_bit get_byte set_bit set_byte sha224 sha256 sha384 sha512',
  ),
  chapter(
    '9.7 Pattern matching',
    `regexp_count regexp_instr regexp_like regexp_match regexp_matches regexp_replace regexp_split_to_array
    regexp_split_to_table regexp_substr like_escape similar_to_escape`,
  ),
  chapter('9.8 Formatting', 'to_char to_date to_number to_timestamp'),
  chapter(
    '9.9 Date/time',
    `age clock_timestamp date_add date_bin date_part date_subtract date_trunc extract isfinite justify_days justify_hours
    justify_interval make_date make_interval make_time make_timestamp make_timestamptz now overlaps statement_timestamp timeofday
    timezone transaction_timestamp`,
  ),
  chapter('9.14 UUID', 'gen_random_uuid uuidv4 uuidv7 uuid_extract_timestamp uuid_extract_version'),
  chapter(
    '9.16 JSON',
    ['json', 'jsonb']
      .map((type) =>
        `to_X X_build_array X_build_object X_object X_array_elements X_array_elements_text X_array_length X_each X_each_text
        X_extract_path X_extract_path_text X_object_keys X_populate_record X_populate_recordset X_to_record X_to_recordset
        X_strip_nulls X_typeof`.replaceAll('X', type),
      )
      .join(' ')
      .concat(
        ` array_to_json row_to_json jsonb_set jsonb_set_lax jsonb_insert jsonb_pretty jsonb_path_exists jsonb_path_match
        jsonb_path_query jsonb_path_query_array jsonb_path_query_first`,
      ),
  ),
  chapter(
    '9.19 Array',
    `array_append array_cat array_dims array_fill array_length array_lower array_ndims array_position array_positions
    array_prepend array_remove array_replace array_reverse array_sample array_shuffle array_sort array_to_string array_upper
    cardinality trim_array unnest`,
  ),
  chapter(
    '9.21 Aggregate',
    `any_value array_agg avg bit_and bit_or bit_xor bool_and bool_or count every json_agg json_agg_strict json_object_agg
    json_object_agg_strict json_object_agg_unique json_object_agg_unique_strict jsonb_agg jsonb_agg_strict jsonb_object_agg
    jsonb_object_agg_strict jsonb_object_agg_unique jsonb_object_agg_unique_strict max min string_agg sum corr covar_pop
    covar_samp regr_avgx regr_avgy regr_count regr_intercept regr_r2 regr_slope regr_sxx regr_sxy regr_syy stddev stddev_pop
    stddev_samp variance var_pop var_samp mode percentile_cont percentile_disc range_agg range_intersect_agg xmlagg rank
    dense_rank percent_rank cume_dist`,
    'a',
  ),
  chapter(
    '9.22 Window',
    'row_number rank dense_rank percent_rank cume_dist ntile lag lead first_value last_value nth_value',
    'w',
  ),
  chapter('9.26 Set-returning', 'generate_series generate_subscripts'),
];
