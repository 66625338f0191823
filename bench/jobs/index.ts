import { j1 } from './j1.ts';
import { j2 } from './j2.ts';
import { j3 } from './j3.ts';
import { j4 } from './j4.ts';
import { j5a } from './j5a.ts';
import { j5b } from './j5b.ts';
import { j6 } from './j6.ts';
import type { Job } from './job.ts';

export const JOBS: readonly Job[] = [j1, j2, j3, j4, j5a, j5b, j6];

export function jobNamed(name: string): Job {
  const found = JOBS.find((job) => job.name === name);
  if (found === undefined) throw new RangeError(`there is no job ${name}`);
  return found;
}
