import { MINUTES, type Plan } from 'tidemark';
import { testDriver } from 'tidemark/testing';
import { at, clock } from '../../examples/time-of-day.ts';
import { drawTracks, type Mark, type Track } from './tracks.ts';
import { type Arrival, drawWatermark } from './watermark-chart.ts';

/** The pictures of the guide by the names of its chapters, each drawn from a run of the chapter's example. */
export async function pictures(): Promise<ReadonlyMap<string, string>> {
  const drawn = Object.entries(PICTURES).map(async ([name, draw]) => [name, await draw()] as const);
  return new Map(await Promise.all(drawn));
}

const PICTURES: Readonly<Record<string, () => Promise<string>>> = {
  '01-streams': streams,
  '02-event-sourcing': eventSourcing,
  '03-logs-and-queues': logs,
  '04-operations': operations,
  '05-joins': joins,
  '06-windows': windows,
  '07-watermarks': watermarks,
  '08-late-data': lateData,
  '09-fault-tolerance': faultTolerance,
  '10-batch-and-stream': batchAndStream,
};

async function streams(): Promise<string> {
  const { plan, readings } = await import('../../examples/01-streams.ts');
  const driver = testDriver<string>(plan);
  await driver.send(...readings);
  const axis = between('12:00:00', '12:03:00', 30_000);
  const every = (axis.to - axis.from) / readings.length;
  const arrived = readings.map((e, n) =>
    point(axis.from + (n + 0.5) * every, `${n + 1}. ${e.sensor}`),
  );
  const happened = readings.map((e) => point(ms(e.timestamp), `${e.celsius}°`));
  const told = driver.events().map(({ time }) => point(time, 'warning'));
  const from = told.map((mark) => happened.find((one) => one.from === mark.from) ?? mark);
  return drawTracks({
    title: 'Readings in the order of their arrival, and in the order in which they happened',
    tracks: [track('arrived', arrived), track('happened', happened), track('told', told)],
    links: [...pairs(arrived, happened), ...pairs(from, told)],
    ...axis,
  });
}

async function eventSourcing(): Promise<string> {
  const { plan, movements } = await import('../../examples/02-event-sourcing.ts');
  const driver = testDriver<{ after: number }>(plan);
  await driver.send(...movements);
  await driver.end();
  const axis = between('08:50:00', '10:20:00', 10 * MINUTES);
  const events = [...movements]
    .sort((a, b) => ms(a.timestamp) - ms(b.timestamp))
    .map((e) => point(ms(e.timestamp), `${e.kind === 'paid in' ? '+' : '−'}${e.amount}`));
  const entries = driver.events();
  const states = entries.map(({ time, value }, n) =>
    box(time, entries[n + 1]?.time ?? axis.to, String(value.after)),
  );
  return drawTracks({
    title: 'Movements of an account, and the balance that each of them makes',
    // Two events are ten seconds apart: one lies over the other, and so do their labels.
    tracks: [...events.map((event) => track('event', [event])), track('balance', states)],
    links: pairs(events, states),
    ...axis,
  });
}

async function logs(): Promise<string> {
  const { plan, log } = await import('../../examples/03-logs-and-queues.ts');
  const driver = testDriver<number>(plan, { lanes: log.length });
  for (const [shard, records] of log.entries()) await driver.lane(shard).send(...records);
  await driver.advanceWatermarkTo(at('13:00:00'));
  const shards = log.map((records, n) =>
    track(
      `shard ${n}`,
      records.map((e, i) => point(ms(e.timestamp), `position ${i + 1}`)),
    ),
  );
  const results = driver
    .results()
    .map(({ key, windowStart, windowEnd, value }) =>
      track(`orders, ${key}`, [box(windowStart, windowEnd, String(value))]),
    );
  return drawTracks({
    title: 'Two shards of a log, and what a reader has computed of their first hour',
    tracks: [...shards, ...results],
    links: shards.flatMap(({ marks }, n) =>
      marks.flatMap((mark) => {
        const [result] = results[n]?.marks ?? [];
        return result?.to && mark.from < result.to ? [[mark, result] as const] : [];
      }),
    ),
    ...between('11:50:00', '13:20:00', 10 * MINUTES),
  });
}

async function operations(): Promise<string> {
  const { plan, events } = await import('../../examples/04-operations.ts');
  const driver = testDriver<number>(plan);
  await driver.send(...events);
  await driver.end();
  let marks = events.map((e) => ({ mark: point(ms(e.timestamp), e.author), value: e as unknown }));
  const tracks = [
    track(
      'posts',
      marks.map(({ mark }) => mark),
    ),
  ];
  const links: [Mark, Mark][] = [];
  for (const { kind, apply } of plan.stages[0]?.inputs[0]?.steps ?? []) {
    const after = marks.flatMap(({ mark, value }) => {
      const applied = (apply as (value: unknown) => unknown)(value);
      const made =
        kind === 'filter' ? (applied ? [value] : []) : kind === 'map' ? [applied] : applied;
      return [...(made as Iterable<unknown>)].map((one, n) => {
        const label = typeof one === 'string' ? one : (mark.text ?? '');
        return { before: mark, mark: point(mark.from + n * 40_000, label), value: one };
      });
    });
    links.push(...after.map(({ before, mark }) => [before, mark] as [Mark, Mark]));
    tracks.push(
      track(
        kind,
        after.map(({ mark }) => mark),
      ),
    );
    marks = after;
  }
  const results = driver
    .results()
    .map(({ key, windowStart, windowEnd, value }) =>
      box(windowStart, windowEnd, `${key}: ${value}`),
    );
  links.push(
    ...marks.flatMap(({ mark, value }) => {
      const result = results.find((one) => one.text?.startsWith(`${value}:`));
      return result ? [[mark, result] as [Mark, Mark]] : [];
    }),
  );
  return drawTracks({
    title: 'Posts, what each step makes of them, and the counts of a window',
    tracks: [...tracks, track('keyBy, window, count', results)],
    links,
    ...between('12:00:00', '12:05:00', MINUTES),
  });
}

async function joins(): Promise<string> {
  const { plan, events } = await import('../../examples/05-joins.ts');
  const driver = testDriver<string>(plan);
  for (const [name, some] of Object.entries(events)) await driver.stream(name).send(...some);
  await driver.end();
  const orders = events.orders.map((e) => point(ms(e.timestamp), e.id));
  const payments = events.payments.map((e) => point(ms(e.timestamp), e.order));
  const axis = between('11:50:00', '13:10:00', 10 * MINUTES);
  const versions = events.prices.map(({ timestamp, euros }, n) => {
    const next = events.prices[n + 1];
    const end = next ? ms(next.timestamp) : axis.to;
    return box(Math.max(axis.from, ms(timestamp)), end, `tea ${euros}`);
  });
  const told = (sink: string) => driver.events(sink).map(({ time, value }) => point(time, value));
  const [paid, priced] = [told('paid'), told('priced')];
  const of = (marks: readonly Mark[], sources: readonly Mark[]) =>
    marks.flatMap((mark) =>
      sources
        .filter((one) => mark.text?.startsWith(`${one.text} `))
        .map((one) => [one, mark] as const),
    );
  const valid = priced.flatMap((mark) =>
    versions
      .filter(({ from, to = from }) => from <= mark.from && mark.from < to)
      .map((one) => [one, mark] as const),
  );
  return drawTracks({
    title: 'Orders joined with payments within an hour, and with the price that was valid',
    tracks: [
      track('payments', payments),
      track('paid?', paid),
      track('orders', orders),
      track('priced', priced),
      track('prices', versions),
    ],
    links: [...of(paid, payments), ...of(paid, orders), ...of(priced, orders), ...valid],
    ...axis,
  });
}

async function windows(): Promise<string> {
  const { kinds, counted, visits } = await import('../../examples/06-windows.ts');
  const rows: Track[] = [];
  for (const [name, window] of Object.entries(kinds)) {
    const driver = testDriver<number>(counted(window));
    await driver.send(...visits);
    await driver.end();
    const boxes = driver.results().map((r) => box(r.windowStart, r.windowEnd, String(r.value)));
    rows.push(track(name.split(',')[0] ?? name, boxes));
  }
  return drawTracks({
    title: 'The same four visits in windows of four kinds',
    tracks: [
      track(
        'visits',
        visits.map((e) => point(ms(e.timestamp))),
      ),
      ...rows,
    ],
    ...between('11:55:00', '12:20:00', 5 * MINUTES),
  });
}

async function watermarks(): Promise<string> {
  const { plan, clicks } = await import('../../examples/07-watermarks.ts');
  return drawWatermark({
    title: 'Clicks as they arrive, and the watermark that follows the newest of them',
    arrivals: await arrivals(plan, clicks),
    ...between('11:59:00', '12:03:00', MINUTES),
  });
}

async function lateData(): Promise<string> {
  const { plans, clicks } = await import('../../examples/08-late-data.ts');
  const plan = plans['taken for five minutes'];
  const driver = testDriver<number>(plans['dropped and counted']);
  for (const time of clicks) await driver.send({ timestamp: at(time), page: '/' });
  const late = driver.late().map(({ number }) => number);
  const all = await arrivals(plan, clicks);
  return drawWatermark({
    title: 'A click behind the end of its window, and the revision that it makes',
    arrivals: all.map((arrival, n) => ({ ...arrival, late: late.includes(n) })),
    ...between('11:59:00', '12:10:00', MINUTES),
  });
}

async function faultTolerance(): Promise<string> {
  const { times, attempts, row } = await import('../../examples/09-fault-tolerance.ts');
  const records = times.map((time, n) => point(n + 1, time));
  const tracks = attempts.map(({ batch, outcome }, n): Track => {
    const [first = 0, last = 0] = batch.split('-').map(Number);
    const kind = outcome === 'done' ? 'result' : 'failed';
    const marks: Mark[] = [{ from: first - 0.3, to: last + 0.3, text: outcome, kind }];
    return track(`attempt ${n + 1}`, marks);
  });
  return drawTracks({
    title: `Three attempts at four records of a shard, which count ${row?.value} clicks in the first minute`,
    tracks: [track('records', records), ...tracks],
    from: 0.5,
    to: times.length + 0.9,
    every: times.length,
    tick: (edge) => `position ${Math.ceil(edge)}`,
  });
}

async function batchAndStream(): Promise<string> {
  const { clicks, live, runs } = await import('../../examples/10-batch-and-stream.ts');
  const axis = between('12:00:00', '12:02:00', 20_000);
  const events = clicks.map((e, n) => point(ms(e.timestamp), `${n + 1}.`));
  const boxes = (told: readonly string[]) =>
    told.map((one) => {
      const [time = '', value = ''] = one.split(' ');
      return box(ms(at(time)), ms(at(time)) + MINUTES, value);
    });
  return drawTracks({
    title: 'Four clicks as a stream, as a batch, and as a batch in the order of arrival',
    tracks: [
      ...events.map((event) => track('click', [event])),
      track('stream', boxes(live)),
      track('batch', boxes(runs.whole ?? [])),
      track('batch, --arrival', boxes(runs.arrival ?? [])),
    ],
    ...axis,
  });
}

/** What a plan of clicks by page says after each of them. */
async function arrivals(plan: Plan, times: readonly string[]): Promise<Arrival[]> {
  const driver = testDriver<number>(plan);
  const all: Arrival[] = [];
  for (const time of times) {
    await driver.send({ timestamp: at(time), page: '/' });
    const told = driver.takeOutputs().map(({ windowStart, value, revision, old }) => {
      const instead = revision > 0 ? `, was ${old}` : '';
      return `${clock(windowStart).slice(0, 5)} has ${value}${instead}`;
    });
    all.push({ time: ms(at(time)), watermark: await driver.watermark(), late: false, told });
  }
  return all;
}

const ms = (timestamp: string): number => Date.parse(timestamp);

const point = (from: number, text = ''): Mark => ({ from, text, kind: 'event' });

const box = (from: number, to: number, text: string): Mark => ({ from, to, text, kind: 'result' });

const track = (label: string, marks: readonly Mark[]): Track => ({ label, marks });

const pairs = (some: readonly Mark[], others: readonly Mark[]): [Mark, Mark][] =>
  some.flatMap((one, i): [Mark, Mark][] => {
    const other = others[i];
    return other === undefined ? [] : [[one, other]];
  });

const between = (from: string, to: string, every: number) => ({
  from: ms(at(from)),
  to: ms(at(to)),
  every,
  tick: (time: number) => clock(time).replace(/:00$/, ''),
});
