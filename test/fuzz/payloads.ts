import { aggregated, field, MAGIC, sealed } from '../support/aggregated.ts';
import fc from '../support/fast-check.ts';

/** What every payload and every key has in it, so that it can be looked for where it must not be. */
export const SECRET = 'sEcReT';

/** When the records of a run arrive, at the earliest, ms. */
export const ARRIVAL = Date.UTC(2026, 2, 1);

const text = (value: unknown): string => JSON.stringify(value);

/** JSON text of a time, or of what stands in its place. */
const timeText = fc.oneof(
  {
    weight: 8,
    arbitrary: fc.integer({ min: -90_000, max: 60_000 }).map((ms) => text(ARRIVAL + ms)),
  },
  fc.constantFrom(
    '1e999',
    '-1e999',
    '-0',
    'null',
    'true',
    '""',
    '[]',
    '{}',
    '"2026-02-30T00:00:00Z"',
  ),
  fc
    .constantFrom(
      2 ** 53,
      -(2 ** 53),
      2 ** 50,
      8.64e15,
      0.5,
      -1,
      ARRIVAL + 60_001,
      ARRIVAL + 100_000,
    )
    .map(text),
  fc
    .integer({ min: -62e12, max: 250e12 })
    .filter(isDate)
    .map((ms) => text(new Date(ms))),
  fc.double({ noNaN: true, noDefaultInfinity: true }).map(text),
);

function isDate(ms: number): boolean {
  return !Number.isNaN(new Date(ms).getTime());
}

const keyText = fc.oneof(
  { weight: 6, arbitrary: fc.constantFrom('a', 'b', 'c').map((key) => text(`${SECRET}-${key}`)) },
  fc
    .constantFrom('\u0000', '\u001f\n\r', '\u007f', '#', '/', '~', '\uffff', '🙂', '\u202e')
    .map((odd) => text(`${odd}${SECRET}${odd}`)),
  fc.constantFrom('"\\ud800"', '"a\\udc00"', '""', 'null', '7', '1e999', '{}', '[]', 'true'),
  fc.constantFrom('__proto__', 'constructor', 'toString', 'hasOwnProperty').map(text),
  fc.constantFrom(1_024, 1_025, 3_000).map((length) => text(SECRET.padEnd(length, 'k'))),
);

const nested = (depth: number): string =>
  `${'{"a":['.repeat(depth / 2)}"${SECRET}"${']}'.repeat(depth / 2)}`;

const valueText = fc.oneof(
  { weight: 4, arbitrary: fc.integer({ min: -9, max: 9 }).map(text) },
  fc.json({ maxDepth: 3 }),
  fc.constantFrom('-0', '1e999', '-1e999', '1e-400', '1e308', '0.1', '9007199254740993', 'null'),
  fc.constantFrom(28, 30, 32, 64, 98, 102, 500, 20_000).map(nested),
  fc.constantFrom('"\\ud800"', '{"":1}', '{"\\ud800":1}', '{"toJSON":1,"then":2,"length":-1}'),
  fc.constantFrom('{"__proto__":{"polluted":1}}', '{"constructor":{"prototype":{"polluted":1}}}'),
  fc
    .constantFrom(300_000, 390_000, 450_000, 1_000_000)
    .map((size) => text(SECRET.padEnd(size, 'v'))),
);

/** An event, or nearly one: each field may be what it must not be, be missing, or be there twice. */
const eventText = fc
  .tuple(timeText, keyText, valueText, fc.constantFrom('', ...['at', 'key', 'value', '__proto__']))
  .map(([at, key, value, twice]) => {
    const fields = [`"at":${at}`, `"key":${key}`, `"value":${value}`, `"note":"${SECRET}"`];
    const more = twice === '' ? [] : [`${text(twice)}:{"polluted":"${SECRET}"}`];
    return `{${[...more, ...fields].join()}}`;
  });

const flipped = fc
  .tuple(eventText, fc.nat(), fc.integer({ min: 1, max: 255 }))
  .map(([event, at, bits]) => {
    const bytes = Buffer.from(event);
    bytes[at % bytes.length] = (bytes[at % bytes.length] ?? 0) ^ bits;
    return bytes;
  });

const single: fc.Arbitrary<Buffer> = fc.oneof(
  { weight: 12, arbitrary: eventText.map((event) => Buffer.from(event)) },
  { weight: 2, arbitrary: flipped },
  fc.json().map((event) => Buffer.from(event)),
  fc.uint8Array({ maxLength: 40 }).map((bytes) => Buffer.from(bytes)),
  fc
    .constantFrom('', ' ', 'null', '[', '[]', '{}', '"', '\ufeff{}', '['.repeat(100_000))
    .map((one) => Buffer.from(one)),
);

/** In an envelope, or in what nearly is one. No producer sends anything twice. */
const enveloped: fc.Arbitrary<Buffer> = fc
  .tuple(
    fc.uuid(),
    fc.record(
      {
        chunk: fc.constantFrom<unknown>('1', '~'.repeat(40), '', ' ', 7, null),
        index: fc.constantFrom<unknown>(0, 499, 500, -1, 0.5, '0'),
        withinMs: fc.constantFrom<unknown>(0, 1, Number.MAX_SAFE_INTEGER, -1, 1e300, 'x'),
      },
      { requiredKeys: ['chunk', 'index'] },
    ),
    fc.constantFrom('', '__proto__', '\u0000', '\ud800', '"}', 'x'.repeat(90)),
    single,
  )
  .map(([id, rest, odd, event]) =>
    Buffer.concat([
      Buffer.from(`{"tidemark":${text({ producer: `${id}${odd}${SECRET}`, ...rest })},"event":`),
      event,
      Buffer.from('}'),
    ]),
  );

const packed: fc.Arbitrary<Buffer> = fc
  .array(fc.oneof(single, enveloped), { minLength: 1, maxLength: 5 })
  .map(aggregated);

/** Payloads that producers might put, most of them not as they should be. */
export const payload: fc.Arbitrary<Buffer> = fc.oneof(
  { weight: 8, arbitrary: single },
  { weight: 3, arbitrary: enveloped },
  { weight: 2, arbitrary: packed },
  packed.map((data) =>
    Buffer.concat([data.subarray(0, -1), Buffer.from([(data.at(-1) ?? 0) ^ 1])]),
  ),
  packed.map((data) => data.subarray(0, data.length - 9)),
  packed.map((data) => aggregated([data])),
  fc.uint8Array({ maxLength: 40 }).map((bytes) => sealed(bytes)),
  fc.constantFrom(MAGIC, sealed(Buffer.alloc(0)), sealed(field(3, '')), sealed(field(1, SECRET))),
);
