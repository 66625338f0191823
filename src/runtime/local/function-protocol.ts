/** What parent and child say to each other. Events and answers cross as JSON, as they do on AWS. */
export interface InvokeMessage {
  readonly kind: 'invoke';
  readonly id: number;
  readonly event: string;
  /** When the invocation is ended by force, in ms. */
  readonly deadline: number;
}

/** The first thing a child replies to, unasked: loading the module. */
export const LOADING = 0;

/** What the child says about an invocation. */
export type ReplyMessage =
  | { readonly kind: 'answered'; readonly id: number; readonly answer: string | undefined }
  | { readonly kind: 'threw'; readonly id: number; readonly error: ThrownError };

/** What crosses of an error. */
export interface ThrownError {
  readonly name: string;
  readonly message: string;
  readonly code?: string;
  readonly stack?: string;
}

/** Tells replies from messages that the function's own code sends. */
export const isReply = (message: unknown): message is ReplyMessage =>
  typeof message === 'object' &&
  message !== null &&
  'kind' in message &&
  (message.kind === 'answered' || message.kind === 'threw') &&
  'id' in message;
