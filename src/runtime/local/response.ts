/**
 * Reads the answer of a function whose mapping has ReportBatchItemFailures. Returns the index in
 * the batch from which all records come again, or `undefined` if all are done.
 *
 * Of several failures the lowest one counts: everything after it comes again, also what succeeded.
 * A failure that names no record of the batch fails the whole batch, and so does an answer that is
 * no object. Source: "Configuring partial batch response with Kinesis Data Streams and Lambda".
 *
 * @param identifiers of the records of the batch, in its order.
 */
export function retryFrom(answer: unknown, identifiers: readonly string[]): number | undefined {
  if (answer === null || answer === undefined) return undefined;
  if (typeof answer !== 'object') return 0;
  const failures: unknown = 'batchItemFailures' in answer ? answer.batchItemFailures : undefined;
  if (failures === null || failures === undefined) return undefined;
  if (!Array.isArray(failures)) return 0;
  return lowest(failures.map((failure) => indexOf(failure, identifiers)));
}

const lowest = (indexes: readonly number[]): number | undefined =>
  indexes.length === 0 ? undefined : Math.min(...indexes);

function indexOf(failure: unknown, identifiers: readonly string[]): number {
  if (typeof failure !== 'object' || failure === null) return 0;
  const identifier: unknown = 'itemIdentifier' in failure ? failure.itemIdentifier : undefined;
  // AWS does not say what an unknown identifier does; losing nothing is the answer that is safe.
  return typeof identifier === 'string' ? Math.max(0, identifiers.indexOf(identifier)) : 0;
}
