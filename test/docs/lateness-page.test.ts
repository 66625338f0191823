import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { gzipSync } from 'node:zlib';
import { expect, test } from 'vitest';
import { tidemark } from '../../src/cli/tidemark/command.ts';
import { seeded } from '../../src/seeded.ts';
import { workplace } from '../runtime/batch/workplace.ts';
import { root } from './pages.ts';

const place = workplace();

test('docs/how-to/choose-lateness.md shows what the command prints', async () => {
  const file = place.path('clicks.jsonl.gz');
  writeFileSync(file, gzipSync(sample()));
  let printed = '';
  const code = await tidemark(['lateness', file, '--field', 'timestamp', '--window', '5m'], {
    out: { write: (text: string) => (printed += text) },
    err: { write: () => undefined },
    now: () => 0,
    signal: new AbortController().signal,
  });
  expect(code).toBe(0);
  const page = readFileSync(path.join(root, 'docs/how-to/choose-lateness.md'), 'utf8');
  const [, shown] = /<!-- lateness -->\n\n```text\n(.*?)```/s.exec(page) ?? [];
  expect(shown).toBe(printed.replace(file, 'clicks.jsonl.gz'));
});

/** An hour of clicks: most come at once, some after a retry, a few from phones that were out of reach. */
function sample(): string {
  const next = seeded(1);
  const lines = Array.from({ length: 36_000 }, (_, i) => {
    const kind = next();
    const delay = kind < 0.97 ? 500 : kind < 0.995 ? 20_000 : 15 * 60_000;
    const time = Date.parse('2026-03-01T12:00:00Z') + i * 100 - next() * delay;
    return JSON.stringify({ timestamp: new Date(time).toISOString(), url: '/' });
  });
  return `${lines.join('\n')}\n`;
}
