import { fileLane, runBatch } from '../../../src/runtime/batch/index.ts';
import type { Output } from '../../../src/sinks/sink.ts';
import { testDriver } from '../../../src/testing/index.ts';
import { type Plan, sinksOf } from '../../../src/topology/plan.ts';
import { type LocalServers, localPipeline } from '../../support/local-pipeline.ts';
import { resultsOf, type workplace } from '../batch/workplace.ts';
import { type RealEvent, timeOf } from './events.ts';
import type { Read } from './pipelines.ts';
import { type RowText, rowText } from './recounts.ts';

const LANES = 2;
const DAY_MS = 86_400_000;

/** The rows of each table, in any order. */
export type Ran = Readonly<Record<string, readonly RowText[]>>;

/** Over files, one a lane. */
export async function inBatch(
  plan: Plan,
  read: Read,
  place: ReturnType<typeof workplace>,
): Promise<Ran> {
  const output = place.output();
  const inputs = Object.fromEntries(
    Object.entries(read).map(([name, events]) => [
      name,
      lanesOf(events).map((lane) => fileLane(place.write(lane))),
    ]),
  );
  await runBatch(plan, { inputs, output });
  return rowsBySink(plan, async (sink) => resultsOf(output, `${sink}.jsonl`) as Written[]);
}

/** A line of a file of results. */
type Written = Pick<Output, 'key' | 'value'> & {
  readonly windowStart?: number;
  readonly time?: number;
};

/** In virtual time, some of every lane at a time. */
export async function inDriver(plan: Plan, read: Read): Promise<Ran> {
  const driver = testDriver<unknown>(plan, { lanes: LANES, batchSize: 50 });
  for (const [name, events] of Object.entries(read)) {
    for (const [n, lane] of lanesOf(events).entries()) {
      for (let from = 0; from < lane.length; from += 200) {
        await driver
          .stream(name)
          .lane(n)
          .send(...lane.slice(from, from + 200));
      }
    }
  }
  await driver.end();
  if (driver.late().length > 0) throw new Error('nothing of these files is late');
  return rowsBySink(plan, async (sink, shape) => {
    if (shape === 'windows') return driver.results(sink);
    if (shape === 'events') return driver.events(sink);
    return [...driver.rows(sink)].map(([key, value]) => ({ key, value }));
  });
}

/** Through the Lambda handler and its triggers, over two shards of each stream and tables of DynamoDB. */
export async function inLocal(plan: Plan, read: Read, servers: LocalServers): Promise<Ran> {
  const local = await localPipeline(servers, plan);
  for (const [name, events] of Object.entries(read)) await local.put(name, lanesOf(events));
  const last = Math.max(...Object.values(read).flat().map(timeOf));
  await local.run(last + DAY_MS);
  const letters = await local.letters();
  if (letters.length > 0) throw new Error(`${letters.length} dead letters: ${letters[0]?.detail}`);
  return rowsBySink(plan, async (sink, shape) => {
    const rows = await local.rows(sink);
    if (shape === 'windows') return rows;
    return rows.map(({ key, value, windowStart }) => {
      return shape === 'events' ? { key, value, time: windowStart } : { key, value };
    });
  });
}

/** All events of a user are in one lane, in their order. */
function lanesOf(events: readonly RealEvent[]): RealEvent[][] {
  const lanes: RealEvent[][] = Array.from({ length: LANES }, () => []);
  for (const event of events) {
    const id = String(event.user_id);
    const number = [...id].reduce((sum, character) => sum + character.charCodeAt(0), 0);
    lanes[number % LANES]?.push(event);
  }
  return lanes;
}

type Shape = ReturnType<typeof sinksOf>[number]['shape'];

/** What is of no window has no key that would be the same everywhere: it is the event that counts. */
async function rowsBySink(
  plan: Plan,
  rowsOf: (sink: string, shape: Shape) => Promise<readonly Written[]>,
): Promise<Ran> {
  const sinks = sinksOf(plan).map(async ({ sink: { name }, shape }) => {
    const rows = (await rowsOf(name, shape)).map(({ key, windowStart, time, value }) =>
      shape === 'events'
        ? rowText(time ?? Number.NaN, 'event', value)
        : rowText(windowStart ?? 'row', key, value),
    );
    return [name, rows] as const;
  });
  return Object.fromEntries(await Promise.all(sinks));
}
