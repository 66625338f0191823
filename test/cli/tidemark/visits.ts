import * as z from 'zod';
import { pipeline, SECONDS, TumblingWindow, table } from '../../../src/index.ts';

const visits = (weight: number) =>
  pipeline('visits')
    .stream('visits', {
      schema: z.object({ at: z.number(), page: z.string() }),
      timestamp: (e) => e.at,
      outOfOrderness: 0,
    })
    .keyBy((e) => e.page)
    .window(TumblingWindow.of(10, SECONDS))
    .sum(() => weight, { name: 'per-page' })
    .to(table('per-page'));

/** A pipeline as it was deployed, and its next version, whose results tell themselves apart. */
export const first = visits(1);
export const second = visits(100);
