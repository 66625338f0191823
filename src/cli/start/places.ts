import type { Deployment } from './deployment.ts';

/** Where a pipeline reads and writes, all by the names of its plan. */
export interface Places {
  readonly streams: Readonly<Record<string, string>>;
  readonly control: string;
  readonly state: string;
  readonly deadLetters: string;
  readonly sinks: Readonly<Record<string, string>>;
  readonly lateEvents: Readonly<Record<string, string>>;
  /** What is pushed to, by the names of its sinks. */
  readonly pushes: Readonly<Record<string, PushPlace>>;
}

export interface PushPlace {
  /** The table of who is connected. */
  readonly connections: string;
  /** Where one posts to them. */
  readonly endpoint: string;
}

/** Those of the clickstream, by the names of the plan of the clickstream. */
export const placesOf = ({ streamName, tables }: Deployment): Places => ({
  streams: { clicks: streamName },
  control: tables.control,
  state: tables.state,
  deadLetters: tables.deadLetters,
  sinks: { 'page-clicks': tables.pageClicks },
  lateEvents: {},
  pushes: {},
});
