import { expect, describe as group, test } from 'vitest';
import * as z from 'zod';
import {
  combine,
  custom,
  describe,
  objects,
  pipeline,
  push,
  queue,
  SECONDS,
  stream,
  TumblingWindow,
  table,
  topic,
} from '../../src/index.ts';

const clicks = pipeline('p').stream('clicks', {
  schema: z.object({ at: z.number(), page: z.string() }),
  timestamp: (e) => e.at,
  outOfOrderness: 0,
});
const windows = clicks.keyBy((e) => e.page).window(TumblingWindow.of(1, SECONDS));
const counts = windows.count({ name: 'counts' });
const highest = windows.max((e) => e.at, { name: 'highest' });

group('where results can go', () => {
  test.each([stream, queue, topic, objects, push, custom])('%o', (word) => {
    const sink = word('a-name');
    expect(sink.kind).toBe(word.name);
    expect(describe(counts.to(sink))).toContain(`  to         ${sink.kind} a-name`);
    expect(() => word('a name')).toThrow(`a ${word.name} is named "a name"`);
  });

  test('two stages can share what is no table', () => {
    expect(combine(counts.to(stream('both')), highest.to(stream('both'))).stages).toHaveLength(2);
    expect(() => combine(counts.to(table('both')), highest.to(table('both')))).toThrow(
      'the table both is to hold windows of the stages counts and highest',
    );
  });

  test('what goes to one sink has one shape', () => {
    expect(() => combine(counts.to(stream('both')), clicks.to(stream('both')))).toThrow(
      'the stream both is to hold windows and events',
    );
  });

  test('a name is of one kind', () => {
    expect(() => combine(counts.to(stream('both')), highest.to(queue('both')))).toThrow(
      'both is to be a stream and a queue',
    );
  });
});
