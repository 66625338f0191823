/** List prices, US dollars. */
export interface Prices {
  /** A GB-second of Lambda on arm64. */
  readonly lambdaGbSecond: number;
  /** A million invocations. */
  readonly lambdaRequests: number;
  /** A million write request units of DynamoDB on demand. */
  readonly writeUnits: number;
  /** A million read request units. */
  readonly readUnits: number;
}

/** us-east-1, without free tier and discounts, as the AWS price lists had them in 2025. */
export const LIST_PRICES: Prices = {
  lambdaGbSecond: 0.0000133334,
  lambdaRequests: 0.2,
  writeUnits: 0.625,
  readUnits: 0.125,
};

/**
 * Managed Service for Apache Flink in the same place and year: an application has one processing unit for
 * its own work at least, with 50 GB, and one more for orchestration.
 */
export const FLINK_PRICES = {
  /** A processing unit (a core and 4 GB) for an hour. */
  unitHour: 0.11,
  unitsMin: 2,
  /** A GB of running storage for a month. */
  storageGbMonth: 0.1,
  storageGbMin: 50,
} as const;
