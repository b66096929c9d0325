import type { Verdict } from './trial.ts';

interface Count {
  tried: number;
  refused: number;
}

/** How often what PostgreSQL answers is refused, by the features of the query. */
export class RefusalRates {
  readonly #features = new Map<string, Count>();
  readonly #reasons = new Map<string, number>();
  #void = 0;
  #tried = 0;

  add(features: ReadonlySet<string>, verdict: Verdict): void {
    if (verdict.kind === 'void') {
      this.#void += 1;
      this.#count(`PostgreSQL: ${verdict.reason}`);
      return;
    }
    const refused = verdict.kind === 'refused' ? 1 : 0;
    this.#tried += 1;
    if (verdict.kind === 'refused') this.#count(verdict.reason);
    for (const feature of ['all', ...features]) {
      const count = this.#features.get(feature) ?? { tried: 0, refused: 0 };
      this.#features.set(feature, { tried: count.tried + 1, refused: count.refused + refused });
    }
  }

  #count(reason: string): void {
    this.#reasons.set(reason, (this.#reasons.get(reason) ?? 0) + 1);
  }

  /** Share of the queries to which PostgreSQL itself gave an error. */
  voidRate(): number {
    return this.#void / Math.max(1, this.#void + this.#tried);
  }

  /** The features of which more is refused. One refusal alone says nothing of a feature that was tried a few dozen times. */
  above(rate: number): readonly string[] {
    return [...this.#features]
      .filter(([, { tried, refused }]) => refused > Math.max(1, rate * tried))
      .map(([feature, { tried, refused }]) => `${feature}: ${refused} of ${tried} refused`);
  }

  report(): string {
    const rows = [...this.#features]
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([feature, { tried, refused }]) => {
        const percent = ((100 * refused) / tried).toFixed(1);
        return `  ${feature.padEnd(24)} ${String(tried).padStart(6)} queries, ${percent.padStart(5)} % refused`;
      });
    const reasons = [...this.#reasons]
      .sort(([, a], [, b]) => b - a)
      .map(([reason, times]) => `  ${times} x ${reason}`);
    const errors = `  PostgreSQL gave an error to ${this.#void} more`;
    return ['Generated queries by feature:', ...rows, errors, ...reasons].join('\n');
  }
}
