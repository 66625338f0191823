import { TestDriverError } from '../errors.ts';
import type { Shape } from '../schema/shape.ts';
import type { Output } from '../sinks/sink.ts';
import { type Plan, sinksOf } from '../topology/plan.ts';
import type { DriverEngine } from './driver-engine.ts';
import type { RecordingSink } from './recording-sink.ts';

/** The sink of a name; without one all of them. @throws TestDriverError SINK_UNKNOWN */
export function sinksNamed(
  plan: Plan,
  { sinks }: DriverEngine,
  name: string | undefined,
): RecordingSink[] {
  if (name === undefined) return [...sinks.values()];
  const sink = sinks.get(name);
  if (sink) return [sink];
  if (plan.stages.some(({ late }) => late.sideOutput?.name === name)) throw holdsLate(name);
  const hint = `The plan has ${[...sinks.keys()].join(', ')}.`;
  throw new TestDriverError('SINK_UNKNOWN', `no sink is named ${name}`, hint);
}

/**
 * The rows of the sink of a name, which is of this shape; without a name of the only one that is.
 *
 * @throws TestDriverError SINK_UNKNOWN, SINK_SHAPE
 */
export function rowsOf(
  plan: Plan,
  running: DriverEngine,
  shape: Shape,
  name: string | undefined,
): readonly Output[] {
  const all = sinksOf(plan);
  const wanted = all.filter((one) => one.shape === shape).map(({ sink }) => sink.name);
  const [only, ...others] = wanted;
  if (name === undefined && only === undefined) throw noneOf(shape, all);
  if (name === undefined && others.length > 0) throw severalOf(shape, wanted);
  const named = name ?? only;
  const [sink] = sinksNamed(plan, running, named);
  const other = all.find((one) => one.sink.name === named && one.shape !== shape);
  if (other !== undefined) throw ofAnother(shape, other);
  return sink?.rows() ?? [];
}

type ShapedSink = ReturnType<typeof sinksOf>[number];

const HOLDS: Readonly<Record<Shape, string>> = {
  windows: 'results of windows',
  events: 'events',
  changes: 'rows by key',
};

const METHODS: Readonly<Record<Shape, string>> = {
  windows: 'results',
  events: 'events',
  changes: 'rows',
};

const callFor = ({ sink, shape }: ShapedSink): string => `driver.${METHODS[shape]}('${sink.name}')`;

const ofAnother = (shape: Shape, other: ShapedSink): TestDriverError =>
  new TestDriverError(
    'SINK_SHAPE',
    `${other.sink.name} holds ${HOLDS[other.shape]}, no ${HOLDS[shape]}`,
    `Ask for them with ${callFor(other)}.`,
  );

const noneOf = (shape: Shape, all: readonly ShapedSink[]): TestDriverError =>
  new TestDriverError(
    'SINK_SHAPE',
    `no sink of the plan holds ${HOLDS[shape]}`,
    `Ask for what there is with ${all.map(callFor).join(' or ')}.`,
  );

const severalOf = (shape: Shape, names: readonly string[]): TestDriverError =>
  new TestDriverError(
    'SINK_UNKNOWN',
    `several sinks of the plan hold ${HOLDS[shape]}`,
    `Name one: driver.${METHODS[shape]}(...) of ${names.join(', ')}.`,
  );

const holdsLate = (name: string): TestDriverError =>
  new TestDriverError(
    'SINK_UNKNOWN',
    `${name} is a place for late events, no sink of results`,
    'Ask for them with driver.late(): each says in sideOutput which place keeps it.',
  );
