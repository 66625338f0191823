import { createHash } from 'node:crypto';
import {
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import path from 'node:path';
import { jarManifest } from './jar-manifest.ts';
import { ASSETS, type Environment, type Place } from './place.ts';
import { runTool } from './run-tool.ts';
import type { Steps } from './steps.ts';
import type { HostTools } from './tools.ts';

/** Where the parts of an installation are. */
export interface Installation {
  readonly folder: string;
  readonly python: string;
  /** What LocalStack looks for under /var/lib/localstack/lib. */
  readonly lib: string;
}

/** The one that LocalStack 4.14.0 asks npm for. */
const KINESIS_VERSION = '0.5.2';
const UV_VERSION = '0.13.9';
const CONSTRAINTS = path.join(ASSETS, 'constraints.txt');
const POM = path.join(ASSETS, 'dynamodb-local.pom.xml');

/** What this version of the repository installs; another one is installed beside it. */
function installationOf({ home }: Place): Installation {
  const hash = createHash('sha256').update(KINESIS_VERSION);
  for (const file of [CONSTRAINTS, POM]) hash.update(readFileSync(file));
  const folder = path.join(home, `host-${hash.digest('hex').slice(0, 12)}`);
  return {
    folder,
    python: path.join(folder, 'venv/bin/python'),
    lib: path.join(folder, 'lib'),
  };
}

export interface HostInstall {
  readonly place: Place;
  readonly tools: HostTools;
  readonly env: Environment;
  readonly steps: Steps;
  readonly signal: AbortSignal;
}

/**
 * Installs LocalStack from PyPI, npm and Maven Central, unless it is there. A part that was interrupted is
 * made anew.
 *
 * @throws LocalStackError INSTALL_FAILED
 */
export async function install(options: HostInstall): Promise<Installation> {
  const installation = installationOf(options.place);
  const { folder } = installation;
  for (const part of PARTS) {
    const stamp = path.join(folder, `${part.name}.installed`);
    if (existsSync(stamp)) continue;
    mkdirSync(temporaryOf(installation), { recursive: true });
    await options.steps.step(`installing ${part.title} into ${folder}`, async (tell) => {
      const run = toolRunner(options, installation, tell);
      await part.install(installation, options.tools, run);
      writeFileSync(stamp, '');
    });
  }
  return installation;
}

/** What tools leave there stays with the installation. */
const temporaryOf = ({ folder }: Installation): string => path.join(folder, 'tmp');

type Run = (command: string, args: readonly string[], cwd?: string) => Promise<void>;

function toolRunner(
  { env, signal }: HostInstall,
  installation: Installation,
  tell: (detail: string) => void,
): Run {
  const { folder } = installation;
  return (command, args, cwd = folder) =>
    runTool({
      command,
      args,
      cwd,
      env: { ...env, TMPDIR: temporaryOf(installation) },
      signal,
      log: path.join(folder, 'install.log'),
      onLine: tell,
      code: 'INSTALL_FAILED',
      what: `${path.basename(command)} ${args[0]}`,
    });
}

interface Part {
  readonly name: string;
  readonly title: string;
  install(installation: Installation, tools: HostTools, run: Run): Promise<void>;
}

const PARTS: readonly Part[] = [
  { name: 'python', title: 'LocalStack 4.14.0 (430 MB, once)', install: installPython },
  { name: 'kinesis', title: `kinesis-local ${KINESIS_VERSION}`, install: installKinesis },
  { name: 'dynamodb', title: 'DynamoDB Local', install: installDynamodb },
  { name: 'java', title: 'a link to Java', install: linkJava },
];

/** Every package by its pinned version, and none that the list does not name. */
async function installPython({ folder, python }: Installation, tools: HostTools, run: Run) {
  await run(tools.python, ['-m', 'venv', '--clear', path.join(folder, 'venv')]);
  const pip = ['-m', 'pip', 'install', '--disable-pip-version-check', '--no-deps'];
  await run(python, [...pip, `uv==${UV_VERSION}`]);
  const uv = path.join(path.dirname(python), 'uv');
  await run(uv, ['pip', 'install', '--python', python, '--no-deps', '-r', CONSTRAINTS]);
}

async function installKinesis({ lib }: Installation, _tools: HostTools, run: Run) {
  const folder = path.join(lib, 'kinesis-local', KINESIS_VERSION);
  mkdirSync(folder, { recursive: true });
  const quiet = ['--no-audit', '--no-fund', '--prefix', folder];
  await run('npm', ['install', ...quiet, `kinesis-local@${KINESIS_VERSION}`], folder);
}

/** Laid out as LocalStack expects it. AWS's own jar stays as it is: its licence asks for that. */
async function installDynamodb({ lib, python }: Installation, { maven }: HostTools, run: Run) {
  const folder = path.join(lib, 'dynamodb-local/2');
  const jars = path.join(folder, 'DynamoDBLocal_lib');
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(path.join(folder, 'META-INF'), { recursive: true });
  const copy = ['dependency:copy-dependencies', '-DincludeScope=runtime'];
  await run(maven, ['-q', '-B', '-f', POM, ...copy, `-DoutputDirectory=${jars}`]);
  const names = readdirSync(jars).filter((name) => name.endsWith('.jar'));
  const agent = names.find((name) => name.startsWith('byte-buddy-agent-')) ?? '';
  cpSync(path.join(jars, agent), path.join(folder, 'ddb-local-loader-0.1.jar'));
  // Nothing but a list of the others, and which of their classes to run.
  const manifest = jarManifest({
    'Main-Class': 'software.amazon.dynamodb.services.local.main.ServerRunner',
    'Class-Path': names
      .sort()
      .map((name) => `DynamoDBLocal_lib/${name}`)
      .join(' '),
  });
  writeFileSync(path.join(folder, 'META-INF/MANIFEST.MF'), manifest);
  await run(python, ['-m', 'zipfile', '-c', 'DynamoDBLocal.jar', 'META-INF/'], folder);
}

async function linkJava({ lib }: Installation, { javaHome }: HostTools) {
  const link = path.join(lib, 'java/21');
  mkdirSync(path.dirname(link), { recursive: true });
  rmSync(link, { force: true });
  symlinkSync(javaHome, link);
}
