import { describe, expect, test } from 'vitest';
import { dashboardsOf, templateText } from '../../../src/cli/localstack/dashboard.ts';
import { jarManifest } from '../../../src/cli/localstack/jar-manifest.ts';
import { awsEnvironment, placeOf } from '../../../src/cli/localstack/place.ts';
import { stepsOn } from '../../../src/cli/localstack/steps.ts';

describe('the manifest of a jar', () => {
  const long = Array.from({ length: 60 }, (_, n) => `lib/part-${n}.jar`).join(' ');
  const text = jarManifest({ 'Main-Class': 'a.B', 'Class-Path': long });

  test('has no line of more than 72 bytes, and ends with an empty one', () => {
    const lines = text.split('\r\n');
    expect(Math.max(...lines.map((line) => line.length))).toBe(72);
    expect(lines.slice(0, 2)).toEqual(['Manifest-Version: 1.0', 'Main-Class: a.B']);
    expect(text.endsWith('\r\n\r\n')).toBe(true);
  });

  test('says the same when its lines are put together again', () => {
    expect(text.replaceAll('\r\n ', '')).toContain(`\r\nClass-Path: ${long}\r\n`);
  });
});

describe('a text of a template', () => {
  test.each([
    ['plain', 'plain'],
    [{ Ref: 'Table' }, 'table-1'],
    [{ Ref: 'AWS::Region' }, 'us-east-1'],
    [{ 'Fn::GetAtt': ['Alarm', 'Arn'] }, 'arn:aws:cloudwatch:us-east-1:000000000000:alarm:alarm-1'],
    [{ 'Fn::Join': ['-', ['a', { Ref: 'Table' }, 'b']] }, 'a-table-1-b'],
    [undefined, ''],
  ])('%j is %s', (value, text) => {
    expect(templateText(value, (id) => `${id.toLowerCase()}-1`)).toBe(text);
  });
});

test('every dashboard of a template is put, whether it has a name or not', () => {
  const board = (Properties: object) => ({
    Type: 'AWS::CloudWatch::Dashboard',
    Properties: Properties as Record<string, unknown>,
  });
  const Resources = {
    One: board({ DashboardBody: { Ref: 'Table' } }),
    Table: { Type: 'AWS::DynamoDB::GlobalTable' },
    Two: board({ DashboardName: 'mine', DashboardBody: '{}' }),
  };
  expect(dashboardsOf({ Resources }, 'stack', (id) => `${id}-1`)).toEqual([
    { name: 'stack-One', body: 'Table-1' },
    { name: 'mine', body: '{}' },
  ]);
});

describe('where it lives', () => {
  test.each([
    [{ TIDEMARK_LOCALSTACK_HOME: '/x' }, '/x'],
    [{ XDG_CACHE_HOME: '/caches' }, '/caches/tidemark/localstack'],
    [{ XDG_CACHE_HOME: '/caches', TIDEMARK_LOCALSTACK_HOME: '/x' }, '/x'],
  ])('%j: %s', (env, home) => {
    expect(placeOf(4_567, env)).toMatchObject({ home, run: `${home}/run-4567` });
  });

  test('turns tools to it, whatever account they would have used', () => {
    const mine = { PATH: '/bin', AWS_PROFILE: 'mine', AWS_SESSION_TOKEN: 't', CDK_DOCKER: 'd' };
    const env = awsEnvironment(placeOf(4_567, {}), mine);
    expect(env).toMatchObject({ PATH: '/bin', AWS_ENDPOINT_URL: 'http://127.0.0.1:4567' });
    expect(Object.keys(env)).not.toEqual(
      expect.arrayContaining([expect.stringMatching(/PROFILE|SESSION_TOKEN|DOCKER/)]),
    );
  });
});

describe('steps that are told', () => {
  test('say how long they took, and whether they failed', async () => {
    let written = '';
    let time = 0;
    const steps = stepsOn({ screen: { write: (text) => (written += text) }, now: () => time });
    await steps.step('one', async () => {
      time += 1_500;
    });
    const failing = steps.step('two', async () => {
      throw new Error('no');
    });
    await expect(failing).rejects.toThrow('no');
    expect(written).toBe('  one: 1.5 s\nx two: failed after 0.0 s\n');
  });
});
