import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import packageJson from 'tidemark/package.json' with { type: 'json' };
import { describe, expect, test } from 'vitest';
import { workplace } from '../../runtime/batch/workplace.ts';
import { called } from './called.ts';

const place = workplace();

/** That what it writes works is shown by test/packaging. */
describe('tidemark init', () => {
  test('tells what it wrote, and how it goes on', async () => {
    const folder = place.path('My App');
    const { code, out, err } = await called('init', folder);
    expect({ code, err }).toEqual({ code: 0, err: '' });
    expect(out.replaceAll(folder, 'DIR')).toBe(
      [
        'DIR:',
        ...['.gitignore', 'README.md', 'cdk.json', 'infra/app.ts', 'package.json'].map(indented),
        ...['src/handler.ts', 'src/pipeline.ts', 'test/pipeline.test.ts'].map(indented),
        indented('tsconfig.json'),
        'Next:',
        ...['cd DIR', 'npm install', 'npm test', 'npm run synth'].map(indented),
        '',
      ].join('\n'),
    );
    const manifest = JSON.parse(readFileSync(path.join(folder, 'package.json'), 'utf8'));
    expect(manifest).toMatchObject({
      name: 'my-app',
      dependencies: {
        tidemark: `^${packageJson.version}`,
        zod: packageJson.devDependencies.zod,
      },
    });
  });

  test('takes an empty folder', async () => {
    mkdirSync(place.path('empty'));
    expect((await called('init', place.path('empty'))).code).toBe(0);
  });

  test.each`
    what                         | said
    ${'a folder with something'} | ${'is not empty'}
    ${'a file'}                  | ${'is a file'}
  `('leaves $what alone', async ({ what, said }) => {
    const target = place.path(what);
    if (what === 'a file') writeFileSync(target, 'mine');
    else {
      mkdirSync(target);
      writeFileSync(path.join(target, 'package.json'), 'mine');
    }
    const { code, out, err } = await called('init', target);
    expect({ code, out }).toEqual({ code: 2, out: '' });
    expect(err).toContain(said);
    if (what !== 'a file') expect(readdirSync(target)).toEqual(['package.json']);
  });
});

const indented = (text: string): string => `  ${text}`;
