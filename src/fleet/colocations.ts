import {
  type ColocationDeclarations,
  type ColocationVerdict,
  judgeColocations,
} from '../catalog/colocation.ts';
import type { Colocation, Table } from '../catalog/snapshot.ts';

/** The declared groups and what was found of them while the proxy runs: a start compares all keys anew. */
export class Colocations {
  readonly #declared: ColocationDeclarations;
  readonly #verdicts = new Map<string, ColocationVerdict>();

  constructor(declared: ColocationDeclarations) {
    this.#declared = declared;
  }

  over(tables: readonly Table[]): readonly Colocation[] {
    return judgeColocations(this.#declared, tables, this.#verdicts);
  }

  judge(name: string, verdict: ColocationVerdict): void {
    if (this.#declared.has(name)) this.#verdicts.set(name, verdict);
  }
}
