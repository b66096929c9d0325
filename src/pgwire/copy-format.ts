/** How COPY TO STDOUT writes rows (PostgreSQL docs, COPY, File Formats). */
export type CopyFormat = CopyText | CopyCsv | { readonly kind: 'binary' };

export interface CopyText {
  readonly kind: 'text';
  readonly delimiter: number;
  /** What stands for NULL, in UTF-8. */
  readonly nullText: Uint8Array;
  readonly header: boolean;
  readonly encoding: CopyEncoding | undefined;
}

export interface CopyCsv extends Omit<CopyText, 'kind'> {
  readonly kind: 'csv';
  readonly quote: number;
  readonly escape: number;
  /** One per column: quoted whatever it holds, but NULL. */
  readonly forceQuote: readonly boolean[];
}

/** An encoding other than UTF-8, of one byte a character. */
export interface CopyEncoding {
  readonly name: string;
  /** Code point -> byte, for those above ASCII. */
  readonly bytes: ReadonlyMap<number, number>;
}
