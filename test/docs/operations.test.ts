import { readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { METRIC_UNITS } from '../../src/observability/metric-names.ts';

const text = readFileSync(path.resolve(import.meta.dirname, '../../docs/operations.md'), 'utf8');

/** As GitHub makes anchors of headings. */
const anchors = [...text.matchAll(/^#+ (.+)$/gm)].map(([, heading = '']) =>
  heading
    .toLowerCase()
    .replace(/[^\w\s-]/g, '')
    .replaceAll(' ', '-'),
);

const UNIT_WORDS = { Count: 'count', Bytes: 'bytes', Milliseconds: 'ms' };

describe('docs/operations.md', () => {
  test.each(Object.entries(METRIC_UNITS))('says what %s means, in %s', (name, unit) => {
    expect(text).toMatch(
      new RegExp(`^\\| \`${name}\` \\| ${UNIT_WORDS[unit]} \\| .{10,} \\|$`, 'm'),
    );
  });

  test('names no metric that there is not', () => {
    const named = [...text.matchAll(/^\| `([A-Z]\w+)` \|/gm)].map(([, name]) => name);
    expect(named).toEqual(Object.keys(METRIC_UNITS));
  });

  test('has every place that it refers to', () => {
    const references = [...text.matchAll(/\]\(#([\w-]+)\)/g)].map(([, anchor]) => anchor);
    expect(references.length).toBeGreaterThan(3);
    expect(references.filter((anchor) => !anchors.includes(String(anchor)))).toEqual([]);
  });
});
