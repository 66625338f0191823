import { readdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';

/** A file of the page. */
export interface Asset {
  readonly type: string;
  readonly body: Buffer;
}

const TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.svg': 'image/svg+xml',
};

const PAGE = path.join(import.meta.dirname, 'page');

/** All files of the page by their path: those of the folder page, as they are, and the chart library. */
export function pageAssets(): ReadonlyMap<string, Asset> {
  const assets = new Map<string, Asset>();
  for (const file of readdirSync(PAGE)) {
    const type = TYPES[path.extname(file)];
    if (type === undefined) continue;
    const body = readFileSync(path.join(PAGE, file));
    assets.set(file === 'index.html' ? '/' : `/${file}`, { type, body });
  }
  const { resolve } = createRequire(import.meta.url);
  const charts = path.dirname(resolve('uplot'));
  for (const [name, file] of [
    ['/uplot.js', 'uPlot.esm.js'],
    ['/uplot.css', 'uPlot.min.css'],
  ] as const) {
    const body = readFileSync(path.join(charts, file));
    assets.set(name, { type: TYPES[path.extname(name)] ?? '', body });
  }
  return assets;
}
