import { assertNever } from '../base/assert.ts';
import { refuse } from '../base/errors.ts';
import {
  writeBindComplete,
  writeCloseComplete,
  writeNoData,
  writeParameterDescription,
  writeParseComplete,
  writeRowDescription,
} from './encode.ts';
import type { FrontendMessage, PortalOrStatement } from './messages.ts';
import type { OutputBuffer } from './output-buffer.ts';
import type { ResponseSink, SessionHandler } from './session-handler.ts';

/** One message and its answer; what ends a cycle (ReadyForQuery) and errors are the connection's. */
export async function respond(
  message: FrontendMessage,
  handler: SessionHandler,
  sink: ResponseSink,
  out: OutputBuffer,
): Promise<void> {
  switch (message.type) {
    case 'query':
      return handler.simpleQuery(message.sql, sink);
    case 'parse':
      await handler.parse(message.name, message.sql, message.parameterOids);
      return writeParseComplete(out);
    case 'bind':
      await handler.bind(message.portal, message.statement, message.parameters, message.resultFormats);
      return writeBindComplete(out);
    case 'describe':
      return describe(message.target, message.name, handler, out);
    case 'execute':
      return handler.execute(message.portal, message.maxRows, sink);
    case 'close':
      return close(message.target, message.name, handler, out);
    case 'malformed':
      throw message.error;
    case 'function-call':
      throw refuse('the function call protocol');
    // As PostgreSQL does outside COPY: a client may still send them after the COPY has failed.
    case 'copy-data':
    case 'copy-done':
    case 'copy-fail':
      return;
    case 'flush':
    case 'sync':
    case 'terminate':
      return;
    default:
      return assertNever(message);
  }
}

async function describe(
  target: PortalOrStatement,
  name: string,
  handler: SessionHandler,
  out: OutputBuffer,
): Promise<void> {
  if (target === 'portal') {
    const shape = await handler.describePortal(name);
    if (shape === undefined) writeNoData(out);
    else writeRowDescription(out, shape);
    return;
  }
  const { parameterOids, columns } = await handler.describeStatement(name);
  writeParameterDescription(out, parameterOids);
  if (columns === undefined) writeNoData(out);
  else writeRowDescription(out, { columns, formats: [] });
}

async function close(
  target: PortalOrStatement,
  name: string,
  handler: SessionHandler,
  out: OutputBuffer,
): Promise<void> {
  if (target === 'portal') await handler.closePortal(name);
  else await handler.closeStatement(name);
  writeCloseComplete(out);
}
