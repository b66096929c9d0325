import { invalidValue } from './values.ts';

const STYLES: ReadonlyMap<string, string> = new Map([
  ['iso', 'ISO'],
  ['sql', 'SQL'],
  ['german', 'German'],
  ['postgres', 'Postgres'],
]);

/** DateStyle after `value` was applied to `current`, as SHOW prints it (src/backend/commands/variable.c, check_datestyle). */
export function canonicalDateStyle(value: string, current: string, defaultStyle: string): string {
  const [currentStyle = 'ISO', currentOrder = 'MDY'] = current.split(', ');
  let style: string | undefined;
  let order: string | undefined;
  const conflict = () => invalidValue('DateStyle', value, 'Conflicting "DateStyle" specifications.');
  for (const word of value.split(',').map((part) =>
    part
      .trim()
      .replace(/^"(.*)"$/, '$1')
      .toLowerCase(),
  )) {
    const wordStyle = word.startsWith('postgres') ? 'Postgres' : STYLES.get(word);
    const wordOrder = orderOf(word);
    if (wordStyle !== undefined) {
      if (style !== undefined && style !== wordStyle) throw conflict();
      style = wordStyle;
      if (wordStyle === 'German') order ??= 'DMY';
    } else if (wordOrder !== undefined) {
      if (order !== undefined && order !== wordOrder) throw conflict();
      order = wordOrder;
    } else if (word === 'default') {
      const [resetStyle, resetOrder] = defaultStyle.split(', ');
      style ??= resetStyle;
      order ??= resetOrder;
    } else {
      throw invalidValue('DateStyle', value, `Unrecognized key word: "${word}".`);
    }
  }
  return `${style ?? currentStyle}, ${order ?? currentOrder}`;
}

function orderOf(word: string): string | undefined {
  if (word === 'ymd') return 'YMD';
  if (word === 'dmy' || word.startsWith('euro')) return 'DMY';
  if (word === 'mdy' || word.startsWith('us') || word.startsWith('noneuro')) return 'MDY';
  return undefined;
}
