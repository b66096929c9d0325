import { z } from 'zod';
import { SkeinError } from '../base/errors.ts';
import { knownPlanSchema } from './known-plans.ts';
import {
  type AgentMessage,
  type Inventory,
  PROTOCOL_VERSION,
  type ProxyMessage,
  type WireError,
  type WireReport,
} from './messages.ts';
import { columnSchema, sqlTypeSchema } from './plan-schema.ts';

/** Longest control message; data travels in frames. */
export const MAX_MESSAGE_BYTES = 64 << 20;
/** Deepest nesting of a control message, counted by its brackets. Deeper would exhaust the stack that validates it. */
const MAX_DEPTH = 800;
const MAX_NAME = 4096;
const MAX_ITEMS = 100_000;

const name = z.string().max(MAX_NAME);
const pieceName = z.string().regex(/^@/).max(63);
const text = z.string().max(1 << 20);
const count = z.number().int().nonnegative();
const labels = z.record(name, name);

function maybe<T extends z.ZodType>(schema: T) {
  return schema.optional().transform((value) => value);
}

const tableColumn = { name, type: sqlTypeSchema };

const inventory: z.ZodType<Inventory> = z.strictObject({
  version: name,
  tables: z
    .array(
      z.strictObject({
        name,
        replicated: z.boolean(),
        columns: z
          .array(z.strictObject({ ...tableColumn, declared: z.boolean(), allNull: z.boolean() }))
          .max(MAX_ITEMS),
        rowEstimate: maybe(z.number().nonnegative()),
        byteEstimate: maybe(z.number().nonnegative()),
        contentHash: maybe(name),
        dataVersion: maybe(name),
        constants: maybe(z.record(name, text)),
        contradiction: maybe(text),
        outOfService: maybe(text),
        comment: maybe(text),
        piece: maybe(z.boolean()),
      }),
    )
    .max(MAX_ITEMS),
});

const report: z.ZodType<WireReport> = z.strictObject({
  sql: z.string().max(MAX_MESSAGE_BYTES),
  rows: count,
  bytesOut: count,
  queueMs: z.number().nonnegative(),
  runMs: z.number().nonnegative(),
});

const error: z.ZodType<WireError> = z.strictObject({
  code: z.string().regex(/^[0-9A-Z]{5}$/),
  message: text,
  detail: maybe(text),
  hint: maybe(text),
});

const agentMessage: z.ZodType<AgentMessage> = z.discriminatedUnion('type', [
  z.strictObject({
    type: z.literal('hello'),
    protocol: count,
    prelude: name,
    duckdb: name,
    agentId: name.min(1),
    token: maybe(name),
    labels,
    shard: maybe(name),
    inventory,
  }),
  z.strictObject({ type: z.literal('inventory'), inventory }),
  z.strictObject({ type: z.literal('task-done'), taskId: name, report }),
  z.strictObject({ type: z.literal('task-failed'), taskId: name, error, report }),
  z.strictObject({ type: z.literal('pong'), sentAt: z.number() }),
]);

const proxyMessage: z.ZodType<ProxyMessage> = z.discriminatedUnion('type', [
  z.strictObject({
    type: z.literal('welcome'),
    proxyId: name,
    labels: z.array(z.strictObject({ name, oid: count })).max(MAX_ITEMS),
  }),
  z.strictObject({
    type: z.literal('accepted'),
    tables: z
      .array(
        z.strictObject({
          name,
          columns: z.array(z.strictObject(tableColumn)).max(MAX_ITEMS),
          outOfService: maybe(text),
        }),
      )
      .max(MAX_ITEMS),
  }),
  z.strictObject({ type: z.literal('refused'), reason: text }),
  z.strictObject({
    type: z.literal('task'),
    queryId: name,
    taskId: name.min(1).max(255),
    plan: knownPlanSchema,
    columns: z.array(columnSchema).max(MAX_ITEMS),
    inputs: z
      .array(z.strictObject({ name, columns: z.array(columnSchema).max(MAX_ITEMS), frames: count }))
      .max(1000),
    maxRows: maybe(count),
    expects: maybe(z.record(name, name)),
    keep: maybe(
      z.strictObject({
        name: pieceName,
        columns: z.array(z.strictObject(tableColumn)).max(MAX_ITEMS),
        counts: maybe(
          z.discriminatedUnion('kind', [
            z.strictObject({ kind: z.literal('marked') }),
            z.strictObject({ kind: z.literal('fewer'), than: pieceName }),
          ]),
        ),
      }),
    ),
  }),
  z.strictObject({ type: z.literal('credit'), taskId: name, frames: count }),
  z.strictObject({ type: z.literal('cancel'), taskId: name }),
  z.strictObject({ type: z.literal('end-statement'), queryId: name }),
  z.strictObject({ type: z.literal('forget'), pieces: z.array(name).max(MAX_ITEMS) }),
  z.strictObject({ type: z.literal('ping'), sentAt: z.number() }),
]);

/** A hello of another version, whose other fields may be anything. */
const otherProtocol = z.object({
  type: z.literal('hello'),
  protocol: z.number().refine((version) => version !== PROTOCOL_VERSION),
});

export function encodeMessage(message: AgentMessage | ProxyMessage): string {
  return JSON.stringify(message);
}

/** @throws 08P01, naming the first field that is wrong. */
export function decodeAgentMessage(json: string): AgentMessage {
  return decode(agentMessage, json);
}

/** @throws 08P01, naming the first field that is wrong. */
export function decodeProxyMessage(json: string): ProxyMessage {
  return decode(proxyMessage, json);
}

/** Why nobody would take the message; undefined: its size is right. */
export function sizeProblem(json: string): string | undefined {
  if (json.length > MAX_MESSAGE_BYTES) return `it has ${json.length} characters`;
  return depthOf(json) > MAX_DEPTH ? 'it is nested too deep' : undefined;
}

function decode<T>(schema: z.ZodType<T>, json: string): T {
  const oversize = sizeProblem(json);
  if (oversize !== undefined) throw malformed(oversize);
  const message = parse(json);
  const result = schema.safeParse(message);
  if (result.success) return result.data;
  const other = otherProtocol.safeParse(message);
  if (other.success) throw malformed(`it speaks protocol ${other.data.protocol}, not ${PROTOCOL_VERSION}`);
  const issue = result.error.issues[0];
  throw malformed(
    issue === undefined ? 'it is invalid' : `${issue.path.join('.') || 'it'}: ${issue.message}`,
  );
}

/** Of a task that can't be decoded otherwise: it alone must fail. */
export function taskIdOf(json: string): string | undefined {
  if (json.length > MAX_MESSAGE_BYTES) return undefined;
  try {
    return namedTask.safeParse(JSON.parse(json)).data?.taskId;
  } catch {
    return undefined;
  }
}

const namedTask = z.object({ type: z.literal('task'), taskId: z.string().min(1).max(255) });

function parse(json: string): unknown {
  try {
    return JSON.parse(json);
  } catch {
    throw malformed('it is not JSON');
  }
}

/** Deepest nesting of brackets, those within strings excepted. */
function depthOf(json: string): number {
  let depth = 0;
  let deepest = 0;
  let inString = false;
  for (let i = 0; i < json.length; i++) {
    const char = json.charCodeAt(i);
    if (inString) {
      if (char === 0x5c) i++;
      else if (char === 0x22) inString = false;
    } else if (char === 0x22) inString = true;
    else if (char === 0x7b || char === 0x5b) deepest = Math.max(deepest, ++depth);
    else if (char === 0x7d || char === 0x5d) depth--;
  }
  return deepest;
}

function malformed(reason: string): SkeinError {
  return new SkeinError('protocolViolation', `malformed message: ${reason}`);
}
