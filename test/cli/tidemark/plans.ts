import * as z from 'zod';
import { combine, pipeline, SECONDS, TumblingWindow, table } from '../../../src/index.ts';

const stream = (name: string) =>
  pipeline('shop').stream(name, {
    schema: z.object({ at: z.number(), page: z.string() }),
    timestamp: (e) => e.at,
    outOfOrderness: 0,
  });

/** A pipeline of two streams and two stages, as a user has it in a module. */
const perPage = stream('clicks')
  .merge(stream('orders'))
  .keyBy((e) => e.page)
  .window(TumblingWindow.of(10, SECONDS))
  .count({ name: 'per-page' });

const busiest = perPage
  .keyBy(() => 'all')
  .window(TumblingWindow.of(10, SECONDS))
  .max(({ value }) => value, { name: 'busiest' });

export default combine(perPage.to(table('per-page')), busiest.to(table('busiest')));
