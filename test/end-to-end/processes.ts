import { execFileSync } from 'node:child_process';

/** Whether the process runs; one that nobody has fetched after its end does not. */
export const isAlive = (pid: number): boolean => listed().some((one) => one.pid === pid);

/** The processes that this one has started, and those that they have. */
export function descendants(pid: number): number[] {
  const all = listed();
  const children = (parent: number): number[] =>
    all
      .filter((one) => one.parent === parent)
      .flatMap((child) => [child.pid, ...children(child.pid)]);
  return children(pid);
}

/** Those of some processes whose command line has a part. */
export const runningAs = (part: string, pids: readonly number[]): number[] =>
  listed().flatMap(({ pid, command }) => (pids.includes(pid) && command.includes(part) ? pid : []));

interface Listed {
  readonly pid: number;
  readonly parent: number;
  readonly command: string;
}

function listed(): Listed[] {
  const lines = execFileSync('ps', ['-A', '-ww', '-o', 'pid=,ppid=,stat=,args='], {
    encoding: 'utf8',
  });
  return lines
    .trim()
    .split('\n')
    .map((line) => line.trim().split(/\s+/))
    .filter(([, , state]) => state?.startsWith('Z') !== true)
    .map(([pid, parent, , ...command]) => ({
      pid: Number(pid),
      parent: Number(parent),
      command: command.join(' '),
    }));
}
