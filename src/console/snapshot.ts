/** What the page is told: plain data that JSON can hold. All times in ms. */

/** Everything, at one instant. */
export interface Snapshot {
  /** Wall time. */
  readonly at: number;
  readonly traffic: TrafficSnapshot;
  readonly pipelines: readonly PipelineLine[];
  readonly pipeline: PipelineSnapshot;
}

export interface TrafficSnapshot {
  /** Times real time; `max`: as fast as possible. */
  readonly speed: number | 'max';
  readonly paused: boolean;
  /** The input has an end, and all of it is played. */
  readonly ended: boolean;
  /** When the newest event arrived, in the time of the events. */
  readonly clock: number | null;
  /** Records put a second, lately. */
  readonly perSecond: number;
}

/** A pipeline in one line. */
export interface PipelineLine {
  readonly name: string;
  readonly perSecond: number;
  readonly waiting: number;
  readonly late: number;
  readonly deadLetters: number;
  /** Results told so far. */
  readonly results: number;
  readonly health: Health;
}

/** `failing`: invocations failed within the last seconds. */
export type Health = 'starting' | 'ok' | 'behind' | 'failing';

export interface PipelineSnapshot {
  readonly name: string;
  /** The id of the function's process. */
  readonly pid: number | null;
  readonly stages: readonly StageSnapshot[];
  readonly windows: readonly WindowSnapshot[];
  /** The stage that the windows are of. */
  readonly windowsOf: string;
  /** `slices`: the stage has no windows of fixed length; these are pieces of event time. */
  readonly windowsAre: 'windows' | 'slices';
  readonly sinks: readonly SinkSnapshot[];
  readonly letters: readonly LetterSnapshot[];
  /** How many letters there are by reason. */
  readonly reasons: Readonly<Record<string, number>>;
  readonly late: LateSnapshot;
  /** Records or results a second, by the id of an edge of the graph. */
  readonly rates: Readonly<Record<string, number>>;
  readonly log: readonly LogLine[];
  /** Points since the ones that were told last. */
  readonly points: readonly Point[];
  /** The watermark, as it stood when an event arrived. */
  readonly watermarks: readonly WatermarkPoint[];
  /** US dollars a million events, as the dashboard reckons it over the whole run; `null`: nothing to tell. */
  readonly costPerMillion: number | null;
}

/** A stage that reads streams. */
export interface StageSnapshot {
  readonly name: string;
  readonly watermark: number | null;
  readonly account: Account;
  readonly lanes: readonly LaneSnapshot[];
}

/** Where all records went: `sent` is the sum of all the others. */
export interface Account {
  /** Acknowledged by the streams. */
  readonly sent: number;
  /** Not read yet. */
  readonly waiting: number;
  readonly filtered: number;
  readonly late: number;
  readonly deadLetters: number;
  /** In windows that are open, or in results that are no counts. */
  readonly kept: number;
  /** In the results, where these are counts; `null` where they are not. */
  readonly counted: number | null;
}

export type LaneState = 'reading' | 'behind' | 'idle' | 'poisoned' | 'ended' | 'new';

export interface LaneSnapshot {
  readonly lane: string;
  /** What a person calls it. */
  readonly label: string;
  readonly stream: string;
  readonly position: string;
  readonly watermark: number | null;
  readonly waiting: number;
  readonly state: LaneState;
  /** Holds the stage back: it has the least watermark. */
  readonly isSlowest: boolean;
  /** What it waits for, in words. */
  readonly why: string;
}

export interface WindowSnapshot {
  readonly start: number;
  readonly end: number;
  /** Events that happened within it, as they were sent. */
  readonly sent: number;
  readonly state: 'opening' | 'filling' | 'closing' | 'closed';
  /** How far the watermark has come in it, from 0 to 1. */
  readonly progress: number;
  readonly results: number;
  /** The sum of the results, where these are numbers. */
  readonly sum: number | null;
}

export interface SinkSnapshot {
  readonly name: string;
  readonly total: number;
  /** The newest first. */
  readonly rows: readonly RowSnapshot[];
}

export interface RowSnapshot {
  readonly key: string;
  readonly start: number;
  readonly end: number;
  /** As JSON. */
  readonly value: string;
  /** Where it is a number, or the first number in it. */
  readonly number: number | null;
  readonly retracted: boolean;
}

export interface LetterSnapshot {
  readonly at: number;
  readonly reason: string;
  readonly detail: string;
  readonly lane: string;
  readonly position: string;
  readonly text: string;
  /** The place for late events that has it; `null`: it is a dead letter. */
  readonly place: string | null;
}

/** What became of late events. */
export interface LateSnapshot {
  readonly dropped: number;
  readonly keptAside: number;
  /** Came late, and are in a result all the same. */
  readonly allowed: number;
}

export interface LogLine {
  readonly at: number;
  readonly level: 'info' | 'warn' | 'error';
  readonly text: string;
}

/** `[arrival, event time, kind]`, all in the time of the events. */
export type Point = readonly [arrival: number, eventTime: number, kind: PointKind];

/** 0: before it was judged to be late or not, ahead of the watermark; 1: behind it; 2: put by hand. */
export type PointKind = 0 | 1 | 2;

export type WatermarkPoint = readonly [arrival: number, watermark: number];

/** What is told once: the plan, and how to draw it. */
export interface PipelineOutline {
  readonly name: string;
  /** What it does, in a few words. */
  readonly stages: readonly string[];
  readonly nodes: readonly GraphNode[];
  readonly edges: readonly GraphEdge[];
}

export interface GraphNode {
  readonly id: string;
  readonly kind: 'stream' | 'stage' | 'table' | 'push' | 'late';
  readonly name: string;
  readonly detail: string;
  /** Columns from the left. */
  readonly column: number;
}

export interface GraphEdge {
  readonly id: string;
  readonly from: string;
  readonly to: string;
  readonly label: string;
}

/** What a pipeline pushes to whoever is connected. */
export interface PushedOutline {
  readonly pipeline: string;
  /** Where one connects, as the API of a deployment has it: `ws://…`. */
  readonly url: string;
}

/** A dashboard, drawn. */
export interface DrawnDashboard {
  readonly times: readonly number[];
  readonly widgets: readonly DrawnWidget[];
}

export interface DrawnWidget {
  readonly title: string;
  readonly left: string;
  readonly right: string;
  readonly lines: readonly DrawnLine[];
}

export interface DrawnLine {
  readonly label: string;
  readonly axis: 'left' | 'right';
  readonly values: readonly (number | null)[];
}

/** What a button asks for. */
export type Command =
  | { readonly kind: 'pause'; readonly paused: boolean }
  | { readonly kind: 'speed'; readonly speed: number }
  | { readonly kind: 'late' }
  | { readonly kind: 'poison' }
  | { readonly kind: 'kill'; readonly pipeline: string }
  | { readonly kind: 'split'; readonly pipeline: string };

/** What became of it, in a sentence. */
export interface CommandAnswer {
  readonly done: boolean;
  readonly text: string;
}
