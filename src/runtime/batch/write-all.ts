import { writeSync } from 'node:fs';

/** A write may take a part only. Returns how many bytes they are. */
export function writeAll(descriptor: number, text: string): number {
  const bytes = Buffer.from(text);
  for (let at = 0; at < bytes.length; ) at += writeSync(descriptor, bytes, at);
  return bytes.length;
}
