const MAGNITUDE_MIN = 1e-130;
const MAGNITUDE_LIMIT = 1e126;

/**
 * Whether a DynamoDB number holds this value: zero, or a magnitude from 1E-130 to just below 1E126.
 * Seventeen digits, all that a JavaScript number has, fit in its 38.
 * https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/HowItWorks.NamingRulesDataTypes.html
 */
export function fitsNumber(value: number): boolean {
  const magnitude = Math.abs(value);
  return magnitude === 0 || (magnitude >= MAGNITUDE_MIN && magnitude < MAGNITUDE_LIMIT);
}

/** Whether the value also comes back as it was: -0 would come back as 0. */
export const isStorable = (value: number): boolean => fitsNumber(value) && !Object.is(value, -0);
