import type { CfnEventSourceMapping } from 'aws-cdk-lib/aws-lambda';
import { Stack } from 'aws-cdk-lib/core';
import { ConfigurationError } from '../errors.ts';

/** A property of an event source mapping that the guarantees rest on. */
interface Rule {
  /** As CloudFormation calls it. */
  readonly property: string;
  /** As CDK calls it. */
  readonly setting: string;
  readonly holds: (value: unknown) => boolean;
  readonly because: string;
}

const isAbsent = (value: unknown): boolean => value === undefined;
const isOneOf =
  (...values: readonly unknown[]) =>
  (value: unknown): boolean =>
    values.includes(value);

const RULES: readonly Rule[] = [
  {
    property: 'ParallelizationFactor',
    setting: 'parallelizationFactor',
    holds: isOneOf(undefined, 1),
    because: 'more than 1 splits a shard into lanes that nobody can name; add shards instead',
  },
  {
    property: 'FilterCriteria',
    setting: 'filters',
    holds: isAbsent,
    because: 'filtered records look like a lane that lies behind; filter in the pipeline',
  },
  {
    property: 'MaximumRetryAttempts',
    setting: 'retryAttempts',
    holds: isOneOf(undefined, -1),
    because: 'a batch that is given up is lost; the library sets bad records aside itself',
  },
  {
    property: 'MaximumRecordAgeInSeconds',
    setting: 'maxRecordAge',
    holds: isOneOf(undefined, -1),
    because: 'records that are passed over for their age are lost; let the shard wait',
  },
  {
    property: 'FunctionResponseTypes',
    setting: 'reportBatchItemFailures',
    holds: (value) => Array.isArray(value) && value.includes('ReportBatchItemFailures'),
    because: 'without partial responses a lane that stops at a record would be taken for done',
  },
  {
    property: 'StartingPosition',
    setting: 'startingPosition',
    holds: isOneOf('TRIM_HORIZON', 'AT_TIMESTAMP'),
    because: 'LATEST passes over what arrives while the mapping is created; use startAt',
  },
  {
    property: 'TumblingWindowInSeconds',
    setting: 'tumblingWindow',
    holds: isOneOf(undefined, 0),
    because: "Lambda's own windows go by the time of arrival, and change how batches come",
  },
];

/**
 * Refuses settings that are none of those that may be chosen.
 *
 * @throws ConfigurationError MAPPING_INVALID with the reason, where there is one
 */
export function checkSettings(settings: object, known: readonly string[]): void {
  const stranger = Object.keys(settings).find((name) => !known.includes(name));
  if (stranger === undefined) return;
  const rule = RULES.find(({ setting }) => setting === stranger);
  throw new ConfigurationError(
    'MAPPING_INVALID',
    `the event source mapping of a source cannot be given "${stranger}"`,
    rule ? `Leave it out: ${rule.because}.` : `Choose from ${known.join(', ')}.`,
  );
}

/** What is wrong about a mapping as it will be deployed, whoever edited it and by which way. */
export function checkMapping(resource: CfnEventSourceMapping): string[] {
  const properties = propertiesOf(resource);
  return RULES.filter(({ property, holds }) => !holds(properties[property])).map(
    ({ property, because }) =>
      `MAPPING_INVALID: ${property} of the event source mapping is ${JSON.stringify(properties[property])}, but ${because}`,
  );
}

/** With all overrides, as they go into the template. */
function propertiesOf(resource: CfnEventSourceMapping): Record<string, unknown> {
  const { Resources } = Stack.of(resource).resolve(resource._toCloudFormation()) as {
    readonly Resources: Readonly<Record<string, { readonly Properties?: Record<string, unknown> }>>;
  };
  return Object.values(Resources)[0]?.Properties ?? {};
}
