/** Things to come, taken out in the order of their time: a binary heap. */
export class Agenda<T extends { readonly at: number }> {
  readonly #heap: T[] = [];

  add(thing: T): void {
    const heap = this.#heap;
    let hole = heap.length;
    heap.push(thing);
    while (hole > 0) {
      const parent = (hole - 1) >> 1;
      const above = heap[parent];
      if (above === undefined || above.at <= thing.at) break;
      heap[hole] = above;
      hole = parent;
    }
    heap[hole] = thing;
  }

  /** Takes the earliest thing out. */
  take(): T | undefined {
    const first = this.#heap[0];
    const last = this.#heap.pop();
    if (last !== undefined && this.#heap.length > 0) this.#sinkFromTop(last);
    return first;
  }

  #sinkFromTop(thing: T): void {
    const heap = this.#heap;
    let hole = 0;
    for (;;) {
      const child = this.#earlierChild(hole);
      const below = heap[child];
      if (below === undefined || below.at >= thing.at) break;
      heap[hole] = below;
      hole = child;
    }
    heap[hole] = thing;
  }

  #earlierChild(parent: number): number {
    const left = 2 * parent + 1;
    const [one, other] = [this.#heap[left], this.#heap[left + 1]];
    return one !== undefined && other !== undefined && other.at < one.at ? left + 1 : left;
  }
}
