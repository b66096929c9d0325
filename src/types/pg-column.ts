/** A result column as RowDescription tells it (PostgreSQL docs, 54.7 Message Formats). */
export interface PgColumn {
  readonly name: string;
  readonly tableOid: number;
  readonly attributeNumber: number;
  readonly typeOid: number;
  readonly typeSize: number;
  readonly typmod: number;
}
