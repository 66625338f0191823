import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';

/**
 * `npm run first-hour`: goes the way of somebody new, by commands that are run as they stand, and writes what
 * they printed and how long they took into docs/first-hour.md. Needs a build, and a registry for the install.
 */
interface Step {
  readonly say: string;
  /** As one types it. */
  readonly command: string;
  /** What is run in its place, where the package does not come from a registry. */
  readonly run?: string;
  /** From the repository, or the new app. Default: beside the app. */
  readonly in?: 'repository' | 'app';
  /** How many of the last lines are shown. Default 12. */
  readonly lines?: number;
}

const root = path.resolve(import.meta.dirname, '..');
const folder = mkdtempSync(path.join(tmpdir(), 'tidemark-first-hour-'));
const tarball = path.join(
  folder,
  told(`npm pack --ignore-scripts --silent --pack-destination ${folder}`, root).text.trim(),
);
const CLI = 'node --import tsx node_modules/tidemark/dist/cli.js';
const CLICKS = [
  '12:00:10 /home',
  '12:04:50 /home',
  '12:06:00 /buy',
  '12:04:30 /home',
  '12:11:00 /home',
];
const clicks = CLICKS.map((click) => {
  const [time, url] = click.split(' ');
  return JSON.stringify({ timestamp: `2026-03-01T${time}Z`, url });
});

const STEPS: readonly Step[] = [
  {
    say: 'Everything at once, from a clone after `npm install`: a stream, its pipeline, and a check of what it counted.',
    command: 'npm start -- --exit --speed max --events 3000',
    in: 'repository',
    lines: 30,
  },
  {
    say: 'A project of your own.',
    command: 'npx tidemark init clicks',
    run: `npm exec --yes --package ${tarball} -- tidemark init clicks`,
    lines: 20,
  },
  {
    say: 'What it needs. AWS CDK is the most of it.',
    command: 'cd clicks && npm install',
    run: `npm install --no-audit --no-fund --prefer-offline --loglevel error ${tarball}`,
    in: 'app',
    lines: 3,
  },
  { say: 'Its test, in virtual time.', command: 'npm test', in: 'app', lines: 20 },
  { say: 'Its types.', command: 'npm run typecheck', in: 'app' },
  {
    say: 'A few events of your own in a file, in the order in which they arrived.',
    command: 'cat clicks.jsonl',
    in: 'app',
  },
  {
    say: 'The first result: the same pipeline over the file. From Node 22.18 on it is `npx tidemark run …`.',
    command: `${CLI} run src/pipeline.ts --input clicks.jsonl --output results`,
    in: 'app',
  },
  { say: 'What it counted.', command: 'cat results/page-clicks.jsonl', in: 'app' },
  {
    say: 'How much disorder there is in them, for `outOfOrderness`.',
    command: 'npx tidemark lateness clicks.jsonl --field timestamp',
    in: 'app',
    lines: 16,
  },
  { say: 'What would be deployed, offline.', command: 'npm run synth', in: 'app', lines: 4 },
  {
    say: 'Which resources those are.',
    command:
      'grep -ho \'"Type": "AWS::[^"]*"\' cdk.out/clicks.template.json | sort | uniq -c | sort -rn',
    in: 'app',
    lines: 30,
  },
];

const INTRODUCTION = `# The first hour

What somebody new sees, from nothing to a deployment that is ready to go: the commands, what they print and how long
they took. \`npm run first-hour\` runs them and writes this page; the package is the one that \`npm pack\` makes, in place of
the registry's. You need Node 20.19 or later. Times are those of two cores that had other work besides.
`;

const parts = STEPS.map((step) => {
  if (step.command === 'cat clicks.jsonl')
    writeFileSync(placed('clicks/clicks.jsonl'), `${clicks.join('\n')}\n`);
  const { text, seconds, code } = told(step.run ?? step.command, placeOf(step));
  console.log(`${seconds.toFixed(1)} s  ${step.command}`);
  if (code !== 0) throw new Error(`${step.command} ended with ${code}:\n${text}`);
  return shown(step, text, seconds);
});
const END = `From here: the [guide](guide/README.md) for how it works, [how to](how-to/README.md) for what you want to do,
[operations](operations.md) for what \`npx cdk deploy\` makes and tells.
`;
writeFileSync(path.join(root, 'docs/first-hour.md'), [INTRODUCTION, ...parts, END].join('\n'));
rmSync(folder, { recursive: true });

function placed(name: string): string {
  return path.join(folder, name);
}

function placeOf(step: Step): string {
  return step.in === 'repository' ? root : step.in === 'app' ? placed('clicks') : folder;
}

function told(
  command: string,
  cwd: string,
): { text: string; seconds: number; code: number | null } {
  const begun = performance.now();
  const env = { ...process.env, NO_COLOR: '1', FORCE_COLOR: '0', CDK_DISABLE_VERSION_CHECK: '1' };
  // What npm tells those whom it runs would be told to the npm of the app as well.
  for (const name of Object.keys(env))
    if (name.startsWith('npm_')) delete env[name as keyof typeof env];
  const { stdout, stderr, status } = spawnSync('bash', ['-c', command], {
    cwd,
    env,
    encoding: 'utf8',
  });
  return {
    text: stdout + (status === 0 ? '' : stderr),
    seconds: (performance.now() - begun) / 1_000,
    code: status,
  };
}

function shown({ say, command, lines = 12 }: Step, text: string, seconds: number): string {
  const printed = text
    .replaceAll(folder, '~')
    .split('\n')
    .map((line) => line.trimEnd())
    .filter((line, i, all) => line !== '' || (all[i - 1] ?? '') !== '');
  const rest = printed
    .filter((line) => !line.startsWith('> '))
    .join('\n')
    .replace(/^\n+|\n+$/g, '') // Blank lines, and not what the first one is indented by.
    .split('\n');
  const cut = rest.length > lines ? ['…', ...rest.slice(-lines)] : rest;
  const output = cut.join('\n').trim() === '' ? '' : `\n\n\`\`\`text\n${cut.join('\n')}\n\`\`\``;
  return `${say} ${seconds < 1 ? 'At once' : `${Math.round(seconds)} s`}.\n\n\`\`\`sh\n${command}\n\`\`\`${output}\n`;
}
