/** One promise of the protocol taken out of the engine: the simulator must find that it is gone. */
export interface Mutant {
  readonly name: string;
  /** In src/engine. */
  readonly file: string;
  /** Stands there once. */
  readonly from: string;
  readonly to: string;
  /** In the same file, where what is taken out comes in again elsewhere. */
  readonly also?: { readonly from: string; readonly to: string };
  /** Nobody misses it but where producers send records again. */
  readonly ofProducers?: true;
}

/** Each condition of a write, each fence, and each order of two steps that somebody relies on. */
export const MUTANTS: readonly Mutant[] = [
  // Attempts at a lane.
  {
    name: 'a commit does not ask whether a later attempt has begun',
    file: 'lane.ts',
    from: '{ equals: { epoch: mine.epoch } }',
    to: '{ exists: true }',
  },
  {
    name: 'a claim takes no epoch of its own',
    file: 'lane.ts',
    from: '{ add: { epoch: 1 } }, { exists: true });',
    to: '{ add: { epoch: 0 } }, { exists: true });',
  },
  {
    name: 'a claim creates the lane',
    file: 'lane.ts',
    from: '{ add: { epoch: 1 } }, { exists: true });',
    to: "{ add: { epoch: 1 }, set: { watermark: 0, position: '0' } }, {});",
  },
  {
    name: 'creating a lane overwrites it',
    file: 'lane.ts',
    from: `    },
    { exists: false },
  );`,
    to: `    },
    {},
  );`,
  },
  {
    name: 'a raise takes no epoch',
    file: 'lane.ts',
    from: `    { add: { epoch: 1 } },
    { equals:`,
    to: `    { add: { epoch: 0 } },
    { equals:`,
  },
  {
    name: 'attempts that failed are not recorded',
    file: 'gather.ts',
    from: '    await recordAborted(context, mine);\n',
    to: '',
  },
  {
    name: 'attempts that failed are recorded after the commit',
    file: 'gather.ts',
    from: `    await recordAborted(context, mine);
    return commit(context, mine, { ...attempt.commitment(), recordsAt: context.clock() });`,
    to: `    const set = { ...attempt.commitment(), recordsAt: context.clock() };
    const done = await commit(context, mine, set);
    await recordAborted(context, mine);
    return done;`,
  },
  {
    name: 'a raise does not record the attempts that failed before it',
    file: 'lane.ts',
    from: '  await recordAborted(context, mine);\n  return commit',
    to: '  return commit',
  },
  {
    name: 'only the last attempt that failed is recorded',
    file: 'aborted.ts',
    from: 'const from = mine.committedEpoch + 1;',
    to: 'const from = Math.max(mine.committedEpoch + 1, mine.epoch - 1);',
  },
  {
    name: 'segments are written after the commit',
    file: 'gather.ts',
    from: `  if (segments.length > 0) await context.store.putAll('state', segments);
`,
    to: '',
    also: {
      from: '  context.observe(gatheredBy(context, mine, attempt, segments.length));\n',
      to: `  if (segments.length > 0) await context.store.putAll('state', segments);
  context.observe(gatheredBy(context, mine, attempt, segments.length));
`,
    },
  },
  {
    name: 'dead letters are written after the commit',
    file: 'gather.ts',
    from: `  if (attempt.letters.length > 0) await context.deadLetters.write(attempt.letters);
`,
    to: '',
    also: {
      from: '  context.observe(gatheredBy(context, mine, attempt, segments.length));\n',
      to: `  if (attempt.letters.length > 0) await context.deadLetters.write(attempt.letters);
  context.observe(gatheredBy(context, mine, attempt, segments.length));
`,
    },
  },
  {
    name: 'late events are written after the commit',
    file: 'gather.ts',
    from: `  if (attempt.late.length > 0) await context.lateEvents?.write(attempt.late);
`,
    to: '',
    also: {
      from: '  context.observe(gatheredBy(context, mine, attempt, segments.length));\n',
      to: `  if (attempt.late.length > 0) await context.lateEvents?.write(attempt.late);
  context.observe(gatheredBy(context, mine, attempt, segments.length));
`,
    },
  },
  {
    name: 'events of a stage without keys are written after the commit',
    file: 'gather.ts',
    from: `  await writeEach(context.outlets, attempt.outputs);
`,
    to: '',
    also: {
      from: '  context.observe(gatheredBy(context, mine, attempt, segments.length));\n',
      to: `  await writeEach(context.outlets, attempt.outputs);
  context.observe(gatheredBy(context, mine, attempt, segments.length));
`,
    },
  },
  {
    name: 'a refused commit passes for one that holds',
    file: 'gather.ts',
    from: 'return requireCovered(context, lane, (reached) => !isAfter(attempt.position, reached));',
    to: 'return;',
  },
  {
    name: 'records before the position of the lane count again',
    file: 'attempt.ts',
    from: 'if (!isAfter(record.position, this.#mine.position)) continue;',
    to: '',
  },
  {
    name: 'a lane that has ended takes records',
    file: 'gather.ts',
    from: '  if (mine.ended) {',
    to: '  if (mine.ended && attempt.tally.records < 0) {',
  },
  {
    name: 'an event is judged by where its lane was before the batch',
    file: 'attempt.ts',
    from: 'return this.#contribute(decoded.event, eventTime, before, record);',
    to: 'return this.#contribute(decoded.event, eventTime, this.#mine.watermark, record);',
  },
  {
    name: 'what comes after the record at which a lane stops is taken',
    file: 'attempt.ts',
    from: `        this.stoppedBy = complaint.reason;
        return;`,
    to: `        this.stoppedBy = complaint.reason;
        continue;`,
  },
  // What holds the stage.
  {
    name: 'a stage closes what its fastest lane has passed',
    file: 'advance.ts',
    from: 'return Math.min(...lanes.map((lane) => lane.watermark));',
    to: 'return Math.max(...lanes.map((lane) => lane.watermark));',
  },
  {
    name: 'the set of lanes is read before the lanes',
    file: 'lane.ts',
    from: `    const items = await readAll(context.store, 'control', laneRange(context.stage.name));
    const byName = new Map(items.map((item) => [laneOf(item), toLane(item)]));
    const set = await context.store.get('control', lanesKey(context.stage.name));`,
    to: `    const set = await context.store.get('control', lanesKey(context.stage.name));
    const items = await readAll(context.store, 'control', laneRange(context.stage.name));
    const byName = new Map(items.map((item) => [laneOf(item), toLane(item)]));`,
  },
  {
    name: 'a lane that is not there yet does not hold the stage',
    file: 'lane.ts',
    from: 'if (lanes.every((lane) => lane !== undefined)) return lanes;',
    to: 'return lanes.filter((lane) => lane !== undefined);',
  },
  {
    name: 'the target of a bucket may fall',
    file: 'bucket.ts',
    from: 'bucketKey(stage.name, n), { set }, { below: { target } })',
    to: 'bucketKey(stage.name, n), { set }, {})',
  },
  // Registration.
  {
    name: 'the set of lanes does not ask whether it has changed',
    file: 'register.ts',
    from: '{ equals: { version } }',
    to: '{ exists: true }',
  },
  {
    name: 'first contact overwrites the set',
    file: 'register.ts',
    from: '{ set }, { exists: false });',
    to: '{ set }, {});',
  },
  {
    name: 'a stage reads records before those beside it are known',
    file: 'engine.ts',
    from: 'if (readers.length > 1) for (const context of readers) await meet(context);',
    to: '',
  },
  {
    name: 'a lane begins after what the stages beside it have read by now',
    file: 'register.ts',
    from: '(await readSet(context))?.delivered.get(lane) ?? BEFORE_ALL',
    to: '(await deliveredBefore(context, [{ lane, parents: [], closed: false }])).get(lane) ?? BEFORE_ALL',
  },
  {
    name: 'a lane takes part that is not in the set',
    file: 'gather.ts',
    from: '(mine.ended || (await isLetIn(context, lane)))',
    to: 'true',
  },
  {
    name: 'a lane comes into the set again after it has left',
    file: 'register.ts',
    from: 'if (set === undefined || (await readLane(context, lane)) !== undefined) return;',
    to: 'if (set === undefined) return;',
  },
  {
    name: 'a lane that comes late begins at the beginning',
    file: 'register.ts',
    from: 'return Math.max(await leastOf(context, others), set.floor, closed - 1, MIN_TIME);',
    to: 'return MIN_TIME;',
  },
  {
    name: 'a child does not wait for all of its parents',
    file: 'register.ts',
    from: "if (!parent?.ended && (holds || listed.has(name))) return 'waits';",
    to: '',
  },
  {
    name: 'a child begins at the highest watermark of its parents',
    file: 'register.ts',
    from: 'const start = Math.min(...watermarks);',
    to: 'const start = Math.max(...watermarks);',
  },
  {
    name: 'a child begins where a parent was that has left',
    file: 'register.ts',
    from: 'if (parent?.ended && holds) watermarks.push(parent.watermark);',
    to: 'if (parent?.ended) watermarks.push(parent.watermark);',
  },
  {
    name: 'a lane ends without having been read to its end',
    file: 'register.ts',
    from: 'if (!(await context.log.probe(name, after)).drained) return false;',
    to: '',
  },
  {
    name: 'parents leave before their children are there',
    file: 'register.ts',
    from: "if (states.includes('waits')) return;",
    to: '',
  },
  {
    name: 'a shard that is listed no more leaves by a listing older than the set',
    file: 'register.ts',
    from: 'for (const lane of before?.lanes ?? []) {',
    to: 'for (const lane of (await readSet(context))?.lanes ?? []) {',
  },
  // Idle lanes.
  {
    name: 'a lane with records that were not read passes for idle',
    file: 'tick.ts',
    from: '!lane.ended && !probe.behind && !probe.drained',
    to: '!lane.ended && !probe.drained',
  },
  {
    name: 'an idle lane follows the fastest of the others',
    file: 'tick.ts',
    from: 'return Math.min(...watermarks);',
    to: 'return Math.max(...watermarks);',
  },
  {
    name: 'an idle lane is never raised',
    file: 'tick.ts',
    from: 'await Promise.all(raises.map(({ lane, watermark }) => raise(context, lane, watermark)));',
    to: '',
  },
  // Firing.
  {
    name: 'what failed attempts have written is fired',
    file: 'segments.ts',
    from: 'if (!isAborted(lane, epoch)) merge(',
    to: 'merge(',
  },
  {
    name: 'failed attempts are read once a process',
    file: 'fire.ts',
    from: 'const isAborted = await readAborted(context);',
    to: `const known = context.memory as { aborted?: Awaited<ReturnType<typeof readAborted>> };
  known.aborted ??= await readAborted(context);
  const isAborted = known.aborted;`,
  },
  {
    name: 'what is fired may fall',
    file: 'bucket.ts',
    from: '{ set }, { below: set })) !== undefined',
    to: '{ set }, {})) !== undefined',
  },
  {
    name: 'a slot is fired for good before its results are out',
    file: 'outputs.ts',
    from: `    await this.write();
    await this.#deferred?.write();
    await commitFired(this.#context, this.bucket, this.#fired);
`,
    to: `    await commitFired(this.#context, this.bucket, this.#fired);
    await this.write();
    await this.#deferred?.write();
`,
  },
  {
    name: 'a slot is fired for good before the next stage has its results',
    file: 'outputs.ts',
    from: "    if (items.length > 0) await store.putAll('state', items);\n",
    to: '    Object.assign(this, { later: items });\n',
    also: {
      from: '    await commitFired(this.#context, this.bucket, this.#fired);\n',
      to: `    await commitFired(this.#context, this.bucket, this.#fired);
    const { later = [] } = this as { later?: never[] };
    if (later.length > 0) await this.#context.store.putAll('state', later);
`,
    },
  },
  {
    name: 'a late firing overwrites a newer state',
    file: 'keyed-states.ts',
    from: '{ set }, { below: { at: set.at } });',
    to: '{ set }, {});',
  },
  {
    name: 'a key is fired again on the state that its slot has made',
    file: 'fire-keyed.ts',
    from: 'if (at >= slot) continue;',
    to: '',
  },
  {
    name: 'states are written before what they tell is out',
    file: 'outputs.ts',
    from: `    await this.write();
    await this.#deferred?.write();
`,
    to: `    await this.#deferred?.write();
    await this.write();
`,
  },
  {
    name: 'a slot is fired for good before its states are written',
    file: 'outputs.ts',
    from: `    await this.#deferred?.write();
    await commitFired(this.#context, this.bucket, this.#fired);
`,
    to: `    await commitFired(this.#context, this.bucket, this.#fired);
    await this.#deferred?.write();
`,
  },
  {
    name: 'timers are written after the states',
    file: 'fire-keyed.ts',
    from: `    if (items.length > 0) await this.#context.store.putAll('state', items);
    this.#asked = [];
    await this.states.write();
`,
    to: `    await this.states.write();
    if (items.length > 0) await this.#context.store.putAll('state', items);
    this.#asked = [];
`,
  },
  {
    name: 'keys that were woken wait until their bucket is fired again',
    file: 'fire-keyed.ts',
    from: '      for (const [to, all] of timers) entryOf(woken, to, () => [] as string[]).push(...all);\n',
    to: '',
  },
  {
    name: 'keys are fired in the order in which they are found',
    file: 'outputs.ts',
    from: 'const sorted = [...keys].sort();',
    to: 'const sorted = [...keys];',
  },
  // Records that producers send again.
  {
    name: 'what was seen of producers is not handed to children',
    file: 'register.ts',
    from: 'mergedProducers(producers)',
    to: '[]',
    ofProducers: true,
  },
  {
    name: 'a child is handed what one of its parents has seen of producers',
    file: 'register.ts',
    from: 'mergedProducers(producers)',
    to: 'producers[0] ?? []',
    ofProducers: true,
  },
  {
    name: 'what was seen of producers is not committed',
    file: 'attempt.ts',
    from: '      ...(this.#producers && { producers: this.#producers.texts(this.arrivalTime) }),\n',
    to: '',
    ofProducers: true,
  },
  {
    name: 'of a chunk the last record alone is remembered',
    file: 'producers.ts',
    from: 'known?.chunk === chunk ? known.seen : new Uint8Array(SEEN_BYTES);',
    to: 'new Uint8Array(SEEN_BYTES);',
    ofProducers: true,
  },
  {
    name: 'records of chunks before the last one count again',
    file: 'producers.ts',
    from: 'if (known === undefined || chunk > known.chunk) return false;',
    to: 'if (known === undefined || chunk !== known.chunk) return false;',
    ofProducers: true,
  },
  {
    name: 'a producer is forgotten before its last copy can come',
    file: 'producers.ts',
    from: 'until === undefined || until >= time)',
    to: 'until === undefined || until >= time + 10_000)',
    ofProducers: true,
  },
  {
    name: 'a batch of copies alone is not committed',
    file: 'attempt.ts',
    from: 'return this.tally.records + this.duplicates > 0;',
    to: 'return this.tally.records > 0;',
    ofProducers: true,
  },
  // Chains.
  {
    name: 'the next stage closes what a bucket is about to fire',
    file: 'told.ts',
    from: 'firedThrough - 1 - (stage.operator.outputDelayMs ?? 0)',
    to: 'firedThrough - 1 + stage.resolutionMs',
  },
  {
    name: 'results that come late by design are not waited for',
    file: 'told.ts',
    from: ' - (stage.operator.outputDelayMs ?? 0)',
    to: '',
  },
  {
    name: 'results are judged by how far the bucket has come by now',
    file: 'told.ts',
    from: 'toldThrough(context, slot - context.stage.resolutionMs)',
    to: 'toldThrough(context, slot)',
  },
  {
    name: 'a bucket that has never fired does not hold the next stage',
    file: 'advance.ts',
    from: 'Math.min(...buckets.map((bucket) => bucket.firedThrough));',
    to: 'Math.min(...buckets.map((bucket) => bucket.firedThrough).filter((n) => n !== MIN_TIME));',
  },
];
