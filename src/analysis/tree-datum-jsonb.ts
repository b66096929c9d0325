import { SkeinError } from '../base/errors.ts';
import { numericText } from './tree-datum-number.ts';

/** src/include/utils/jsonb.h. */
const COUNT_MASK = 0x0fff_ffff;
const IS_SCALAR = 0x1000_0000;
const IS_OBJECT = 0x2000_0000;
const ENTRY_OFFSET_MASK = 0x0fff_ffff;
const ENTRY_TYPE_MASK = 0x7000_0000;
const ENTRY_HAS_OFFSET = 0x8000_0000;

const JSONB_TYPE = {
  string: 0x0000_0000,
  numeric: 0x1000_0000,
  false: 0x2000_0000,
  true: 0x3000_0000,
  null: 0x4000_0000,
  container: 0x5000_0000,
} as const;

interface Entry {
  readonly type: number;
  readonly start: number;
  readonly end: number;
}

/** jsonb_out. @param view the value without its varlena header. */
export function jsonbText(view: DataView): string {
  const header = view.getUint32(0, true);
  const count = header & COUNT_MASK;
  const isObject = (header & IS_OBJECT) !== 0;
  const entries = readEntries(view, isObject ? count * 2 : count);
  const values = entries.map((entry) => valueText(view, entry));
  if ((header & IS_SCALAR) !== 0) return values[0] ?? 'null';
  if (!isObject) return `[${values.join(', ')}]`;
  const members = values.slice(0, count).map((key, index) => `${key}: ${values[count + index] ?? 'null'}`);
  return `{${members.join(', ')}}`;
}

/** An entry tells the length of its value, or now and then the offset of its end. */
function readEntries(view: DataView, count: number): readonly Entry[] {
  const base = 4 + count * 4;
  const entries: Entry[] = [];
  let start = base;
  for (let index = 0; index < count; index++) {
    const entry = view.getUint32(4 + index * 4, true);
    const length = entry & ENTRY_OFFSET_MASK;
    const end = (entry & ENTRY_HAS_OFFSET) !== 0 ? base + length : start + length;
    entries.push({ type: entry & ENTRY_TYPE_MASK, start, end });
    start = end;
  }
  return entries;
}

function valueText(view: DataView, { type, start, end }: Entry): string {
  switch (type) {
    case JSONB_TYPE.string:
      return JSON.stringify(new TextDecoder('utf-8', { ignoreBOM: true }).decode(part(view, start, end)));
    case JSONB_TYPE.numeric:
      return numericText(withoutHeader(part(view, aligned(start), end)));
    case JSONB_TYPE.false:
      return 'false';
    case JSONB_TYPE.true:
      return 'true';
    case JSONB_TYPE.null:
      return 'null';
    case JSONB_TYPE.container:
      return jsonbText(part(view, aligned(start), end));
    default:
      throw new SkeinError('internal', `a jsonb value of kind ${type}`);
  }
}

function withoutHeader(view: DataView): DataView {
  const short = (view.getUint8(0) & 1) === 1;
  const header = short ? 1 : 4;
  return new DataView(view.buffer, view.byteOffset + header, view.byteLength - header);
}

function aligned(offset: number): number {
  return Math.ceil(offset / 4) * 4;
}

function part(view: DataView, start: number, end: number): DataView {
  return new DataView(view.buffer, view.byteOffset + start, end - start);
}
