/** `RUNS=n`: how much of what is repetitive a run does. 1 is the quick form, of `npm test`; `npm run test:full` does all. */
export const RUNS = Number(process.env['RUNS'] ?? 1);

export const isQuick = RUNS <= 1;

/** In the quick form, so many of them, evenly chosen, of which the last is one. */
export function quickly<T>(items: readonly T[], count: number): readonly T[] {
  if (!isQuick || items.length <= count) return items;
  return items.filter(
    (_, index) =>
      Math.floor((index * count) / items.length) !== Math.floor(((index + 1) * count) / items.length),
  );
}
