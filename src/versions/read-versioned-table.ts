import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import type { Shape } from '../schema/shape.ts';
import { readTable } from '../sinks/read-table.ts';
import type { Row } from '../sinks/row.ts';
import { type ResultVersion, tableOfVersion, versionAt } from './versions.ts';

/**
 * Every row of a result table as readers see it: each window from the newest version that is whole
 * there, everything else from the newest one alone. In no order; reads the tables of all versions.
 */
export async function* readVersionedTable(
  client: DynamoDBClient,
  { name, shape }: { readonly name: string; readonly shape: Shape },
  versions: readonly ResultVersion[],
): AsyncIterable<Row> {
  const seen = shape === 'windows' ? versions : versions.slice(0, 1);
  for (const { version } of seen) {
    for await (const row of readTable(client, tableOfVersion(name, version))) {
      if (shape !== 'windows' || versionAt(versions, row.windowStart) === version) yield row;
    }
  }
}
