/** A line of CloudWatch's embedded metric format, read. */
export interface EmfDocument {
  readonly at: number;
  readonly namespace: string;
  readonly dimensions: Readonly<Record<string, string>>;
  readonly units: Readonly<Record<string, string>>;
  readonly metrics: Readonly<Record<string, number | readonly number[]>>;
  /** Members that are neither dimensions nor metrics. */
  readonly metadata: Readonly<Record<string, unknown>>;
}

/**
 * Reads a line as the specification says, and refuses what it does not allow.
 * https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html
 */
export function readEmf(line: string): EmfDocument {
  must(!line.includes('\n'), 'one line');
  must(Buffer.byteLength(line) < EVENT_BYTES_MAX, 'what a log event may have');
  const { _aws, ...members } = JSON.parse(line) as Record<string, unknown>;
  const { Timestamp, CloudWatchMetrics } = fields(_aws, ['Timestamp', 'CloudWatchMetrics']);
  must(Number.isSafeInteger(Timestamp), 'a timestamp in ms');
  const directives = array(CloudWatchMetrics);
  must(directives.length === 1, 'one directive');
  const { Namespace, Dimensions, Metrics } = fields(directives[0], DIRECTIVE);
  must(isText(Namespace, 1_024), 'a namespace');
  const sets = array(Dimensions);
  must(sets.length === 1, 'one set of dimensions');
  const names = array(sets[0]) as string[];
  must(names.length <= 30 && new Set(names).size === names.length, '30 dimensions at most');
  for (const name of names) must(isText(members[name], 1_024), `a value of dimension ${name}`);
  const definitions = array(Metrics).map((one) => fields(one, ['Name', 'Unit']));
  must(definitions.length > 0 && definitions.length <= 100, '1 to 100 metrics');
  const metricNames = definitions.map(({ Name }) => Name as string);
  must(new Set(metricNames).size === metricNames.length, 'each metric once');
  for (const { Name, Unit } of definitions) {
    must(isText(Name, 1_024) && UNITS.includes(Unit as string), `a name and a unit, not ${Unit}`);
    must(isValue(members[Name as string]), `1 to 100 numbers of ${Name}`);
  }
  const pick = (from: readonly string[]) =>
    Object.fromEntries(from.map((name) => [name, members[name]]));
  const known = new Set([...names, ...metricNames]);
  return {
    at: Timestamp as number,
    namespace: Namespace as string,
    dimensions: pick(names) as EmfDocument['dimensions'],
    units: Object.fromEntries(definitions.map(({ Name, Unit }) => [Name, Unit as string])),
    metrics: pick(metricNames) as EmfDocument['metrics'],
    metadata: pick(Object.keys(members).filter((name) => !known.has(name))),
  };
}

/** All values of a metric in lines that were read, as CloudWatch sees them. */
export const valuesOf = (documents: readonly EmfDocument[], name: string): number[] =>
  documents.flatMap(({ metrics }) => [metrics[name] ?? []].flat());

export const sumOf = (documents: readonly EmfDocument[], name: string): number =>
  valuesOf(documents, name).reduce((sum, value) => sum + value, 0);

const EVENT_BYTES_MAX = 256 * 1_024;
const DIRECTIVE = ['Namespace', 'Dimensions', 'Metrics'];
const UNITS = ['Count', 'Bytes', 'Milliseconds'];

const isText = (value: unknown, max: number): boolean =>
  typeof value === 'string' && value.trim().length > 0 && value.length <= max;

const isValue = (value: unknown): boolean => {
  const values = [value].flat();
  return values.length > 0 && values.length <= 100 && values.every(Number.isFinite);
};

/** The members of an object that may have no others. */
function fields(value: unknown, names: readonly string[]): Record<string, unknown> {
  must(typeof value === 'object' && value !== null && !Array.isArray(value), 'an object');
  must(
    Object.keys(value as object).every((name) => names.includes(name)),
    `no more than ${names}`,
  );
  return value as Record<string, unknown>;
}

function array(value: unknown): unknown[] {
  must(Array.isArray(value), 'an array');
  return value as unknown[];
}

function must(holds: boolean, what: string): void {
  if (!holds) throw new Error(`the embedded metric format asks for ${what}`);
}
