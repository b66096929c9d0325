import { PassThrough } from 'node:stream';
import fc from 'fast-check';
import { parse, serialize } from 'pg-protocol';
import { describe, expect, it } from 'vitest';
import { SkeinError } from '../../src/base/errors.ts';
import { FrontendDecoder } from '../../src/pgwire/decode.ts';
import {
  writeAuthentication,
  writeBackendKeyData,
  writeBindComplete,
  writeCloseComplete,
  writeCommandComplete,
  writeEmptyQueryResponse,
  writeErrorResponse,
  writeNoData,
  writeNoticeResponse,
  writeParameterDescription,
  writeParameterStatus,
  writeParseComplete,
  writePortalSuspended,
  writeRawDataRow,
  writeReadyForQuery,
  writeRowDescription,
} from '../../src/pgwire/encode.ts';
import { FatalError } from '../../src/pgwire/fatal-error.ts';
import type { FrontendMessage } from '../../src/pgwire/messages.ts';
import { OutputBuffer } from '../../src/pgwire/output-buffer.ts';
import { decodeParameter } from '../../src/pgwire/values/decode-parameter.ts';
import { DataRow } from '../../src/types/data-row.ts';
import { OID } from '../../src/types/sql-type.ts';

const numRuns = Number(process.env['RUNS'] ?? 1) * 300;

/** Text of a message: any Unicode but the zero that ends it. */
const text = fc.string({ unit: 'binary', maxLength: 60 }).map((value) => value.replaceAll('\0', ''));
const uint32 = fc.nat(0xffff_ffff);
const bytes = fc.uint8Array({ maxLength: 80 }).map((value) => Buffer.from(value));
const cuts = fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 1, maxLength: 20 });

function chunks(stream: Buffer, sizes: readonly number[]): Buffer[] {
  const parts: Buffer[] = [];
  for (let at = 0, i = 0; at < stream.length; i++) {
    const size = sizes[i % sizes.length]!;
    parts.push(Buffer.from(stream.subarray(at, at + size)));
    at += size;
  }
  return parts;
}

function decodeAll(decoder: FrontendDecoder, parts: readonly Buffer[]): FrontendMessage[] {
  const messages: FrontendMessage[] = [];
  for (const part of parts) {
    decoder.push(part);
    for (let message = decoder.next(); message !== undefined; message = decoder.next())
      messages.push(message);
  }
  return messages;
}

interface Case<T> {
  readonly bytes: Buffer;
  readonly expected: T;
}

const target = fc.constantFrom('S', 'P');
const targetName = { S: 'statement', P: 'portal' } as const;
const value = fc.oneof(fc.constant(null), text, bytes);

const frontend: fc.Arbitrary<Case<FrontendMessage>> = fc.oneof(
  text.map((sql) => ({ bytes: serialize.query(sql), expected: { type: 'query' as const, sql } })),
  fc.tuple(text, text, fc.array(uint32)).map(([name, sql, types]) => ({
    bytes: serialize.parse({ name: name.slice(0, 60), text: sql, types }),
    expected: { type: 'parse' as const, name: name.slice(0, 60), sql, parameterOids: types },
  })),
  fc.tuple(text, text, fc.array(value), fc.boolean()).map(([portal, statement, values, binary]) => ({
    bytes: serialize.bind({ portal, statement, values, binary }),
    expected: {
      type: 'bind' as const,
      portal,
      statement,
      parameters: values.map((each) => ({
        format: Buffer.isBuffer(each) ? (1 as const) : (0 as const),
        value: each === null ? null : Buffer.from(each),
      })),
      resultFormats: [binary ? (1 as const) : (0 as const)],
    },
  })),
  fc.tuple(text, fc.nat(1000)).map(([portal, rows]) => ({
    bytes: serialize.execute({ portal, rows }),
    expected: { type: 'execute' as const, portal, maxRows: rows },
  })),
  fc.tuple(target, text).map(([type, name]) => ({
    bytes: serialize.describe({ type: type as 'S' | 'P', name }),
    expected: { type: 'describe' as const, target: targetName[type as 'S' | 'P'], name },
  })),
  fc.tuple(target, text).map(([type, name]) => ({
    bytes: serialize.close({ type: type as 'S' | 'P', name }),
    expected: { type: 'close' as const, target: targetName[type as 'S' | 'P'], name },
  })),
  fc.constantFrom(
    { bytes: serialize.flush(), expected: { type: 'flush' as const } },
    { bytes: serialize.sync(), expected: { type: 'sync' as const } },
    { bytes: serialize.end(), expected: { type: 'terminate' as const } },
    { bytes: serialize.copyDone(), expected: { type: 'copy-done' as const } },
  ),
  bytes.map((data) => ({ bytes: serialize.copyData(data), expected: { type: 'copy-data' as const, data } })),
  text.map((reason) => ({
    bytes: serialize.copyFail(reason),
    expected: { type: 'copy-fail' as const, reason },
  })),
);

describe('what pg-protocol writes', () => {
  it('is decoded under any chunking', () => {
    fc.assert(
      fc.property(fc.array(frontend, { minLength: 1 }), cuts, (cases, sizes) => {
        const stream = Buffer.concat(cases.map((each) => each.bytes));
        const decoder = new FrontendDecoder();
        expect(decodeAll(decoder, chunks(stream, sizes))).toEqual(cases.map((each) => each.expected));
        expect(decoder.bufferedBytes).toBe(0);
      }),
      { numRuns },
    );
  });

  it('starts a connection under any chunking', () => {
    const parameters = fc.dictionary(fc.stringMatching(/^[a-z_]{1,20}$/), text, {
      maxKeys: 5,
      noNullPrototype: true,
    });
    fc.assert(
      fc.property(parameters, cuts, (given, sizes) => {
        const decoder = new FrontendDecoder();
        const parts = chunks(serialize.startup(given), sizes);
        const requests = parts.flatMap((part) => {
          decoder.push(part);
          return decoder.nextStartup() ?? [];
        });
        const expected = new Map([...Object.entries(given), ['client_encoding', 'UTF8']]);
        expect(requests).toEqual([
          { type: 'startup', major: 3, minor: 0, parameters: expected, protocolOptions: [] },
        ]);
      }),
      { numRuns },
    );
  });

  it('asks for SSL, and cancels', () => {
    const decoder = new FrontendDecoder();
    decoder.push(serialize.requestSsl());
    expect(decoder.nextStartup()).toEqual({ type: 'ssl-request' });
    decoder.push(serialize.cancel(42, 77));
    expect(decoder.nextStartup()).toEqual({
      type: 'cancel-request',
      processId: 42,
      key: Buffer.from([0, 0, 0, 77]),
    });
  });
});

const int16 = fc.integer({ min: -1, max: 0x7fff });
const pgColumn = fc.record({
  name: text,
  tableOid: uint32,
  attributeNumber: int16,
  typeOid: uint32,
  typeSize: int16,
  typmod: fc.integer(),
});
const report = fc.record({
  message: text,
  detail: fc.option(text, { nil: undefined }),
  hint: fc.option(text, { nil: undefined }),
  position: fc.option(fc.nat(), { nil: undefined }),
  where: fc.option(text, { nil: undefined }),
  schema: fc.option(text, { nil: undefined }),
  table: fc.option(text, { nil: undefined }),
  column: fc.option(text, { nil: undefined }),
  dataType: fc.option(text, { nil: undefined }),
  constraint: fc.option(text, { nil: undefined }),
});

interface Written {
  readonly write: (out: OutputBuffer) => void;
  readonly expected: Record<string, unknown>;
}

function reportOf({ message, ...fields }: { message: string; position: number | undefined }): {
  error: SkeinError;
  expected: Record<string, unknown>;
} {
  return {
    error: new SkeinError({ sqlstate: '42601' }, message, fields),
    expected: { ...fields, position: fields.position?.toString(), message, code: '42601' },
  };
}

const backend: fc.Arbitrary<Written> = fc.oneof(
  fc.constantFrom<Written>(
    { write: (out: OutputBuffer) => writeAuthentication(out, 0), expected: { name: 'authenticationOk' } },
    { write: writeParseComplete, expected: { name: 'parseComplete' } },
    { write: writeBindComplete, expected: { name: 'bindComplete' } },
    { write: writeCloseComplete, expected: { name: 'closeComplete' } },
    { write: writeNoData, expected: { name: 'noData' } },
    { write: writePortalSuspended, expected: { name: 'portalSuspended' } },
    { write: writeEmptyQueryResponse, expected: { name: 'emptyQuery' } },
  ),
  fc.constantFrom('I' as const, 'T' as const, 'E' as const).map((status) => ({
    write: (out: OutputBuffer) => writeReadyForQuery(out, status),
    expected: { name: 'readyForQuery', status },
  })),
  fc.tuple(text, text).map(([parameterName, parameterValue]) => ({
    write: (out: OutputBuffer) => writeParameterStatus(out, parameterName, parameterValue),
    expected: { name: 'parameterStatus', parameterName, parameterValue },
  })),
  fc.tuple(fc.nat(), fc.integer()).map(([processID, secretKey]) => ({
    write: (out: OutputBuffer) => {
      const key = Buffer.alloc(4);
      key.writeInt32BE(secretKey);
      writeBackendKeyData(out, processID, key);
    },
    expected: { name: 'backendKeyData', processID, secretKey },
  })),
  text.map((tag) => ({
    write: (out: OutputBuffer) => writeCommandComplete(out, tag),
    expected: { name: 'commandComplete', text: tag },
  })),
  fc.array(uint32).map((oids) => ({
    write: (out: OutputBuffer) => writeParameterDescription(out, oids),
    expected: { name: 'parameterDescription', dataTypeIDs: oids },
  })),
  fc.array(fc.tuple(pgColumn, fc.constantFrom(0 as const, 1 as const))).map((columns) => ({
    write: (out: OutputBuffer) =>
      writeRowDescription(out, {
        columns: columns.map(([column]) => column),
        formats: columns.map(([, format]) => format),
      }),
    expected: {
      name: 'rowDescription',
      fields: columns.map(([column, format]) => ({
        name: column.name,
        tableID: column.tableOid,
        columnID: column.attributeNumber,
        dataTypeID: column.typeOid,
        dataTypeSize: column.typeSize,
        dataTypeModifier: column.typmod,
        format: format === 0 ? 'text' : 'binary',
      })),
    },
  })),
  fc.array(fc.option(text)).map((fields) => ({
    write: (out: OutputBuffer) =>
      writeRawDataRow(out, DataRow.of(fields.map((field) => (field === null ? null : Buffer.from(field))))),
    expected: { name: 'dataRow', fields },
  })),
  report.map((given) => {
    const { error, expected } = reportOf(given);
    return {
      write: (out: OutputBuffer) => writeErrorResponse(out, error, 'ERROR'),
      expected: { ...expected, name: 'error', severity: 'ERROR' },
    };
  }),
  report.map((given) => {
    const { error, expected } = reportOf(given);
    return {
      write: (out: OutputBuffer) => writeNoticeResponse(out, error, 'WARNING'),
      expected: { ...expected, name: 'notice', severity: 'WARNING' },
    };
  }),
);

describe('what we write', () => {
  it('is what pg-protocol reads', async () => {
    const property = fc.asyncProperty(fc.array(backend, { minLength: 1 }), cuts, async (written, sizes) => {
      const out = new OutputBuffer(8);
      for (const { write } of written) write(out);
      const stream = new PassThrough();
      const messages: object[] = [];
      const done = parse(stream, (message) => messages.push(message));
      for (const chunk of chunks(out.bytes.subarray(0, out.position), sizes)) stream.write(chunk);
      stream.end();
      await done;
      expect(messages).toHaveLength(written.length);
      messages.forEach((message, i) => {
        for (const [field, wanted] of Object.entries(written[i]!.expected)) {
          expect(Reflect.get(message, field)).toEqual(wanted);
        }
      });
    });
    await fc.assert(property, { numRuns });
  });
});

describe('random bytes', () => {
  const tag = fc.constantFrom(...'BCDEFHPQSXcdfp').map((letter) => letter.charCodeAt(0));
  const framed = fc.tuple(tag, bytes).map(([code, body]) => {
    const length = Buffer.alloc(4);
    length.writeInt32BE(body.length + 4);
    return Buffer.concat([Buffer.from([code]), length, body]);
  });
  const corrupted = fc
    .tuple(fc.array(frontend), fc.array(fc.tuple(fc.nat(), fc.nat(255))))
    .map(([cases, edits]) => {
      const stream = Buffer.concat(cases.map((each) => each.bytes));
      for (const [at, byte] of edits) if (stream.length > 0) stream[at % stream.length] = byte;
      return stream;
    });

  it('make the decoder throw only FatalErrors, and mark malformed bodies', () => {
    const garbage = fc.oneof(
      bytes,
      fc.array(framed).map((list) => Buffer.concat(list)),
      corrupted,
    );
    fc.assert(
      fc.property(garbage, cuts, (stream, sizes) => {
        try {
          decodeAll(new FrontendDecoder(1_000_000), chunks(stream, sizes));
        } catch (error) {
          expect(error).toBeInstanceOf(FatalError);
        }
      }),
      { numRuns: numRuns * 4 },
    );
  });

  it('make the start throw only FatalErrors', () => {
    const versions = fc.constantFrom(
      [0, 3, 0, 0],
      [0, 3, 0, 2],
      [4, 210, 22, 46],
      [0, 2, 0, 0],
      [4, 210, 22, 47],
    );
    const packet = fc.tuple(versions, bytes).map(([version, body]) => {
      const length = Buffer.alloc(4);
      length.writeInt32BE(body.length + 8);
      return Buffer.concat([length, Buffer.from(version), body]);
    });
    fc.assert(
      fc.property(fc.oneof(bytes, packet), (stream) => {
        const decoder = new FrontendDecoder();
        decoder.push(stream);
        try {
          decoder.nextStartup();
        } catch (error) {
          expect(error).toBeInstanceOf(FatalError);
        }
      }),
      { numRuns: numRuns * 4 },
    );
  });

  it('as binary parameters throw only SkeinErrors, of class 22 or 0A', () => {
    const oids = fc.constantFrom(...Object.values(OID));
    const value = fc.oneof(
      bytes,
      fc
        .array(fc.constantFrom(0, 0, 0, 1, 2, 4, 8, 20, 25, 0x40, 0xc0, 0xff), { maxLength: 40 })
        .map(Buffer.from),
    );
    fc.assert(
      fc.property(oids, value, fc.constantFrom(0 as const, 1 as const), (oid, parameter, format) => {
        try {
          expect(typeof decodeParameter(oid, format, parameter)).toBe('string');
        } catch (error) {
          expect(error).toBeInstanceOf(SkeinError);
          expect((error as SkeinError).code).toMatch(/^(22|0A)/);
        }
      }),
      { numRuns: numRuns * 20 },
    );
  });
});
