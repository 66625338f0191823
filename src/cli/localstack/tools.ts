import { execFile } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { homedir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import type { Environment } from './place.ts';

/** What LocalStack needs where there is no Docker, beside Node and npm. */
export interface HostTools {
  /** An interpreter of exactly Python 3.13: LocalStack 4.14 runs on no other. */
  readonly python: string;
  /** The folder of a Java of 17 or later. */
  readonly javaHome: string;
  readonly maven: string;
}

export type FoundTools =
  | { readonly tools: HostTools; readonly missing: readonly [] }
  | { readonly tools: undefined; readonly missing: readonly string[] };

/** Looks for the tools; says of each that is not there what it is and how it can be named. */
export async function findHostTools(env: Environment): Promise<FoundTools> {
  const [python, javaHome, maven] = await Promise.all([
    findPython(env),
    findJava(env),
    says('mvn', ['--version'], env).then((text) => (/Apache Maven/.test(text) ? 'mvn' : undefined)),
  ]);
  if (python && javaHome && maven) return { tools: { python, javaHome, maven }, missing: [] };
  const missing = [
    ...(python ? [] : ['Python 3.13 (python3.13 on the path, or its path in PYTHON313)']),
    ...(javaHome ? [] : ['Java 17 or later (java on the path)']),
    ...(maven ? [] : ['Maven (mvn on the path)']),
  ];
  return { tools: undefined, missing };
}

/** Whether containers can be run here. */
export async function hasDocker(env: Environment): Promise<boolean> {
  const server = await says('docker', ['version', '--format', '{{.Server.Version}}'], env);
  if (!/^\d/.test(server)) return false;
  return /\d/.test(await says('docker', ['compose', 'version', '--short'], env));
}

async function findPython(env: Environment): Promise<string | undefined> {
  const candidates = [env.PYTHON313, 'python3.13', 'python3', ...pyenvs(env)];
  for (const python of candidates) {
    if (!python) continue;
    const text = await says(python, ['-c', PYTHON_SCRIPT], env);
    const [version, executable] = text.split('\n');
    if (version === '3.13' && executable) return executable;
  }
  return undefined;
}

/** The interpreter itself: what is on the path may be a shim that goes by the folder it is called in. */
const PYTHON_SCRIPT = 'import sys; print("%d.%d" % sys.version_info[:2]); print(sys.executable)';

function pyenvs(env: Environment): string[] {
  const versions = path.join(env.PYENV_ROOT ?? path.join(homedir(), '.pyenv'), 'versions');
  try {
    const names = readdirSync(versions).filter((name) => name.startsWith('3.13'));
    return names.map((name) => path.join(versions, name, 'bin/python'));
  } catch {
    return [];
  }
}

const JAVA_MIN = 17;

async function findJava(env: Environment): Promise<string | undefined> {
  const text = await says('java', ['-XshowSettings:properties', '-version'], env);
  const property = (name: string) =>
    new RegExp(`^\\s*${name} = (.*)$`, 'm').exec(text)?.[1]?.trim() ?? '';
  const version = Number(property('java.specification.version'));
  return version >= JAVA_MIN ? property('java.home') || undefined : undefined;
}

/** What a program prints; nothing if it is not there, or fails. */
async function says(command: string, args: readonly string[], env: Environment): Promise<string> {
  try {
    const { stdout, stderr } = await promisify(execFile)(command, args, {
      env: { ...env },
      timeout: 60_000,
    });
    return `${stdout}${stderr}`.trim();
  } catch {
    return '';
  }
}
