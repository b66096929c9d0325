import { fileURLToPath } from 'node:url';

/** Path of a file of the npm package vega-datasets. */
export function vegaDataset(name: string): string {
  return fileURLToPath(new URL(`../../node_modules/vega-datasets/data/${name}`, import.meta.url));
}
