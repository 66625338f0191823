import { createHash } from 'node:crypto';
import type { AttributeValue } from '@aws-sdk/client-dynamodb';
import { decodeDocument } from '../dynamodb/document-value.ts';
import { FormatError } from '../errors.ts';
import type { IdempotentProducer } from '../kinesis/producer.ts';
import { isPartitionKey } from '../kinesis/put-records.ts';

/** A change of an item of a DynamoDB table, as an event of the stream that it is bridged into. */
export interface ItemChange {
  /** The same however often the change is delivered: what `dedupe` goes by. */
  readonly id: string;
  /** About when it happened, ms. */
  readonly at: number;
  /** The key of the item as text, the same for all of its changes. */
  readonly key: string;
  /** The item as it is now; left out: it is deleted, or the table's stream has no new images. */
  readonly value?: Readonly<Record<string, unknown>>;
  /** As it was; left out: there was none, or the table's stream has no old images. */
  readonly old?: Readonly<Record<string, unknown>>;
  readonly kind: 'insert' | 'modify' | 'remove';
  /** Its time to live was over, and DynamoDB has deleted it. */
  readonly expired?: true;
}

/** Where changes of a table go. */
export interface TableBridgeOptions {
  readonly producer: IdempotentProducer;
}

/** What is read of an event that a table's stream invokes a function with. Bytes are base64. */
export interface TableEvent {
  readonly Records: readonly TableEventRecord[];
}

interface TableEventRecord {
  readonly eventID?: string | undefined;
  readonly eventName?: string | undefined;
  readonly userIdentity?: { readonly type?: string; readonly principalId?: string } | undefined;
  readonly dynamodb?:
    | {
        readonly ApproximateCreationDateTime?: number | undefined;
        readonly Keys?: Image | undefined;
        readonly NewImage?: Image | undefined;
        readonly OldImage?: Image | undefined;
      }
    | undefined;
}

type Image = Readonly<Record<string, object>>;

/**
 * A Lambda function that puts the changes of a DynamoDB table into a stream, for an event source mapping of the
 * table's stream. Changes of an item keep their order. A batch may come again: its changes have the same
 * `id`, by which `dedupe({ by: (e) => e.id, within })` of the pipeline keeps the first. Numbers are JavaScript's,
 * sets lists, and bytes base64.
 */
export function tableBridge({ producer }: TableBridgeOptions) {
  return async ({ Records }: TableEvent): Promise<void> => {
    for (const record of Records) {
      const change = changeOf(record);
      await producer.put(change, { key: partitionKeyOf(change.key) });
    }
    await producer.flush();
  };
}

/** https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_streams_Record.html */
const KINDS: Readonly<Record<string, ItemChange['kind']>> = {
  INSERT: 'insert',
  MODIFY: 'modify',
  REMOVE: 'remove',
};

function changeOf({ eventID, eventName, userIdentity, dynamodb }: TableEventRecord): ItemChange {
  const { ApproximateCreationDateTime: seconds, Keys, NewImage, OldImage } = dynamodb ?? {};
  const kind = KINDS[eventName ?? ''];
  if (eventID === undefined || kind === undefined || seconds === undefined || Keys === undefined) {
    throw new FormatError('a change of a table has no id, kind, time or key', {
      hint: 'Invoke the function by an event source mapping of the stream of a table.',
    });
  }
  const { type, principalId } = userIdentity ?? {};
  return {
    id: eventID,
    at: Math.round(seconds * 1_000),
    key: keyText(Keys),
    ...(NewImage && { value: decoded(NewImage) }),
    ...(OldImage && { old: decoded(OldImage) }),
    kind,
    ...(type === 'Service' && principalId === 'dynamodb.amazonaws.com' ? { expired: true } : {}),
  };
}

/** A table has keys that are longer than a stream's, and one of them must not hold back all others. */
const partitionKeyOf = (key: string): string =>
  isPartitionKey(key) ? key : createHash('sha256').update(key).digest('hex');

/** A single text as it is; anything else in the order of its names, as JSON. */
function keyText(keys: Image): string {
  const values = Object.entries(keys)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([, value]) => Object.values(value)[0]);
  const [only] = values;
  return values.length === 1 ? String(only) : JSON.stringify(values);
}

const decoded = (image: Image): Record<string, unknown> =>
  decodeDocument(withText({ M: image })) as Record<string, unknown>;

/** Bytes are text already in what Lambda is invoked with. */
function withText(attribute: object): AttributeValue {
  const { B, BS, L, M } = attribute as {
    readonly B?: string;
    readonly BS?: string[];
    readonly L?: readonly object[];
    readonly M?: Image;
  };
  if (B !== undefined) return { S: B };
  if (BS !== undefined) return { SS: BS };
  if (L !== undefined) return { L: L.map(withText) };
  if (M === undefined) return attribute as AttributeValue;
  return { M: Object.fromEntries(Object.entries(M).map(([name, of]) => [name, withText(of)])) };
}
