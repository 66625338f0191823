/**
 * What a pipeline tells CloudWatch, and in which unit: agreed here between the functions, which emit
 * them, and the dashboard and alarms, which read them. docs/operations.md says what each one means.
 */
export const METRIC_UNITS = {
  /** Records of the log that were taken, whatever became of them. */
  RecordsGathered: 'Count',
  RecordsFiltered: 'Count',
  RecordsLate: 'Count',
  DeadLetters: 'Count',
  BytesGathered: 'Bytes',
  /** Batches that were committed. */
  Batches: 'Count',
  SegmentsWritten: 'Count',
  /** Results that went out. */
  WindowsFired: 'Count',
  SlotsFired: 'Count',
  /** From the closing of a slot to the end of its firing. */
  FiringLatency: 'Milliseconds',
  /** From the event time at which a result was complete to the moment it was out. */
  EndToEndLatency: 'Milliseconds',
  /** Arrival time minus watermark. */
  WatermarkLag: 'Milliseconds',
  /** How long the stage watermark has not moved although records came. */
  LaneHeldBack: 'Milliseconds',
  /** Attempts that a later one overtook; their batches came again. */
  AttemptsAborted: 'Count',
  /** Conditional writes that were refused. */
  ConditionalFailures: 'Count',
  /** DynamoDB write units. */
  WriteUnits: 'Count',
  FailedFirings: 'Count',
} as const;

export type MetricName = keyof typeof METRIC_UNITS;

export type MetricUnit = (typeof METRIC_UNITS)[MetricName];

/** The CloudWatch namespace of all of them. */
export const METRIC_NAMESPACE = 'Tidemark';

/** Every metric has both, and no other: whatever grows with the traffic is never a dimension. */
export const METRIC_DIMENSIONS = ['pipeline', 'stage'] as const;
