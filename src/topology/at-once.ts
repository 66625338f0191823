/** A promise is no answer: it would pass every filter, and what it says comes too late. */
export function atOnce<T>(result: T): T {
  if (typeof result !== 'object' || result === null || !('then' in result)) return result;
  Promise.resolve(result).catch(() => undefined);
  throw new TypeError('it is asynchronous, and a stream cannot wait');
}
