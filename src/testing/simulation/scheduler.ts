/** Virtual time, in which nothing happens at once and nothing takes real time. */
export interface Scheduler {
  /** ms. */
  readonly now: number;
  /** How many things have happened. */
  readonly steps: number;
  sleep(ms: number): Promise<void>;
  /** Lets everything happen that is due up to an instant, in order; then it is that time. */
  runUntil(time: number): Promise<void>;
}

interface Waiting {
  readonly at: number;
  readonly order: number;
  readonly wake: () => void;
}

/** One thing happens at a time: what follows from it has come to rest before the next. */
export function scheduler(start: number): Scheduler {
  const queue: Waiting[] = [];
  let now = start;
  let order = 0;
  let steps = 0;
  return {
    get now() {
      return now;
    },
    get steps() {
      return steps;
    },
    sleep: (ms) =>
      new Promise((wake) => {
        push(queue, { at: now + ms, order: order++, wake });
      }),
    async runUntil(time) {
      for (let next = queue[0]; next !== undefined && next.at <= time; next = queue[0]) {
        pop(queue);
        now = next.at;
        steps++;
        next.wake();
        await atRest();
      }
      now = time;
    },
  };
}

/** A next tick comes only when no promise has anything left to do; a turn of the event loop costs five times as much. */
const atRest = (): Promise<void> => new Promise((resolve) => process.nextTick(resolve));

const isBefore = (a: Waiting, b: Waiting): boolean =>
  a.at < b.at || (a.at === b.at && a.order < b.order);

/** A binary heap. */
function push(heap: Waiting[], item: Waiting): void {
  let at = heap.push(item) - 1;
  while (at > 0) {
    const parent = (at - 1) >> 1;
    if (!isBefore(item, heap[parent] as Waiting)) break;
    heap[at] = heap[parent] as Waiting;
    at = parent;
  }
  heap[at] = item;
}

function pop(heap: Waiting[]): void {
  const last = heap.pop() as Waiting;
  if (heap.length === 0) return;
  let at = 0;
  for (;;) {
    let child = at * 2 + 1;
    if (child >= heap.length) break;
    if (child + 1 < heap.length && isBefore(heap[child + 1] as Waiting, heap[child] as Waiting))
      child++;
    if (!isBefore(heap[child] as Waiting, last)) break;
    heap[at] = heap[child] as Waiting;
    at = child;
  }
  heap[at] = last;
}
