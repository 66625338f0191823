import * as z from 'zod';
import {
  combine,
  lateEvents,
  type Plan,
  pipeline,
  rowsOf,
  SECONDS,
  SessionWindow,
  TumblingWindow,
  table,
} from '../../src/index.ts';

/** The page of an event that a stage further down cannot take. */
export const NO_KEY = '/no-key';

/**
 * One stage of each kind that uses the store in its own way: without keys, with windows whose slots
 * stand alone, with windows that remember, with rows, and one that reads the results of another.
 */
export function everyKindPlan(): Plan {
  const visits = pipeline('every-kind').stream('visits', {
    schema: z.object({ at: z.number(), page: z.string(), user: z.string() }),
    timestamp: (e) => e.at,
    outOfOrderness: 0,
  });
  const changes = visits
    .keyBy((e) => e.user)
    .toTable({ name: 'latest', buckets: 1 })
    .changes();
  return combine(
    visits
      .lookup(rowsOf('users'), { key: (e) => e.user })
      .map(({ row }) => row ?? null)
      .to(table('raw')),
    visits
      .keyBy((e) => e.page)
      .window(TumblingWindow.of(10, SECONDS))
      .sideOutput(lateEvents('late'))
      .count({ name: 'per-page', buckets: 1 })
      .to(table('pages')),
    visits
      .keyBy((e) => e.user)
      .window(SessionWindow.withGap(5, SECONDS))
      .allowedLateness(10 * SECONDS)
      .count({ name: 'sessions', buckets: 1 })
      .to(table('sessions')),
    changes.to(table('latest')),
    changes
      // A change without a key is set aside by the stage that tells it.
      .keyBy((change) => (change.value?.page === NO_KEY ? '' : 'any'))
      .toTable({ name: 'last-on-page', buckets: 1 })
      .to(table('last-on-page')),
  );
}
