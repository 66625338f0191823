import { expect, test } from 'vitest';
import { type BundleName, bundled, ownBytes } from '../../bench/cold/bundles.ts';

/**
 * What a handler carries beside the clients of AWS, minified. The methods of streams bring all operators
 * with them, used or not, and what opens a deployment all kinds of sinks that it may have.
 */
const BUDGET_BYTES = 176_000;

test('a function that counts carries little beside its clients', async () => {
  const [clients, handler] = [await bytesOf('clients'), await bytesOf('handler')];
  expect(clients).toBeGreaterThan(100_000);
  expect(handler - clients).toBeGreaterThan(0);
  expect(handler - clients).toBeLessThan(BUDGET_BYTES);
});

test('most of what it carries beside them is the library, by folder', async () => {
  const handler = await bundled('handler');
  const own = ownBytes(handler);
  const folders = own.map(([folder]) => folder);
  expect(folders).toEqual(expect.arrayContaining(['engine', 'topology', 'operators']));
  const added = handler.text.length - (await bytesOf('clients'));
  const total = own.reduce((sum, [, bytes]) => sum + bytes, 0);
  expect(Math.abs(added - total)).toBeLessThan(added / 10);
});

const bytesOf = async (name: BundleName): Promise<number> => (await bundled(name)).text.length;
