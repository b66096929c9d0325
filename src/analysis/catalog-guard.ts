import { refuse, SkeinError } from '../base/errors.ts';
import type { TreeNode, TreeValue } from './tree.ts';
import type { FunctionSignature, SystemCatalog } from './tree-context.ts';

/**
 * What may run in the embedded PostgreSQL: one read-only statement over PostgreSQL's own catalogs. Privileges
 * are PostgreSQL's, which runs it as the client's role; this adds what they don't stop there.
 */
export function guardCatalogQuery(tree: TreeNode, system: SystemCatalog): void {
  const utility = fieldNode(tree, 'utilityStmt');
  if (utility !== undefined) {
    if (utility.tag === 'VARIABLESHOWSTMT') return;
    throw refuse('a statement of this kind in a catalog query');
  }
  visit(tree, (node) => guardNode(node, system));
}

/** Relations that initdb made have OIDs below this (src/include/access/transam.h). */
const FIRST_NORMAL_OID = 16384;
const SELECT_COMMAND = 1;

function guardNode(node: TreeNode, system: SystemCatalog): void {
  switch (node.tag) {
    case 'QUERY':
      if (fieldNumber(node, 'commandType') !== SELECT_COMMAND) {
        throw new SkeinError('readOnlyTransaction', 'cannot change data in a catalog query');
      }
      if (isTrue(node, 'hasForUpdate')) throw refuse('FOR UPDATE in a catalog query');
      return;
    case 'RANGETBLENTRY':
      if ((fieldNumber(node, 'relid') ?? 0) >= FIRST_NORMAL_OID) {
        throw refuse('a query over both catalogs and tables', {
          hint: 'Query the catalogs and the tables in separate statements.',
        });
      }
      return;
    default:
      for (const field of FUNCTION_FIELDS) {
        const oid = fieldNumber(node, field);
        if (oid !== undefined && oid !== 0) guardFunction(oid, system);
      }
      for (const oid of operators(node)) guardFunction(system.operators.get(oid)?.functionOid ?? 0, system);
  }
}

const FUNCTION_FIELDS = ['funcid', 'opfuncid', 'aggfnoid', 'winfnoid', 'eqfuncid', 'hashfuncid'];

function operators(node: TreeNode): readonly number[] {
  const one = fieldNumber(node, 'opno');
  if (one !== undefined) return [one];
  const several = node.fields.get('opnos');
  return several?.kind === 'ints' ? several.values : [];
}

function guardFunction(oid: number, system: SystemCatalog): void {
  const signature = system.functions.get(oid);
  if (signature === undefined || !isAllowed(signature)) {
    throw new SkeinError(
      'notSupported',
      `function ${signature?.signature ?? oid} is not supported in a catalog query`,
    );
  }
}

/** Volatile, and still harmless: they read what the catalog worker itself is, or count nothing. */
const ALLOWED_VOLATILE = new Set([
  'array_sample',
  'array_shuffle',
  'clock_timestamp',
  'gen_random_uuid',
  'pg_advisory_unlock_all',
  'pg_available_extensions',
  'pg_available_extension_versions',
  'pg_blocking_pids',
  'pg_collation_actual_version',
  'pg_column_is_updatable',
  'pg_database_collation_actual_version',
  'pg_database_size',
  'pg_get_wait_events',
  'pg_indexes_size',
  'pg_is_in_recovery',
  'pg_is_wal_replay_paused',
  'pg_jit_available',
  'pg_last_wal_receive_lsn',
  'pg_last_wal_replay_lsn',
  'pg_last_xact_replay_timestamp',
  'pg_lock_status',
  'pg_my_temp_schema',
  'pg_partition_ancestors',
  'pg_partition_tree',
  'pg_prepared_statement',
  'pg_prepared_xact',
  'pg_relation_is_updatable',
  'pg_relation_size',
  'pg_show_all_file_settings',
  'pg_show_all_settings',
  'pg_table_size',
  'pg_tablespace_size',
  'pg_timezone_abbrevs',
  'pg_timezone_abbrevs_abbrevs',
  'pg_timezone_abbrevs_zone',
  'pg_timezone_names',
  'pg_total_relation_size',
  'random',
  'random_normal',
  'timeofday',
  'uuidv4',
  'uuidv7',
]);

/** Not volatile to PostgreSQL, and still more than a look at the catalogs: they run SQL text or read large objects. */
const REFUSED =
  /^(?:(?:query|table|schema|database|cursor)_to_xml.*|lo_.*|lo(?:read|write)|dblink.*|pg_(?:ls|read|stat)_file.*|pg_ls_.*|ts_stat|ts_rewrite|has_largeobject_privilege|binary_upgrade.*|pg_logical.*|pg_replication.*)$/;

function isAllowed(signature: FunctionSignature): boolean {
  if (signature.schema !== 'pg_catalog' && signature.schema !== 'information_schema') return false;
  if (REFUSED.test(signature.name)) return false;
  if (signature.volatility !== 'volatile') return true;
  return ALLOWED_VOLATILE.has(signature.name) || signature.name.startsWith('pg_stat_get_');
}

function visit(node: TreeNode, look: (node: TreeNode) => void): void {
  look(node);
  for (const value of node.fields.values()) visitValue(value, look);
}

function visitValue(value: TreeValue, look: (node: TreeNode) => void): void {
  if (value.kind === 'node') visit(value.node, look);
  else if (value.kind === 'list') for (const item of value.items) visitValue(item, look);
}

function fieldNode(node: TreeNode, name: string): TreeNode | undefined {
  const value = node.fields.get(name);
  return value?.kind === 'node' ? value.node : undefined;
}

function fieldNumber(node: TreeNode, name: string): number | undefined {
  const value = node.fields.get(name);
  return value?.kind === 'token' ? Number(value.text) : undefined;
}

function isTrue(node: TreeNode, name: string): boolean {
  const value = node.fields.get(name);
  return value?.kind === 'token' && value.text === 'true';
}
