import { describe, expect, test } from 'vitest';
import { type Change, newModel, reduce, type StartModel } from '../../../src/cli/start/model.ts';
import { type Screen, terminalView } from '../../../src/cli/start/terminal.ts';
import { clip, instantText, windowText } from '../../../src/cli/start/terminal-text.ts';
import { closedText, progressLine, render } from '../../../src/cli/start/view.ts';

const NOON = Date.parse('2026-03-01T12:00:00Z');
const MINUTE_MS = 60_000;
const ESC = '\u001b';

test('the block shows everything that a person wants to see', () => {
  expect(`\n${render(busyModel(), 80).join('\n')}\n`).toBe(`
clicks per page

events in      12,345 put · 12,000 gathered · 0/s
left out       2 late · 3 dead-lettered · 4,000 filtered
shard 0        watermark 2026-03-01 12:09:29
shard 12       watermark none yet
open windows   1, ending 12:15:00
closed windows 2
  2026-03-01 12:05–12:10  1 on 1 page: /b 1
  2026-03-01 12:00–12:05  1,010 on 4 pages: /a 1,000 · /b 5 · /c 4
last failure   firing: no table

Ctrl-C ends
`);
});

test('an empty model says so', () => {
  const lines = render(newModel('clicks'), 80);
  expect(lines).toContain('open windows   none');
  expect(progressLine(newModel('clicks'))).toContain('watermark none yet · windows 0 open');
});

test.each([20, 33, 61])('no line is wider than %i columns', (width) => {
  const lines = render(busyModel('/漢字/'.repeat(30)), width);
  expect(Math.max(...lines.map(columns))).toBeLessThanOrEqual(width);
  expect(lines.some((line) => line.endsWith('…'))).toBe(true);
});

test('many lanes and windows are summed up', () => {
  let model = newModel('clicks');
  for (let i = 0; i < 30; i += 1) {
    model = reduce(
      model,
      gathered(`shardId-0000000000${10 + i}`, NOON + i, [NOON + i * MINUTE_MS]),
    );
    model = reduce(model, fired(0, NOON - i * MINUTE_MS, '/a', 1));
  }
  const lines = render(model, 100);
  expect(lines.filter((line) => line.startsWith('shard '))).toHaveLength(8);
  expect(lines.join('\n')).toContain('and 22 more from 2026-03-01 12:00:00 on');
  expect(lines.join('\n')).toMatch(/open windows {3}\d+, ending (\d\d:\d\d:\d\d ){6}and \d+ more/);
  expect(lines.filter((line) => line.includes('page:'))).toHaveLength(8);
  expect(lines.length).toBeLessThan(24);
});

test('a key cannot steer the terminal', () => {
  const model = busyModel(`/x${ESC}[2J\u202e\n`);
  expect(render(model, 200).join('')).not.toMatch(/[\p{Cc}\u202e]/u);
  expect(model.closedWindows.map(closedText).join('')).toContain('/x?[2J??');
});

test('equal counts are ordered by key', () => {
  let model = reduce(newModel('t'), fired(0, NOON, '/b', 1));
  model = reduce(model, fired(0, NOON, '/a', 1));
  expect(model.closedWindows.map(closedText).join('')).toContain('2 on 2 pages: /a 1 · /b 1');
});

describe('texts', () => {
  test('times are in UTC, with the unusual ones in words', () => {
    expect(instantText(NOON)).toBe('2026-03-01 12:00:00');
    expect(instantText(-8.64e15)).toBe('none yet');
    expect(instantText(8.64e15)).toBe('the end');
  });

  test('windows show what differs', () => {
    const text = (start: number, length: number) =>
      windowText({ windowStart: NOON + start, windowEnd: NOON + start + length });
    expect(text(0, 5 * MINUTE_MS)).toBe('2026-03-01 12:00–12:05');
    expect(text(0, 1_000)).toBe('2026-03-01 12:00:00–12:00:01');
    expect(text(0, 720 * MINUTE_MS)).toBe('2026-03-01 12:00–2026-03-02 00:00');
  });

  test('clipping counts columns, not characters', () => {
    expect(clip('abcdef', 6)).toBe('abcdef');
    expect(clip('abcdef', 5)).toBe('abcd…');
    expect(clip('漢字漢字', 5)).toBe('漢字…');
    expect(clip('漢字', 4)).toBe('漢字');
    expect(clip('e\u0301e\u0301', 2)).toBe('e\u0301e\u0301');
  });
});

describe('on a terminal', () => {
  test('the block is redrawn in place, five times a second at most', () => {
    const { screen, view, at } = shown({ isTTY: true, columns: 61, rows: 40 });
    view.update(busyModel());
    at(100);
    view.update(busyModel());
    expect(screen.written).toHaveLength(1);
    at(200);
    view.update(newModel('clicks'));
    const [first = '', second = ''] = screen.written;
    const height = first.split('\n').length - 1;
    expect(second.startsWith(`${ESC}[${height}A\r`)).toBe(true);
    expect(second.endsWith(`${ESC}[J`)).toBe(true);
    expect(first.startsWith(ESC)).toBe(false);
  });

  test('it is coloured, unless NO_COLOR is set', () => {
    const written = (env: Record<string, string>) => {
      const { screen, view } = shown({ isTTY: true, columns: 80, rows: 40 }, env);
      view.done(busyModel());
      return screen.written.join('');
    };
    const colour = new RegExp(`${ESC}\\[\\d+m`);
    expect(written({})).toMatch(colour);
    expect(written({ NO_COLOR: '' })).toMatch(colour);
    expect(written({ NO_COLOR: '1' })).not.toMatch(colour);
  });

  test('a terminal that has no size is taken for one of 80 by 24', () => {
    const { screen, view } = shown({ isTTY: true, columns: 0, rows: 0 });
    view.done(busyModel());
    const lines = screen.written.join('').split('\n');
    expect(lines.length).toBeGreaterThan(6);
    expect(Math.max(...lines.map(columns))).toBeGreaterThan(40);
  });

  test('it is never taller than the screen', () => {
    const { screen, view } = shown({ isTTY: true, columns: 80, rows: 6 });
    view.done(busyModel());
    expect(screen.written.join('').split('\n')).toHaveLength(6);
  });
});

describe('elsewhere', () => {
  test('a line every two seconds, and each closed window once it has settled', () => {
    const { screen, view, at } = shown({});
    const model = reduce(newModel('clicks'), fired(1_500, NOON, '/a', 3));
    view.update(model);
    expect(screen.written).toEqual([]);
    for (const time of [2_000, 2_100, 4_000, 6_000]) {
      at(time);
      view.update(model);
    }
    expect(screen.written.join('')).toBe(
      [
        'clicks',
        progressLine(model),
        'closed 2026-03-01 12:00–12:05  3 on 1 page: /a 3',
        progressLine(model),
        progressLine(model),
        '',
      ].join('\n'),
    );
  });

  test('thousands of windows take a few lines', () => {
    const { screen, view } = shown({});
    let model = newModel('clicks', ['query it so']);
    for (let i = 0; i < 1_000; i += 1) {
      model = reduce(model, fired(0, NOON + i * 5 * MINUTE_MS, '/a', 1));
    }
    view.done(model);
    const lines = screen.written.join('').trimEnd().split('\n');
    expect(lines).toHaveLength(9);
    expect(lines[1]).toBe('closed 995 windows more, then');
    expect(lines.at(-1)).toBe('query it so');
  });

  test('done tells what has not settled, and nothing twice', () => {
    const { screen, view, at } = shown({});
    const first = reduce(newModel('clicks'), fired(500, NOON, '/a', 1));
    at(2_000);
    view.update(first);
    view.done(reduce(first, fired(2_000, NOON + 5 * MINUTE_MS, '/b', 1)));
    const closed = screen.written
      .join('')
      .split('\n')
      .filter((line) => line.startsWith('closed'));
    expect(closed).toEqual([
      'closed 2026-03-01 12:00–12:05  1 on 1 page: /a 1',
      'closed 2026-03-01 12:05–12:10  1 on 1 page: /b 1',
    ]);
  });
});

function busyModel(key = '/a'): StartModel {
  const start = newModel('clicks per page', ['Ctrl-C ends']);
  const changes: Change[] = [
    { kind: 'put', at: 0, records: 12_345 },
    gathered('clicks@1/shardId-000000000000', NOON + 9 * MINUTE_MS + 29_999, [
      NOON + 15 * MINUTE_MS,
    ]),
    gathered('clicks@1/shardId-000000000012', -8.64e15, []),
    fired(0, NOON, key, 1_000),
    fired(0, NOON, '/b', 5),
    fired(0, NOON, '/c', 4),
    fired(0, NOON, '/d', 1),
    fired(0, NOON + 5 * MINUTE_MS, '/b', 1),
    {
      kind: 'observed',
      observation: { kind: 'failed', stage: 's', what: 'firing', error: new Error('no table') },
    },
  ];
  return changes.reduce(reduce, start);
}

function gathered(lane: string, watermark: number, slots: readonly number[]): Change {
  return {
    kind: 'observed',
    observation: {
      kind: 'gathered',
      stage: 's',
      lane,
      epoch: 1,
      records: 6_000,
      bytes: 600_000,
      duplicates: 0,
      filtered: 2_000,
      late: 1,
      lateKept: 0,
      lateAllowed: 0,
      deadLetters: watermark > 0 ? 2 : 1,
      segments: 1,
      arrivalTime: watermark,
      watermark,
      slots,
    },
  };
}

const fired = (at: number, windowStart: number, key: string, value: number): Change => ({
  kind: 'fired',
  at,
  outputs: [{ windowStart, windowEnd: windowStart + 5 * MINUTE_MS, key, value }],
});

/** A view on a screen that remembers, under a clock that the test moves. */
function shown(options: Omit<Screen, 'write'>, env: Record<string, string> = {}) {
  let clock = 0;
  const written: string[] = [];
  const screen = { ...options, written, write: (text: string) => written.push(text) };
  const view = terminalView({ screen, env, now: () => clock });
  const at = (time: number) => {
    clock = time;
  };
  return { screen, view, at };
}

const columns = (line: string): number =>
  [...line].reduce((sum, character) => sum + (/[漢字]/.test(character) ? 2 : 1), 0);
