import type { AttributeValue } from '@aws-sdk/client-dynamodb';
import { describe, expect, test } from 'vitest';
import { fullJitter } from '../../src/backoff.ts';
import { splitForRequests } from '../../src/dynamodb/batch-write.ts';
import { itemBytes, readUnits, unitsTold, writeUnits } from '../../src/dynamodb/units.ts';
import { DeadlineError } from '../../src/errors.ts';
import { eachInParallel } from '../../src/parallel.ts';
import fc from '../support/fast-check.ts';

describe('splitting items for requests', () => {
  test('keeps every item, in order, within 25 items and 16 MB on the wire', () => {
    const sizes = fc.array(fc.oneof(fc.integer({ min: 0, max: 400_000 }), fc.constant(400_000)));
    fc.assert(
      fc.property(sizes, (bytes) => {
        const items = bytes.map((size) => ({ data: { B: new Uint8Array(size) } }));
        const requests = splitForRequests(items);
        expect(requests.flat()).toEqual(items);
        for (const request of requests) {
          expect(request.length).toBeGreaterThan(0);
          expect(request.length).toBeLessThanOrEqual(25);
          const wire = request.reduce((sum, { data }) => sum + ((data?.B?.length ?? 0) * 4) / 3, 0);
          expect(wire).toBeLessThan(16 * 1024 * 1024);
        }
      }),
      { numRuns: 30 },
    );
  });

  test('fills requests', () => {
    const small = Array.from({ length: 60 }, () => ({ data: { S: 'x' } }));
    expect(splitForRequests(small).map((request) => request.length)).toEqual([25, 25, 10]);
    const large = Array.from({ length: 25 }, () => ({ data: { B: new Uint8Array(390_000) } }));
    expect(splitForRequests(large)).toHaveLength(2);
  });
});

describe('units', () => {
  test.each([
    [0, 1, 1],
    [1, 1, 1],
    [1024, 1, 1],
    [1025, 2, 1],
    [4096, 4, 1],
    [4097, 5, 2],
  ])('%i bytes cost %i to write and %i to read', (bytes, write, read) => {
    expect(writeUnits(bytes)).toBe(write);
    expect(readUnits(bytes)).toBe(read);
  });

  test.each<[Record<string, AttributeValue>, number]>([
    [{}, 0],
    [{ ab: { S: 'ü' } }, 4],
    [{ n: { N: '1234' } }, 4],
    [{ b: { B: new Uint8Array(10) } }, 11],
    [{ t: { BOOL: true } }, 2],
    [{ l: { L: [{ S: 'a' }, { S: 'b' }] } }, 8],
    [{ m: { M: { ab: { S: 'c' } } } }, 8],
  ])('%j has %i bytes', (item, bytes) => {
    expect(itemBytes(item)).toBe(bytes);
  });

  test('are what the server tells, else the estimate', () => {
    const estimate = () => 7;
    expect(unitsTold({ CapacityUnits: 0.5 }, estimate)).toBe(0.5);
    expect(unitsTold([{ CapacityUnits: 2 }, { CapacityUnits: 3 }], estimate)).toBe(5);
    expect(unitsTold({ CapacityUnits: 0 }, estimate)).toBe(0);
    expect(unitsTold({ TableName: 't' }, estimate)).toBe(7);
    expect(unitsTold([], estimate)).toBe(7);
    expect(unitsTold(undefined, estimate)).toBe(7);
  });
});

describe('backoff', () => {
  const waitsOf = async (random: number, retries: number[]) => {
    const waits: number[] = [];
    const sleep = async (ms: number) => void waits.push(ms);
    const backoff = fullJitter({ random: () => random, sleep });
    for (const retry of retries) await backoff.pause(retry, undefined);
    return waits;
  };

  test('doubles its limit up to the cap, and waits a random part of it', async () => {
    expect(await waitsOf(1, [0, 1, 2, 5, 6, 60, 2_000])).toEqual([
      50, 100, 200, 1_600, 2_000, 2_000, 2_000,
    ]);
    expect(await waitsOf(0.25, [0, 1])).toEqual([12.5, 25]);
    expect(await waitsOf(0, [0, 9])).toEqual([0, 0]);
  });

  test('ends with the deadline', async () => {
    const backoff = fullJitter({ baseMs: 60_000, capMs: 60_000, random: () => 1 });
    await expect(backoff.pause(0, AbortSignal.timeout(10))).rejects.toThrow(DeadlineError);
    await expect(backoff.pause(0, AbortSignal.abort())).rejects.toThrow(DeadlineError);
  });
});

describe('parallel work', () => {
  test('is done once for each item, and never more than the limit at a time', async () => {
    const done: number[] = [];
    let running = 0;
    let most = 0;
    await eachInParallel([1, 2, 3, 4, 5, 6, 7], 3, async (item) => {
      most = Math.max(most, ++running);
      await tick();
      running--;
      done.push(item);
    });
    expect(done.sort()).toEqual([1, 2, 3, 4, 5, 6, 7]);
    expect(most).toBe(3);
  });

  test('ends before its failure is thrown, and starts nothing after it', async () => {
    const log: string[] = [];
    const work = eachInParallel([1, 2, 3, 4], 2, async (item) => {
      log.push(`start ${item}`);
      if (item === 1) throw new Error('first');
      await tick();
      await tick();
      log.push(`end ${item}`);
    });
    await expect(work).rejects.toThrow('first');
    expect(log).toEqual(['start 1', 'start 2', 'end 2']);
  });
});

const tick = () => new Promise((resolve) => setTimeout(resolve, 1));
