import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import path from 'node:path';
import { Match, Template } from 'aws-cdk-lib/assertions';
import { App } from 'aws-cdk-lib/core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { AwsSolutionsChecks } from '../../infra/nag.ts';
import { settingsOf } from '../../infra/settings.ts';

const ROOT = path.resolve(import.meta.dirname, '../..');

/** What docs/operations.md says is to be written, by the file that it names before. */
const written = new Map(
  [
    ...readFileSync(path.join(ROOT, 'docs/operations.md'), 'utf8').matchAll(
      /^`([\w/]+\.ts)`.*\n\n```ts\n([^`]*)```/gm,
    ),
  ].map(([, file = '', code = '']) => [file, code]),
);

/** Whoever has done as it says has the pipeline already, and the tests of the stack see it. */
const isAdded = existsSync(path.join(ROOT, 'functions/orders'));
if (isAdded) console.info('skipped: there is a folder functions/orders already');

/** The repository's own, with the pipeline added. Inside of it, so that `tidemark` names the library. */
let copy = '';
beforeAll(() => {
  copy = mkdtempSync(path.join(import.meta.dirname, '.copy-'));
  for (const folder of ['infra', 'functions']) {
    cpSync(path.join(ROOT, folder), path.join(copy, folder), { recursive: true });
  }
});
afterAll(() => rmSync(copy, { recursive: true }));

test('a pipeline is added by a folder of functions/ and a line of infra/stack.ts', async ({
  skip,
}) => {
  skip(isAdded);
  expect([...written.keys()]).toEqual([
    'functions/orders/pipeline.ts',
    'functions/orders/handler.ts',
    'infra/stack.ts',
  ]);
  const handler = path.join(ROOT, 'functions/clickstream/handler.ts');
  expect(written.get('functions/orders/handler.ts')).toBe(readFileSync(handler, 'utf8'));
  const [imported, line, ...more] = String(written.get('infra/stack.ts')).trim().split('\n');
  expect(more).toEqual([]);
  mkdirSync(path.join(copy, 'functions/orders'));
  for (const [file, code] of written) writeFileSync(path.join(copy, file), code);
  const stackFile = path.join(copy, 'infra/stack.ts');
  const stack = readFileSync(path.join(ROOT, 'infra/stack.ts'), 'utf8');
  const edited = `${imported}\n${stack.replace(/^ *new FolderPipeline/m, `${line}\n$&`)}`;
  expect(edited.split('\n')).toHaveLength(stack.split('\n').length + 2);
  writeFileSync(stackFile, edited);
  const { TidemarkStack } = (await import(stackFile)) as typeof import('../../infra/stack.ts');
  const app = new App({
    outdir: path.join(copy, 'cdk.out'),
    context: { 'aws:cdk:bundling-stacks': [] },
  });
  const made = new TidemarkStack(
    app,
    'tidemark',
    settingsOf(() => undefined),
  );

  const template = Template.fromStack(made);
  const deployed = edited.match(/^ {0,4}new FolderPipeline/gm);
  template.resourceCountIs('AWS::CloudWatch::Dashboard', deployed?.length ?? 0);
  template.hasOutput('Streamorders', {});
  expect(Object.keys(template.findOutputs('*'))).toContainEqual(
    expect.stringMatching(/^OrdersTablerevenue/),
  );
  template.hasResourceProperties('AWS::CloudWatch::Alarm', {
    Dimensions: Match.arrayWith([{ Name: 'pipeline', Value: 'tidemark/Orders' }]),
    AlarmActions: [{ Ref: Match.stringLikeRegexp('^NoticesTopic') }],
  });
  expect(new AwsSolutionsChecks(made).validateScope(made).violations).toEqual([]);
});
