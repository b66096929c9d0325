/** Where the shadow put each relation, so that a tree's relid and attnum can be read. */
export interface ShadowMap {
  readonly version: number;
  readonly relations: ReadonlyMap<number, ShadowRelation>;
}

export interface ShadowRelation {
  readonly oid: number;
  readonly schema: string;
  readonly name: string;
  /**
   * `table`: federated or replicated; `system`: a `skein.*` view that the session answers from its own state.
   * PostgreSQL's own catalogs are not in the map.
   */
  readonly kind: 'table' | 'system';
  /** By attnum - 1. */
  readonly columns: readonly ShadowColumn[];
}

export interface ShadowColumn {
  readonly name: string;
  readonly source: 'physical' | 'label';
}

export interface SystemCatalog {
  /** `lower(text)`, types by their internal names (int4, timestamptz, _text). Aggregates and window functions too. */
  readonly functions: ReadonlyMap<number, FunctionSignature>;
  readonly operators: ReadonlyMap<number, OperatorSignature>;
  /** Type OID -> internal name (`int4`). */
  readonly types: ReadonlyMap<number, string>;
  /** PostgreSQL's own domains (`information_schema.sql_identifier`) -> the type that each stands for. */
  readonly domains: ReadonlyMap<number, BaseType>;
  /** The relations of pg_catalog and information_schema. */
  readonly relations: ReadonlyMap<number, SystemRelation>;
  /** The names of those in pg_catalog: what no table of another schema can hide. */
  readonly catalogNames: ReadonlySet<string>;
}

export interface FunctionSignature {
  readonly oid: number;
  readonly name: string;
  /** `lower(text)`. */
  readonly signature: string;
  readonly schema: string;
  readonly kind: 'function' | 'aggregate' | 'window' | 'procedure';
  readonly volatility: 'immutable' | 'stable' | 'volatile';
  readonly strict: boolean;
}

export interface BaseType {
  readonly oid: number;
  readonly typmod: number;
}

export interface SystemRelation {
  readonly schema: string;
  readonly name: string;
  /** By attnum - 1. */
  readonly columns: readonly string[];
}

export interface OperatorSignature {
  readonly oid: number;
  readonly name: string;
  /** `int4 + int4`; a prefix operator: `- int4`. */
  readonly signature: string;
  readonly functionOid: number;
}
