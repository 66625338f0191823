import { ask, membersOf } from './api.ts';
import type { Place } from './place.ts';

const DAY_SECONDS = 86_400;

/** How often a function has run in the last day, as CloudWatch has it. */
export async function invocations(place: Place, functionName: string): Promise<number> {
  const now = Date.now();
  const at = (time: number): string => new Date(time).toISOString();
  const answer = await ask(place, 'monitoring', 'GetMetricStatistics', {
    Namespace: 'AWS/Lambda',
    MetricName: 'Invocations',
    'Dimensions.member.1.Name': 'FunctionName',
    'Dimensions.member.1.Value': functionName,
    StartTime: at(now - DAY_SECONDS * 1_000),
    EndTime: at(now + 60_000),
    Period: String(DAY_SECONDS),
    'Statistics.member.1': 'Sum',
  });
  return membersOf(answer?.Datapoints).reduce((sum, { Sum }) => sum + Number(Sum), 0);
}
