import { type Backoff, type BackoffOptions, fullJitter } from '../backoff.ts';
import { eitherOf } from '../deadline.ts';
import { UnavailableError } from '../errors.ts';
import { type Answer, type Sendable, sendInOrder } from '../ordered-requests.ts';
import { remoteCall } from '../remote-call.ts';
import type { DeadLetterSink } from './dead-letter-sink.ts';
import { identityOf } from './identity.ts';
import { type Refused, setAside } from './set-aside.ts';
import type { Output, Sink } from './sink.ts';

/** What every sink that hands messages to a service is told. */
export interface MessageSinkOptions {
  /** Who writes, as no other pipeline that writes there is called: a part of each identity. */
  readonly producer: string;
  /** Where outputs go that can never be taken. Default: a LimitError. */
  readonly deadLetters?: DeadLetterSink;
  /** For what is not taken. */
  readonly backoff?: BackoffOptions;
}

/** What an SDK's client is called with besides the input. */
export interface CallOptions {
  readonly abortSignal?: AbortSignal;
}

/** A message as its service takes it. */
export interface Entry<E> extends Sendable {
  readonly entry: E;
}

/** Why a message was not taken. */
export interface Failure {
  readonly code: string;
  /** It never will be. */
  readonly isFinal: boolean;
}

/** A service that takes messages, several at a time, and may take some of them only. */
export interface MessageService<E> {
  /** In words, such as `sqs`. */
  readonly service: string;
  /** Whose messages they are: of a queue, of a topic. */
  readonly name: string;
  readonly limits: {
    readonly count: number;
    readonly bytes: number;
    /** Of one message. */
    readonly each: number;
  };
  entryOf(output: Output, identity: string): Entry<E>;
  /** What became of each; `undefined`: it is taken. */
  send(entries: readonly E[], options: CallOptions): Promise<readonly (Failure | undefined)[]>;
}

/** A sink over such a service. Messages of a group are taken in their order. */
export const batchSink = <E>(service: MessageService<E>, options: MessageSinkOptions): Sink =>
  sinkOver(service, options, { backoff: fullJitter(options.backoff), signal: undefined });

interface Limits {
  readonly backoff: Backoff;
  readonly signal: AbortSignal | undefined;
}

interface Item<E> extends Entry<E> {
  readonly output: Output;
}

function sinkOver<E>(
  service: MessageService<E>,
  options: MessageSinkOptions,
  { backoff, signal }: Limits,
): Sink {
  const { deadLetters, producer } = options;
  const aside = (refused: readonly Refused[]) => setAside(service.name, deadLetters, refused);
  const send = async (items: readonly Item<E>[]): Promise<Answer<Item<E>>> => {
    const results = await remoteCall({ service: service.service, hint: HINT, signal }, (call) =>
      service.send(
        items.map(({ entry }) => entry),
        call,
      ),
    );
    const failed = items.flatMap((item, n) => {
      const failure = results[n];
      return failure === undefined ? [] : [{ item, ...failure }];
    });
    const final = failed.filter(({ isFinal }) => isFinal);
    await aside(final.map(({ item, code }) => ({ output: item.output, why: `it says ${code}` })));
    const again = failed.filter(({ isFinal }) => !isFinal);
    return { refused: again.map(({ item }) => item), cause: again[0]?.code };
  };
  return {
    async write(outputs) {
      const items = outputs.map((output) => ({
        output,
        ...service.entryOf(output, identityOf(producer, output)),
      }));
      const { each } = service.limits;
      const isTooLarge = ({ bytes }: Sendable): boolean => bytes > each;
      await aside(
        items.filter(isTooLarge).map(({ output, bytes }) => ({
          output,
          why: `it takes ${bytes} bytes of ${each}`,
        })),
      );
      await sendInOrder<Item<E>>(
        items.filter((item) => !isTooLarge(item)),
        {
          limits: service.limits,
          backoff,
          signal,
          send,
          notTaken: (count, cause) => notTaken(service, count, cause),
        },
      );
    },
    until(inner) {
      const bounded = deadLetters ? { ...options, deadLetters: deadLetters.until(inner) } : options;
      return sinkOver(service, bounded, { backoff, signal: eitherOf(signal, inner) });
    },
  };
}

const HINT = 'It comes again; if it lasts, look at the quotas of the service.';

const notTaken = (
  { service, name }: Pick<MessageService<unknown>, 'service' | 'name'>,
  count: number,
  cause: unknown,
): UnavailableError =>
  new UnavailableError(`${service} did not take ${count} messages for "${name}" in all tries`, {
    hint: HINT,
    cause,
  });
