import { expect, test } from 'vitest';
import { TidemarkError } from '../../src/index.ts';
import { parseEvent } from '../../src/runtime/lambda/events.ts';
import fc from '../support/fast-check.ts';

/** What is there in an event of a mapping, and anything in the place of each part of it. */
const anything = fc.anything({ withNullPrototype: true, withDate: true, maxDepth: 2 });
const orAnything = <T>(usual: fc.Arbitrary<T>): fc.Arbitrary<unknown> =>
  fc.oneof({ weight: 4, arbitrary: usual }, { weight: 1, arbitrary: anything });

const kinesisRecord = fc.record(
  {
    eventSource: fc.constant('aws:kinesis'),
    eventID: orAnything(fc.constant('shardId-000000000000:123')),
    eventSourceARN: orAnything(fc.constant('arn:aws:kinesis:eu-west-1:1:stream/clicks')),
    kinesis: orAnything(
      fc.record(
        {
          sequenceNumber: orAnything(fc.constant('123')),
          data: orAnything(fc.base64String()),
          approximateArrivalTimestamp: orAnything(fc.double()),
        },
        { requiredKeys: [] },
      ),
    ),
  },
  { requiredKeys: ['eventSource'] },
);

const controlRecord = fc.record(
  {
    eventSource: fc.constant('aws:dynamodb'),
    dynamodb: orAnything(
      fc.record(
        {
          SequenceNumber: orAnything(fc.constant('1')),
          NewImage: orAnything(
            fc.record(
              {
                pk: orAnything(fc.constant({ S: 'stage#bucket#1' })),
                sk: orAnything(fc.constant({ S: 'fire' })),
                target: orAnything(fc.constant({ N: '10' })),
                firedThrough: orAnything(fc.constant({ N: '5' })),
              },
              { requiredKeys: [] },
            ),
          ),
        },
        { requiredKeys: [] },
      ),
    ),
  },
  { requiredKeys: ['eventSource'] },
);

const records = fc.oneof(
  fc.array(orAnything(kinesisRecord), { maxLength: 3 }),
  fc.array(orAnything(controlRecord), { maxLength: 3 }),
);
const event = fc.oneof(anything, fc.record({ Records: orAnything(records) }));

test('an event of any shape is understood, or refused for what it is', () => {
  fc.assert(
    fc.property(event, (any) => {
      try {
        const work = parseEvent(any);
        if (work.kind === 'gather') {
          for (const { records: taken } of work.batches) {
            for (const { position, arrivalTime, data } of taken) {
              expect(position).toMatch(/^\d+$/);
              expect(arrivalTime).toSatisfy(Number.isSafeInteger);
              expect(data).toBeInstanceOf(Uint8Array);
            }
          }
        }
        if (work.kind === 'fire')
          for (const { bucket, sequenceNumber } of work.changes) {
            expect(bucket).toSatisfy(Number.isSafeInteger);
            expect(sequenceNumber).toBeTypeOf('string');
          }
      } catch (error) {
        if (!(error instanceof TidemarkError)) throw error;
        expect(error).toMatchObject({ code: 'EVENT_UNKNOWN', hint: expect.any(String) });
      }
    }),
    { numRuns: 5_000 },
  );
});
