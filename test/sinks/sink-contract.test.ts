import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { deadLetterTable } from '../../src/sinks/dynamodb-dead-letters.ts';
import { tableSink } from '../../src/sinks/dynamodb-table.ts';
import { letterId } from '../../src/sinks/letter-id.ts';
import { memoryDeadLetters, memorySink } from '../../src/sinks/memory.ts';
import { messageText } from '../../src/sinks/message.ts';
import { readDeadLetter, readDeadLetters } from '../../src/sinks/read-dead-letters.ts';
import { readTable } from '../../src/sinks/read-table.ts';
import { setAside } from '../../src/sinks/set-aside.ts';
import { outputOf } from '../../src/testing/contracts/contract-output.ts';
import { deadLetterContract } from '../../src/testing/contracts/dead-letter-contract.ts';
import { sinkContract } from '../../src/testing/contracts/sink-contract.ts';
import { type LocalDynamo, startDynamo } from '../support/dynamodb.ts';

test('the contracts have their cases', () => {
  expect(sinkContract.length).toBeGreaterThan(9);
  expect(deadLetterContract.length).toBeGreaterThan(5);
});

describe('memorySink', () => {
  test.each(sinkContract)('$name', ({ run }) => {
    const sink = memorySink();
    return run({ sink, rows: async () => sink.rows() });
  });
});

describe('memoryDeadLetters', () => {
  test.each(deadLetterContract)('$name', ({ run }) => {
    const sink = memoryDeadLetters();
    return run({ sink, letters: async () => sink.letters() });
  });
});

describe('in DynamoDB', () => {
  let dynamo: LocalDynamo;
  beforeAll(async () => {
    dynamo = await startDynamo();
  }, 60_000);
  afterAll(() => dynamo.stop());

  const runCase = ({ run }: (typeof sinkContract)[number]) => {
    const { client, names } = dynamo;
    return run({
      sink: tableSink({ client, tableName: names.result }),
      rows: () => all(readTable(client, names.result)),
    });
  };
  const kept = sinkContract.filter(({ name }) => name !== DYNALITE_BREAKS);
  const broken = sinkContract.filter(({ name }) => name === DYNALITE_BREAKS);
  test.each(kept)('tableSink: $name', runCase);
  test.fails.each(broken)('tableSink: $name', runCase);

  test.each(deadLetterContract)('deadLetterTable: $name', ({ run }) => {
    const { client, names } = dynamo;
    return run({
      sink: deadLetterTable({ client, tableName: names.deadLetters }),
      letters: () => all(readDeadLetters(client, names.deadLetters)),
    });
  });

  test.each(['/products/12', 'a b', 'x'.repeat(2_000)])(
    'a letter of an output of any key is found by its name: %s',
    async (key) => {
      const { client, names } = dynamo;
      const letters = deadLetterTable({ client, tableName: names.deadLetters });
      const stage = `of-${key.length}`;
      const output = outputOf(key, { stage });
      await setAside('a-sink', letters, [{ output, why: 'it is too large' }]);
      const all_ = await all(readDeadLetters(client, names.deadLetters));
      const letter = all_.find(({ source }) => source === stage);
      expect(letter).toBeDefined();
      const found = letter && (await readDeadLetter(client, names.deadLetters, letterId(letter)));
      expect(found?.data).toEqual(new Uint8Array(Buffer.from(messageText(output))));
    },
  );

  test('a letter that is too large keeps its beginning, and says how large it was', async () => {
    const { client, names } = dynamo;
    const data = Uint8Array.from({ length: 700_000 }, (_, at) => at % 251);
    const cause = { reason: 'SCHEMA' as const, detail: 'x'.repeat(200_000), arrivalTime: 5 };
    const identity = { source: 's', lane: 'too-large', position: '7', index: 0 };
    const sink = deadLetterTable({ client, tableName: names.deadLetters });
    await sink.write([{ ...identity, ...cause, data }]);
    const letters = await all(readDeadLetters(client, names.deadLetters));
    const kept = letters.find((letter) => letter.lane === 'too-large');
    expect(kept?.truncatedFrom).toBe(700_000);
    expect(kept?.data).toEqual(data.slice(0, 300 * 1024));
  });
});

async function all<T>(items: AsyncIterable<T>): Promise<T[]> {
  const list: T[] = [];
  for await (const item of items) list.push(item);
  return list;
}

/** In conditions it compares text by UTF-16, as `<` does in JavaScript. */
const DYNALITE_BREAKS = 'compares positions by their UTF-8 bytes';
