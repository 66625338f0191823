import {
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  renameSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import packageJson from 'tidemark/package.json' with { type: 'json' };
import { ConfigurationError } from '../../errors.ts';

/**
 * Writes a small app into a folder that is empty or not there yet: a pipeline, its handler, its test and its
 * deployment. Returns the files, as they are named inside of the folder.
 */
export function writeStarter(folder: string): string[] {
  mkdirSync(folder, { recursive: true });
  cpSync(templateFolder(), folder, { recursive: true });
  // npm leaves files of the real name out of packages.
  renameSync(path.join(folder, 'gitignore'), path.join(folder, '.gitignore'));
  const manifest = JSON.stringify(manifestOf(path.basename(path.resolve(folder))), undefined, 2);
  writeFileSync(path.join(folder, 'package.json'), `${manifest}\n`);
  return filesIn(folder);
}

/** @throws ConfigurationError OUTPUT_INVALID where there is anything that could be written over */
export function checkEmpty(folder: string): void {
  if (!existsSync(folder)) return;
  const isFolder = statSync(folder).isDirectory();
  if (isFolder && readdirSync(folder).length === 0) return;
  throw new ConfigurationError(
    'OUTPUT_INVALID',
    isFolder ? `the folder '${folder}' is not empty` : `'${folder}' is a file`,
    'Name a folder that is empty, or that is not there yet.',
  );
}

/** Beside package.json, in the repository as in what is installed. */
const templateFolder = (): string =>
  path.join(
    path.dirname(createRequire(import.meta.url).resolve('tidemark/package.json')),
    'starter',
  );

/** Versions are those that this release is tested with. */
function manifestOf(folderName: string): object {
  const { version, devDependencies, engines } = packageJson;
  const pick = (...names: (keyof typeof devDependencies)[]) =>
    Object.fromEntries(names.map((name) => [name, devDependencies[name]]));
  return {
    name: packageNameOf(folderName),
    version: '0.1.0',
    private: true,
    type: 'module',
    engines,
    scripts: {
      test: 'node --import tsx --test test/*.test.ts',
      typecheck: 'tsc',
      synth: 'cdk synth --quiet',
      deploy: 'cdk deploy',
    },
    dependencies: {
      ...pick('@aws-sdk/client-dynamodb', '@aws-sdk/client-kinesis'),
      tidemark: `^${version}`,
      ...pick('zod'),
    },
    devDependencies: pick(
      ...([
        '@types/node',
        'aws-cdk',
        'aws-cdk-lib',
        'constructs',
        'esbuild',
        'tsx',
        'typescript',
      ] as const),
    ),
  };
}

/** npm takes small letters, digits, and . _ - not at the beginning. */
const packageNameOf = (text: string): string =>
  text
    .toLowerCase()
    .replace(/[^a-z0-9._-]+/g, '-')
    .replace(/^[._-]+/, '') || 'app';

const filesIn = (folder: string): string[] =>
  readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => path.relative(folder, path.join(entry.parentPath, entry.name)))
    .map((file) => file.split(path.sep).join('/'))
    .sort();
