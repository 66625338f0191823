import { describe, expect, test } from 'vitest';
import { eventDecoder, wholeDecoder } from '../../src/schema/event-decoder.ts';
import { type FieldKinds, fieldsSchema } from '../../src/schema/fields.ts';
import { Layouts } from '../../src/schema/layouts.ts';
import fc from '../support/fast-check.ts';

const KINDS: FieldKinds = {
  action: 'string',
  n: 'number?',
  ok: 'boolean?',
  any: 'json?',
  é: 'json?',
};
const schema = fieldsSchema(KINDS);

/** Warm: whatever it has seen before must not show. */
const decode = eventDecoder(schema);
const whole = wholeDecoder(schema);

const name = fc.constantFrom(
  'action',
  'n',
  'ok',
  'any',
  'é',
  'x',
  '__proto__',
  'actio',
  '',
  '"',
  '\\',
);
const leaf = fc.oneof(
  fc.string({ unit: 'binary' }),
  fc.string(),
  fc.double(),
  fc.integer(),
  fc.boolean(),
  fc.constant(null),
);
const { value } = fc.letrec((tie) => ({
  value: fc.oneof({ depthSize: 'small' }, leaf, fc.array(tie('value')), members(tie('value'))),
}));

test('reads what JSON.parse reads of any event', () => {
  const event = fc.oneof(
    members(value),
    fc.record({ action: fc.string(), n: fc.double(), ok: fc.boolean(), x: value }),
    value,
  );
  const spaces = fc.constantFrom(undefined, 1, '\t', ' \r\n ');
  fc.assert(
    fc.property(event, spaces, (json, space) => {
      same(Buffer.from(JSON.stringify(json, undefined, space) ?? ''));
    }),
    { numRuns: 1_000 },
  );
});

test('reads what JSON.parse reads of what is nearly JSON', () => {
  const text = fc.record({ action: fc.string(), n: fc.double(), x: value });
  const byte = fc.oneof(
    fc.nat(255),
    fc.constantFrom(...Buffer.from('"\\{}[],:-+.eE019tfn \t\n\u0000u')),
  );
  const change = fc.tuple(fc.nat(400), byte, fc.constantFrom('put', 'add', 'drop', 'cut'));
  fc.assert(
    fc.property(text, fc.array(change, { minLength: 1, maxLength: 3 }), (json, changes) => {
      let bytes: Buffer = Buffer.from(JSON.stringify(json));
      for (const [where, what, how] of changes)
        bytes = changed(bytes, where % bytes.length, what, how);
      same(bytes);
    }),
    { numRuns: 2_000 },
  );
});

test.each([
  '{"action":"a","action":"b"}',
  '{"action":"\\u0061"}',
  '{"\\u0061ction":"b"}',
  '{"action":"a","n":-0}',
  '{"action":"a","n":01}',
  '{"action":"a","n":1.}',
  '{"action":"a","n":-}',
  '{"action":"a","n":1e400}',
  '{"action":"a","n":12345678901234567890}',
  '{"action":"a","n":0.1e-7}',
  '{"action":"a","n":null}',
  '{"action":"a","any":null}',
  '{"action":"a","any":{"b":[1]}}',
  '{"action":"a","x":"\\ud800"}',
  '{"action":"a","x":"\\x"}',
  '{"action":"a",}',
  '{"action":"a"}}',
  '{"action":"a"} x',
  '\ufeff{"action":"a"}',
  '{"action":"a","x":[1,]}',
  '{"action":"a","x":tru}',
  '{"action":"ä","é":"ü"}',
  '{"action":"a\tb"}',
  `{"action":"a","x":${'['.repeat(100)}${']'.repeat(100)}}`,
  '[]',
  '',
])('reads what JSON.parse reads of %s', (text) => same(Buffer.from(text)));

test.each([
  ['in the text that is read', '{"action":"\xff"}'],
  ['in the rest', '{"action":"a","x":"\xff"}'],
  ['in a name', '{"action":"a","\xff":1}'],
])('refuses bytes that are not UTF-8 %s', (_where, text) => {
  expect(decode(Buffer.from(text, 'latin1'))).toMatchObject({ ok: false, reason: 'NOT_JSON' });
});

describe('a layout that was learnt', () => {
  const { fields } = fieldsSchema({ page: 'string', at: 'number', ok: 'boolean?' });
  const learnt = () => {
    const layouts = new Layouts(fields);
    layouts.learn('{"at":1, "x" : "y","page":"/a","n(1)":-2.5e3,"ok":true}');
    return layouts;
  };

  test('reads events that are written alike, whatever is in the rest', () => {
    const event = learnt().read('{ "at":-0.5,"x":null,"page":"" ,"n(1)":"9","ok":false}');
    expect(event).toEqual({ page: '', at: -0.5, ok: false });
    expect(Object.keys(event as object)).toEqual(['page', 'at', 'ok']);
  });

  test.each([
    ['another order', '{"x":"y","at":1,"page":"/a","n(1)":1,"ok":true}'],
    ['another name', '{"at":1,"x":"y","page":"/a","n1":1,"ok":true}'],
    ['less', '{"at":1,"x":"y","page":"/a","n(1)":1}'],
    ['more', '{"at":1,"x":"y","page":"/a","n(1)":1,"ok":true,"z":1}'],
    ['a field of another kind', '{"at":"1","x":"y","page":"/a","n(1)":1,"ok":true}'],
    ['null in a field', '{"at":1,"x":"y","page":"/a","n(1)":1,"ok":null}'],
    ['a list', '{"at":1,"x":[],"page":"/a","n(1)":1,"ok":true}'],
    ['an escape', '{"at":1,"x":"y","page":"\\u0041","n(1)":1,"ok":true}'],
    ['what is not ASCII', '{"at":1,"x":"y","page":"\xe4","n(1)":1,"ok":true}'],
    ['what comes after it', '{"at":1,"x":"y","page":"/a","n(1)":1,"ok":true}}'],
  ])('leaves %s to others', (_what, text) => {
    expect(learnt().read(text)).toBeUndefined();
  });

  test('is not forgotten for one that hardly ever comes', () => {
    const layouts = learnt();
    const usual = '{"at":2,"x":"y","page":"/a","n(1)":1,"ok":true}';
    for (let n = 0; n < 100; n++) {
      layouts.learn(`{"at":1,"page":"/a","p${n}":1}`);
      expect(layouts.read(usual)).toEqual({ page: '/a', at: 2, ok: true });
    }
    expect(layouts.read('{"at":1,"page":"/a","p99":1}')).toBeUndefined();
  });
});

function members(of: fc.Arbitrary<unknown>): fc.Arbitrary<unknown> {
  return fc.array(fc.tuple(name, of), { maxLength: 6 }).map(Object.fromEntries);
}

/** toStrictEqual tells -0 from 0, and what is missing from what is undefined. */
function same(bytes: Buffer): void {
  const read = decode(bytes);
  expect(read).toStrictEqual(whole(bytes));
  if (read.ok) expect(Object.keys(read.event as object)).toEqual(keysOf(whole(bytes)));
}

const keysOf = (decoded: ReturnType<typeof whole>): string[] =>
  decoded.ok ? Object.keys(decoded.event as object) : [];

function changed(bytes: Buffer, where: number, what: number, how: string): Buffer {
  const [head, tail] = [bytes.subarray(0, where), bytes.subarray(where)];
  if (how === 'cut') return head;
  const rest = how === 'add' ? tail : tail.subarray(1);
  return Buffer.concat([head, how === 'drop' ? Buffer.alloc(0) : Buffer.of(what), rest]);
}
