import type { SkeinError } from '../base/errors.ts';
import type { DataRow } from '../types/data-row.ts';
import type { OutputBuffer } from './output-buffer.ts';
import type { Format, RowShape, TransactionStatus } from './session-handler.ts';

/** PostgreSQL docs, 54.7 Message Formats: what a backend sends. */
const TAG = {
  authentication: 0x52,
  backendKeyData: 0x4b,
  bindComplete: 0x32,
  closeComplete: 0x33,
  commandComplete: 0x43,
  copyData: 0x64,
  copyDone: 0x63,
  copyInResponse: 0x47,
  copyOutResponse: 0x48,
  dataRow: 0x44,
  emptyQueryResponse: 0x49,
  errorResponse: 0x45,
  negotiateProtocolVersion: 0x76,
  noData: 0x6e,
  noticeResponse: 0x4e,
  parameterDescription: 0x74,
  parameterStatus: 0x53,
  parseComplete: 0x31,
  portalSuspended: 0x73,
  readyForQuery: 0x5a,
  rowDescription: 0x54,
} as const;

export type ErrorSeverity = 'ERROR' | 'FATAL';
export type NoticeSeverity = 'WARNING' | 'NOTICE' | 'INFO' | 'LOG';

/** Writes tag and a place for the length. @returns where the message began, for {@link endMessage}. */
function beginMessage(out: OutputBuffer, tag: number): number {
  out.reserve(5);
  const start = out.position;
  out.bytes[start] = tag;
  out.position = start + 5;
  return start;
}

function endMessage(out: OutputBuffer, start: number): void {
  out.setInt32(start + 1, out.position - start - 1);
}

function emptyMessage(out: OutputBuffer, tag: number): void {
  endMessage(out, beginMessage(out, tag));
}

/** `kind` 0: AuthenticationOk; the others carry a body. */
export function writeAuthentication(out: OutputBuffer, kind: number, body?: Uint8Array): void {
  const start = beginMessage(out, TAG.authentication);
  out.int32(kind);
  if (body !== undefined) out.raw(body);
  endMessage(out, start);
}

export function writeNegotiateProtocolVersion(
  out: OutputBuffer,
  major: number,
  minor: number,
  unrecognized: readonly string[],
): void {
  const start = beginMessage(out, TAG.negotiateProtocolVersion);
  out.int16(major);
  out.int16(minor);
  out.int32(unrecognized.length);
  for (const option of unrecognized) out.cstring(option);
  endMessage(out, start);
}

export function writeParameterStatus(out: OutputBuffer, name: string, value: string): void {
  const start = beginMessage(out, TAG.parameterStatus);
  out.cstring(name);
  out.cstring(value);
  endMessage(out, start);
}

export function writeBackendKeyData(out: OutputBuffer, processId: number, key: Uint8Array): void {
  const start = beginMessage(out, TAG.backendKeyData);
  out.int32(processId);
  out.raw(key);
  endMessage(out, start);
}

export function writeReadyForQuery(out: OutputBuffer, status: TransactionStatus): void {
  const start = beginMessage(out, TAG.readyForQuery);
  out.byte(status.charCodeAt(0));
  endMessage(out, start);
}

export function writeParseComplete(out: OutputBuffer): void {
  emptyMessage(out, TAG.parseComplete);
}

export function writeBindComplete(out: OutputBuffer): void {
  emptyMessage(out, TAG.bindComplete);
}

export function writeCloseComplete(out: OutputBuffer): void {
  emptyMessage(out, TAG.closeComplete);
}

export function writeNoData(out: OutputBuffer): void {
  emptyMessage(out, TAG.noData);
}

export function writeEmptyQueryResponse(out: OutputBuffer): void {
  emptyMessage(out, TAG.emptyQueryResponse);
}

export function writePortalSuspended(out: OutputBuffer): void {
  emptyMessage(out, TAG.portalSuspended);
}

export function writeCommandComplete(out: OutputBuffer, tag: string): void {
  const start = beginMessage(out, TAG.commandComplete);
  out.cstring(tag);
  endMessage(out, start);
}

/** COPY TO STDOUT begins: rows as CopyData follow. All columns have the one format. */
export function writeCopyOutResponse(out: OutputBuffer, format: Format, columns: number): void {
  const start = beginMessage(out, TAG.copyOutResponse);
  out.byte(format);
  out.int16(columns);
  for (let column = 0; column < columns; column++) out.int16(format);
  endMessage(out, start);
}

/** COPY FROM STDIN begins: the client sends its data. All columns have the one format. */
export function writeCopyInResponse(out: OutputBuffer, format: Format, columns: number): void {
  const start = beginMessage(out, TAG.copyInResponse);
  out.byte(format);
  out.int16(columns);
  for (let column = 0; column < columns; column++) out.int16(format);
  endMessage(out, start);
}

/** @returns where the message began, for {@link endCopyData}. */
export function beginCopyData(out: OutputBuffer): number {
  return beginMessage(out, TAG.copyData);
}

export function endCopyData(out: OutputBuffer, start: number): void {
  endMessage(out, start);
}

export function writeCopyDone(out: OutputBuffer): void {
  emptyMessage(out, TAG.copyDone);
}

export function writeParameterDescription(out: OutputBuffer, oids: readonly number[]): void {
  const start = beginMessage(out, TAG.parameterDescription);
  out.int16(oids.length);
  for (const oid of oids) out.int32(oid);
  endMessage(out, start);
}

export function writeRowDescription(out: OutputBuffer, shape: RowShape): void {
  const start = beginMessage(out, TAG.rowDescription);
  out.int16(shape.columns.length);
  shape.columns.forEach((column, i) => {
    out.cstring(column.name);
    out.int32(column.tableOid);
    out.int16(column.attributeNumber);
    out.int32(column.typeOid);
    out.int16(column.typeSize);
    out.int32(column.typmod);
    out.int16(shape.formats[i] ?? 0);
  });
  endMessage(out, start);
}

/** @returns where the row began, for {@link endDataRow}; the values follow, each behind its length. */
export function beginDataRow(out: OutputBuffer, columns: number): number {
  const start = beginMessage(out, TAG.dataRow);
  out.int16(columns);
  return start;
}

export function endDataRow(out: OutputBuffer, start: number): void {
  endMessage(out, start);
}

export function writeRawDataRow(out: OutputBuffer, { bytes }: DataRow): void {
  const start = beginMessage(out, TAG.dataRow);
  out.raw(bytes);
  endMessage(out, start);
}

export function writeErrorResponse(out: OutputBuffer, error: SkeinError, severity: ErrorSeverity): void {
  writeReport(out, TAG.errorResponse, error, severity);
}

export function writeNoticeResponse(out: OutputBuffer, notice: SkeinError, severity: NoticeSeverity): void {
  writeReport(out, TAG.noticeResponse, notice, severity);
}

/** 54.8 Error and Notice Message Fields. */
function writeReport(out: OutputBuffer, tag: number, report: SkeinError, severity: string): void {
  const start = beginMessage(out, tag);
  const { fields } = report;
  writeField(out, 'S', severity);
  writeField(out, 'V', severity);
  writeField(out, 'C', report.code);
  writeField(out, 'M', report.message);
  writeField(out, 'D', fields.detail);
  writeField(out, 'H', fields.hint);
  writeField(out, 'P', fields.position?.toString());
  writeField(out, 'W', fields.where);
  writeField(out, 's', fields.schema);
  writeField(out, 't', fields.table);
  writeField(out, 'c', fields.column);
  writeField(out, 'd', fields.dataType);
  writeField(out, 'n', fields.constraint);
  out.byte(0);
  endMessage(out, start);
}

function writeField(out: OutputBuffer, tag: string, value: string | undefined): void {
  if (value === undefined) return;
  out.byte(tag.charCodeAt(0));
  out.cstring(value);
}
