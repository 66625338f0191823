import fc from 'fast-check';

/**
 * Properties that draw the same cases every time, so that a change is judged by what it does and not by
 * what was drawn. `FC_SEED=n` draws others, `FC_SEED=random` new ones each time.
 */
const seed = process.env.FC_SEED ?? '1';
if (seed !== 'random') fc.configureGlobal({ seed: Number(seed) });

export default fc;
