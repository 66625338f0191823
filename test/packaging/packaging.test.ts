import { existsSync, readdirSync, readFileSync, symlinkSync } from 'node:fs';
import path from 'node:path';
import { build } from 'esbuild';
import { describe, expect, test } from 'vitest';
import { installedPackage, manifest, root } from './installed-package.ts';

const project = installedPackage();
const readme = readFileSync(path.join(root, 'README.md'), 'utf8');
const [PIPELINE = '', TEST = ''] = [...readme.matchAll(/```ts\n(.*?)```/gs)].map(
  ([, code]) => code,
);

describe('what npm packs', () => {
  test('holds what users need, and nothing of the repository besides', () => {
    const installed = project.path('node_modules/tidemark');
    const names = readdirSync(installed).sort();
    expect(names).toEqual([
      ...['ARCHITECTURE.md', 'CHANGELOG.md', 'LICENSE', 'README.md', 'dist', 'docs'],
      ...['package.json', 'src', 'starter'],
    ]);
    expect(existsSync(path.join(installed, 'src/cli'))).toBe(false);
  });

  test('can be imported by every export path', () => {
    const paths = Object.keys(manifest.exports).filter((key) => !key.endsWith('.json'));
    expect(paths.length).toBeGreaterThan(5);
    // By Node's own loader, not by that of the test runner.
    const script = paths.map((key, i) => {
      const name = path.posix.join('tidemark', key);
      return `import * as m${i} from '${name}'; console.log('${key}', Object.keys(m${i}).length > 0);`;
    });
    const printed = project.node(['--input-type=module', '-e', script.join('\n')], SILENT);
    expect(printed).toBe(paths.map((key) => `${key} true\n`).join(''));
  });

  test('runs the example of the README, and its test', () => {
    project.write('readme/pipeline.ts', PIPELINE);
    project.write('readme/test.ts', `${TEST}\nconsole.log('all as said');\n`);
    expect(project.node(['--import', 'tsx', 'readme/test.ts'])).toBe('all as said\n');
  });

  test('has the command', () => {
    expect(project.node([project.bin('tidemark'), '--version'])).toBe(`${manifest.version}\n`);
  });
});

/**
 * Bytes, minified. What a plan of one window takes is the DSL and its checks, not the engine; what the other
 * exports need goes as long as nobody imports them.
 */
const CORE_BYTES_MAX = 80_000;

describe('a bundle of what the core exports', () => {
  test('holds no AWS client, nor any other package', async () => {
    const { outputs, inputs } = await bundled("export * from 'tidemark';");
    const packages = Object.keys(inputs).flatMap((file) =>
      [...file.matchAll(/node_modules\/((?:@[^/]+\/)?[^/]+)/g)].map(([, name]) => name),
    );
    expect(new Set(packages)).toEqual(new Set(['tidemark']));
    const imported = Object.values(outputs).flatMap((output) => output.imports);
    expect(imported.map(({ path }) => path).filter((name) => !/^node:/.test(name))).toEqual([]);
  });

  test('is small', async () => {
    const { bytes } = await bundled(PIPELINE.replace(/^import \* as z .*$/m, 'const z: any = {};'));
    expect(bytes).toBeGreaterThan(5_000);
    expect(bytes).toBeLessThan(CORE_BYTES_MAX);
  });
});

describe('tidemark init', () => {
  test('writes an app that passes its own test and type check, and synthesizes', () => {
    project.node([project.bin('tidemark'), 'init', 'app']);
    const app = project.path('app');
    const { scripts } = JSON.parse(readFileSync(path.join(app, 'package.json'), 'utf8'));
    expect(scripts.test).toBe('node --import tsx --test test/*.test.ts');
    const tested = project.node(['--import', 'tsx', '--test', 'test/pipeline.test.ts'], {}, app);
    expect(tested).toMatch(/^# pass 2$/m);
    expect(project.node([project.path('node_modules/typescript/bin/tsc')], {}, app)).toBe('');
    // What `npm install` leaves; CDK looks for the root of the project by the second.
    symlinkSync(project.path('node_modules'), path.join(app, 'node_modules'), 'dir');
    project.write('app/package-lock.json', '{}');
    const { app: command } = JSON.parse(readFileSync(path.join(app, 'cdk.json'), 'utf8'));
    project.node(command.split(' ').slice(1), { ...SILENT, CDK_OUTDIR: 'cdk.out' }, app);
    const template = readFileSync(path.join(app, 'cdk.out/clicks.template.json'), 'utf8');
    expect(template).toContain('AWS::Lambda::EventSourceMapping');
  }, 240_000);
});

const SILENT = {
  AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED: 'true',
  CDK_VALIDATION: 'false',
};

async function bundled(contents: string) {
  const { metafile, outputFiles } = await build({
    stdin: { contents, resolveDir: project.path('.'), loader: 'ts' },
    bundle: true,
    minify: true,
    format: 'esm',
    platform: 'node',
    metafile: true,
    write: false,
  });
  const bytes = outputFiles.reduce((sum, file) => sum + file.contents.length, 0);
  return { bytes, ...metafile };
}
