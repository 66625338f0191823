import { MINUTES } from 'tidemark';
import { eachLine } from '../ways/lines.ts';

/**
 * What J2 costs in write units a million events where a function keeps its counts in a table by itself:
 * each update is one, as its item is small; one in a transaction is two.
 * https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/transaction-apis.html
 */
export function naiveUnits(input: string, batch: number): Readonly<Record<string, number>> {
  let events = 0;
  let clicks = 0;
  let sums = 0;
  let seen = new Set<string>();
  eachLine(input, (line) => {
    const { action, page, timestamp } = JSON.parse(line);
    if (action === 'click') {
      clicks++;
      seen.add(`${Math.floor(Date.parse(timestamp) / (5 * MINUTES))} ${page}`);
    }
    if (++events % batch !== 0) return;
    sums += seen.size;
    seen = new Set();
  });
  sums += seen.size;
  const batches = Math.ceil(events / batch);
  const million = (units: number): number => Math.round((units * 1e6) / events);
  return {
    'an update a click': million(clicks),
    'with idempotency (2 more writes)': million(3 * clicks),
    'with a dedupe item, in a transaction': million(4 * clicks),
    'summed per batch and key': million(sums),
    'summed, with the position, in transactions': million(2 * (sums + batches)),
  };
}
