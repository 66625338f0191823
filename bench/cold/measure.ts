import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { interleaved, type Spread, spreadOf } from '../rounds.ts';
import {
  BUNDLE_NAMES,
  BUNDLING_NAMES,
  type BundleName,
  type Bundling,
  bundled,
  ownBytes,
} from './bundles.ts';
import { type Load, load } from './load.ts';

/** What was measured of one bundle. */
export interface ColdLine {
  readonly bundling: Bundling;
  readonly bundle: BundleName;
  readonly bytes: number;
  readonly cpuMs: Spread;
  readonly wallMs: Spread;
  /** More than the bundle before it that was made in the same way, in the same round. */
  readonly addedCpuMs: Spread | undefined;
}

/** Bundles, and the bytes of the library itself in a handler, by folder. */
export interface Cold {
  readonly lines: readonly ColdLine[];
  readonly own: readonly (readonly [folder: string, bytes: number])[];
}

interface Made {
  readonly bundling: Bundling;
  readonly bundle: BundleName;
  readonly file: string;
  readonly bytes: number;
}

/** Loads all bundles, each of them in each round. */
export async function cold(rounds: number): Promise<Cold> {
  const folder = mkdtempSync(path.join(os.tmpdir(), 'tidemark-cold-'));
  try {
    const made: Made[] = [];
    for (const bundling of BUNDLING_NAMES) {
      for (const bundle of BUNDLE_NAMES) made.push(await make(folder, bundling, bundle));
    }
    const loads = await interleaved(made, rounds, async ({ file }) => load(file));
    const lines = made.map((one, n) => lineOf(one, loads.get(one), loads.get(made[n - 1] ?? one)));
    return { lines, own: ownBytes(await bundled('handler')) };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

async function make(folder: string, bundling: Bundling, bundle: BundleName): Promise<Made> {
  const { text } = await bundled(bundle, bundling);
  const file = path.join(folder, `${bundling}-${bundle}.cjs`);
  writeFileSync(file, text);
  return { bundling, bundle, file, bytes: text.length };
}

function lineOf(
  { bundling, bundle, bytes }: Made,
  loads: readonly Load[] = [],
  before: readonly Load[] = [],
): ColdLine {
  const isFirst = bundle === BUNDLE_NAMES[0];
  const added = loads.map(({ cpuMs }, round) => cpuMs - Number(before[round]?.cpuMs));
  return {
    bundling,
    bundle,
    bytes,
    cpuMs: spreadOf(loads.map(({ cpuMs }) => cpuMs)),
    wallMs: spreadOf(loads.map(({ wallMs }) => wallMs)),
    addedCpuMs: isFirst ? undefined : spreadOf(added),
  };
}
