import { eitherOf, refuseAfter } from '../deadline.ts';
import { identityOf } from './identity.ts';
import { messageOf } from './message.ts';
import type { Output, Sink } from './sink.ts';

/** An output with what a sink of one's own needs to show it once. */
export interface IdentifiedMessage {
  /** The same for the same output, whoever computed it and however often; 43 characters. */
  readonly identity: string;
  /** What the library's own sinks hand on: see docs/sources-and-sinks.md. */
  readonly message: unknown;
  /** All that is known of it. */
  readonly output: Output;
}

/** What a sink of your own does with messages. */
export interface CustomSinkOptions {
  /**
   * Takes messages, any of them any number of times: to show each once, by its identity, is what it has
   * to do. Returns when all are durable. Nothing may be written once `signal` aborts.
   */
  write(
    messages: readonly IdentifiedMessage[],
    options: { readonly signal: AbortSignal | undefined },
  ): Promise<void>;
  /** A part of each identity. Default: none. */
  readonly producer?: string;
}

/** A sink of one's own. An error that it throws makes the firing come again. */
export const sink = (options: CustomSinkOptions): Sink => sinkUntil(options, undefined);

function sinkUntil(options: CustomSinkOptions, signal: AbortSignal | undefined): Sink {
  const { producer = '' } = options;
  return {
    async write(outputs) {
      refuseAfter(signal);
      if (outputs.length === 0) return;
      const messages = outputs.map((output) => ({
        identity: identityOf(producer, output),
        message: messageOf(output),
        output,
      }));
      await options.write(messages, { signal });
    },
    until: (inner) => sinkUntil(options, eitherOf(signal, inner)),
  };
}
