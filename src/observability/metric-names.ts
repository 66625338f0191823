/**
 * What a pipeline tells CloudWatch, and in which unit: agreed here between the functions, which emit
 * them, and the dashboard and alarms, which read them. docs/operations.md says what each one means.
 */
export const METRIC_UNITS = {
  /** Records of the log that were taken, whatever became of them. */
  RecordsGathered: 'Count',
  RecordsFiltered: 'Count',
  /** Too late for everything that they belong to: the sum of the next two. */
  RecordsLate: 'Count',
  LateDropped: 'Count',
  LateSideOutput: 'Count',
  /** Came late, and are in a result all the same. */
  LateAllowed: 'Count',
  DeadLetters: 'Count',
  BytesGathered: 'Bytes',
  /** Copies of records that were taken before, passed over; not among those gathered. */
  RecordsRepeated: 'Count',
  /** Batches that were committed. */
  Batches: 'Count',
  SegmentsWritten: 'Count',
  /** Slots from the last closed one to that of the newest event. */
  OpenWindows: 'Count',
  /** Results that went out. */
  WindowsFired: 'Count',
  SlotsFired: 'Count',
  /** From the closing of a slot to the end of its firing. */
  FiringLatency: 'Milliseconds',
  /** How long closed slots wait: those just fired, and those that still do. */
  FiringLag: 'Milliseconds',
  /** From the event time at which a result was complete to the moment it was out. */
  EndToEndLatency: 'Milliseconds',
  /** Arrival time minus watermark. */
  WatermarkLag: 'Milliseconds',
  /** How long the slowest lane has not moved its watermark although it has records to read. */
  LaneHeldBack: 'Milliseconds',
  /** Attempts that never committed; their batches came again. */
  AttemptsAborted: 'Count',
  /** Conditional writes that were refused. */
  ConditionalFailures: 'Count',
  /** DynamoDB write units. */
  WriteUnits: 'Count',
  FailedFirings: 'Count',
  ClaimDuration: 'Milliseconds',
  FoldDuration: 'Milliseconds',
  WriteDuration: 'Milliseconds',
  CommitDuration: 'Milliseconds',
  AdvanceDuration: 'Milliseconds',
  FireDuration: 'Milliseconds',
  EmitDuration: 'Milliseconds',
  TickDuration: 'Milliseconds',
} as const;

/** A metric of the library; docs/operations.md says what each of them means. */
export type MetricName = keyof typeof METRIC_UNITS;

export type MetricUnit = (typeof METRIC_UNITS)[MetricName];

/** Counts that say how many there are, not how many came: adding them up over time means nothing. */
export const GAUGES: readonly MetricName[] = ['OpenWindows'];

/** The CloudWatch namespace of all of them. */
export const METRIC_NAMESPACE = 'Tidemark';

/** Every metric has both, and no other: whatever grows with the traffic is never a dimension. */
export const METRIC_DIMENSIONS = ['pipeline', 'stage'] as const;
