import { type RawFields, type RawNode, rawFields, rawList, rawNode, rawNumber, rawText } from './raw-tree.ts';

/** What a definition asks for that Skein doesn't keep. */
export interface Undefinable {
  readonly what: string;
  readonly hint?: string;
}

/** @returns undefined: PostgreSQL decides. */
export function undefinable({ tag, fields }: RawNode): Undefinable | undefined {
  switch (tag) {
    case 'CreateStmt':
      return ofTable(fields);
    case 'ViewStmt':
      return ofView(fields);
    case 'IndexStmt':
      return ofIndex(fields);
    case 'AlterTableStmt':
      return first(
        rawList(fields['cmds']).map((cmd) => ofAlteration(rawFields(rawFields(cmd)['AlterTableCmd']))),
      );
    case 'GrantStmt':
      return first(rawList(fields['privileges']).map(ofPrivilege));
    case 'CreateSchemaStmt':
      return first(
        rawList(fields['schemaElts']).map((element) => {
          const node = rawNode(element);
          return node === undefined ? undefined : undefinable(node);
        }),
      );
    case 'RenameStmt':
      return renamed(rawText(fields['renameType']));
    default:
      return undefined;
  }
}

function first(found: readonly (Undefinable | undefined)[]): Undefinable | undefined {
  return found.find((one) => one !== undefined);
}

function ofTable(fields: RawFields): Undefinable | undefined {
  if ('partspec' in fields || 'partbound' in fields) return { what: 'a partitioned table' };
  if (rawList(fields['inhRelations']).length > 0) return { what: 'INHERITS' };
  if ('ofTypename' in fields) return { what: 'a table OF a type' };
  if (rawList(fields['options']).some((option) => defName(option) === 'materialize'))
    return {
      what: 'WITH (materialize = …) for a table that no query makes',
      hint: 'Use CREATE TABLE … WITH (materialize = …) AS SELECT ….',
    };
  const columns = rawList(fields['tableElts']).flatMap((element) => {
    const column = rawFields(rawFields(element)['ColumnDef']);
    return 'Constraint' in rawFields(element) ? [element] : rawList(column['constraints']);
  });
  return first(columns.map(ofConstraint));
}

function defName(option: unknown): string {
  return rawText(rawFields(rawFields(option)['DefElem'])['defname']);
}

function ofConstraint(value: unknown): Undefinable | undefined {
  const constraint = rawFields(rawFields(value)['Constraint']);
  if (constraint['deferrable'] === true) return { what: 'a deferrable constraint' };
  switch (rawText(constraint['contype'])) {
    case 'CONSTR_FOREIGN':
      return { what: 'a foreign key', hint: 'Leave it out, or test it with a query.' };
    case 'CONSTR_IDENTITY':
      return {
        what: 'an identity column',
        hint: 'Give the values yourself: row_number() numbers the rows of a query.',
      };
    case 'CONSTR_EXCLUSION':
      return { what: 'an exclusion constraint' };
    case 'CONSTR_GENERATED':
      return rawText(constraint['generated_kind']) === 's'
        ? undefined
        : { what: 'a virtual generated column', hint: 'Say GENERATED ALWAYS AS (…) STORED.' };
    default:
      return undefined;
  }
}

function ofView(fields: RawFields): Undefinable | undefined {
  if (rawText(fields['withCheckOption']).replace('NO_CHECK_OPTION', '') !== '') {
    return { what: 'WITH CHECK OPTION' };
  }
  const options = rawList(fields['options']).map((option) =>
    rawText(rawFields(rawFields(option)['DefElem'])['defname']),
  );
  const [option] = options;
  return option === undefined ? undefined : { what: `the view option ${option}` };
}

function ofIndex(fields: RawFields): Undefinable | undefined {
  if (fields['concurrent'] === true) {
    return {
      what: 'CREATE INDEX CONCURRENTLY',
      hint: 'Leave out CONCURRENTLY: nothing is built, nobody waits.',
    };
  }
  if (fields['unique'] !== true) return undefined;
  if ('whereClause' in fields) return { what: 'a unique index over some of the rows' };
  const elements = rawList(fields['indexParams']).map((param) => rawFields(rawFields(param)['IndexElem']));
  return elements.some((element) => 'expr' in element)
    ? { what: 'a unique index over expressions' }
    : undefined;
}

const ALTERATIONS: ReadonlySet<string> = new Set([
  'AT_AddColumn',
  'AT_AddConstraint',
  'AT_AddIndex',
  'AT_AlterColumnType',
  'AT_ChangeOwner',
  'AT_ColumnDefault',
  'AT_DropColumn',
  'AT_DropConstraint',
  'AT_DropExpression',
  'AT_DropNotNull',
  'AT_ResetRelOptions',
  'AT_SetCompression',
  'AT_SetNotNull',
  'AT_SetOptions',
  'AT_SetRelOptions',
  'AT_SetStatistics',
  'AT_SetStorage',
]);

function ofAlteration(command: RawFields): Undefinable | undefined {
  const kind = rawText(command['subtype']);
  if (!ALTERATIONS.has(kind)) return { what: `ALTER TABLE … ${words(kind)}` };
  const definition = command['def'];
  const column = rawFields(rawFields(definition)['ColumnDef']);
  return first([ofConstraint(definition), ...rawList(column['constraints']).map(ofConstraint)]);
}

/** `AT_EnableRowSecurity` -> `ENABLE ROW SECURITY`. */
function words(kind: string): string {
  return kind
    .replace(/^AT_/, '')
    .replace(/(?<=[a-z])(?=[A-Z])/g, ' ')
    .toUpperCase();
}

function ofPrivilege(value: unknown): Undefinable | undefined {
  const columns = rawList(rawFields(rawFields(value)['AccessPriv'])['cols']);
  return columns.length === 0 ? undefined : { what: 'a privilege on columns' };
}

const RENAMED: ReadonlySet<string> = new Set([
  'OBJECT_COLUMN',
  'OBJECT_INDEX',
  'OBJECT_SCHEMA',
  'OBJECT_SEQUENCE',
  'OBJECT_TABCONSTRAINT',
  'OBJECT_TABLE',
  'OBJECT_VIEW',
]);

function renamed(kind: string): Undefinable | undefined {
  if (RENAMED.has(kind)) return undefined;
  return { what: `ALTER ${kind.replace('OBJECT_', '').replaceAll('_', ' ')} … RENAME` };
}

/** The sequence that a statement alters, and whether it begins anew: with a value, or with its first. */
export function alteredSequence({ tag, fields }: RawNode):
  | {
      readonly schema: string | undefined;
      readonly name: string;
      readonly restart: { readonly value: string | undefined } | undefined;
    }
  | undefined {
  if (tag !== 'AlterSeqStmt') return undefined;
  const relation = rawFields(fields['sequence']);
  const schema = rawText(relation['schemaname']);
  const options = rawList(fields['options']).map((option) => rawFields(rawFields(option)['DefElem']));
  const restart = options.find((option) => rawText(option['defname']) === 'restart');
  return {
    schema: schema === '' ? undefined : schema,
    name: rawText(relation['relname']),
    restart: restart && { value: restartValue(restart['arg']) },
  };
}

function restartValue(value: unknown): string | undefined {
  const node = rawNode(value);
  if (node === undefined) return undefined;
  if (node.tag === 'Integer') return String(rawNumber(node.fields['ival']));
  return rawText(node.fields['fval']);
}

/** The table whose rows PostgreSQL would read to run a definition: that of ALTER TABLE and CREATE INDEX. */
export function scannedTable({
  tag,
  fields,
}: RawNode): { readonly schema: string | undefined; readonly name: string } | undefined {
  const isScan =
    tag === 'IndexStmt' || (tag === 'AlterTableStmt' && rawText(fields['objtype']) === 'OBJECT_TABLE');
  if (!isScan) return undefined;
  const relation = rawFields(fields['relation']);
  const schema = rawText(relation['schemaname']);
  return { schema: schema === '' ? undefined : schema, name: rawText(relation['relname']) };
}
