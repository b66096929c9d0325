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

export interface OperatorSignature {
  readonly oid: number;
  readonly name: string;
  /** `int4 + int4`; a prefix operator: `- int4`. */
  readonly signature: string;
  readonly functionOid: number;
}
