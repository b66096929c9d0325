import type { Vector } from '../types/batch.ts';
import type { CarrierLayout } from '../types/carrier.ts';

/** Whether the vector is what the carrier's readers expect. Its buffers' lengths were checked when it was decoded. */
export function fitsLayout(vector: Vector, layout: CarrierLayout): boolean {
  if (vector.kind !== layout.kind) return false;
  if (vector.kind === 'fixed') return layout.kind === 'fixed' && vector.layout === layout.layout;
  if (vector.kind === 'list') return layout.kind === 'list' && fitsLayout(vector.child, layout.element);
  return true;
}
