import { FLINK_PRICES, LIST_PRICES } from '../../prices.ts';
import type { Plan } from '../../topology/plan.ts';
import { grouped } from '../start/terminal-text.ts';
import { loadPlan } from './load-plan.ts';
import type { Ready } from './run-command.ts';
import type { Terminal } from './terminal.ts';
import { type Flow, flowOf, type Load } from './unit-model.ts';

/** What `tidemark cost` is given. */
export interface CostFlags extends Load {
  readonly export: string;
  readonly memory: number;
}

/** Makes an estimate ready. Throws what is wrong with the call. */
export async function prepareCost(
  module: string,
  flags: CostFlags,
  { out }: Terminal,
): Promise<Ready> {
  const plan = await loadPlan(module, flags.export);
  return async () => {
    out.write(`${costText(plan, flags)}\n`);
  };
}

const HOURS_A_MONTH = 730;
const SECONDS_A_MONTH = HOURS_A_MONTH * 3_600;
const MILLION = 1_000_000;
/** Of an invocation: waiting for DynamoDB, and the work for each event. About. */
const INVOCATION_SECONDS = 0.05;
const EVENT_SECONDS = 0.00002;

/** What a pipeline costs, and what the least of Managed Flink does. Pure. */
export function costText(plan: Plan, flags: Omit<CostFlags, 'export'>): string {
  const { rate, shards, keys, memory } = flags;
  const flow = flowOf(plan, flags);
  const parts = partsOf(flow, rate, memory / 1_024);
  const total = parts.reduce((sum, [, dollars]) => sum + dollars, 0);
  const flink = flinkMin();
  const perEvent = (units: number) => (units / rate).toFixed(4);
  return [
    `${plan.name}: ${grouped(rate)} events/s, ${shards} shards, ${grouped(keys)} keys; about, without the stream itself`,
    `  units an event: ${perEvent(flow.written)} written, ${perEvent(flow.results)} for results, ${perEvent(flow.read)} read`,
    ...parts.map(([what, dollars]) => `  ${what.padEnd(28)} ${money(dollars)} a month`),
    `  ${'together'.padEnd(28)} ${money(total)} a month, ${money((total / rate / SECONDS_A_MONTH) * MILLION).trim()} a million events`,
    `  ${'Managed Flink, at least'.padEnd(28)} ${money(flink)} a month, as long as ${FLINK_PRICES.unitsMin - 1} processing unit is enough`,
    verdict(total, flink, rows(flow)),
  ].join('\n');
}

type Part = readonly [what: string, dollars: number];

function partsOf(flow: Flow, rate: number, memoryGb: number): Part[] {
  const { invocations, written, read } = flow;
  const seconds = invocations * INVOCATION_SECONDS + rate * EVENT_SECONDS;
  const monthly = (count: number, price: number) => (count * SECONDS_A_MONTH * price) / MILLION;
  return [
    ['Lambda invocations', monthly(invocations, LIST_PRICES.lambdaRequests)],
    ['Lambda time', seconds * memoryGb * LIST_PRICES.lambdaGbSecond * SECONDS_A_MONTH],
    ['DynamoDB writes', monthly(written, LIST_PRICES.writeUnits)],
    ['DynamoDB writes, results', rows(flow)],
    ['DynamoDB reads', monthly(read, LIST_PRICES.readUnits)],
  ];
}

/** Whoever puts results into a table pays for that, whatever computes them. */
const rows = ({ results }: Flow): number =>
  (results * SECONDS_A_MONTH * LIST_PRICES.writeUnits) / MILLION;

const flinkMin = (): number =>
  FLINK_PRICES.unitsMin * FLINK_PRICES.unitHour * HOURS_A_MONTH +
  FLINK_PRICES.storageGbMin * FLINK_PRICES.storageGbMonth;

function verdict(total: number, flink: number, results: number): string {
  const ours = total - results;
  if (ours <= flink) return '  Flink would cost more, also if its results went to the same table.';
  return '  Flink would cost less, if one processing unit is enough: results cost it the same.';
}

const money = (dollars: number): string => `$${dollars.toFixed(2)}`.padStart(10);
