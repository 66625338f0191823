import { expect, test } from 'vitest';
import type { PushedOutline } from '../../src/console/snapshot.ts';
import { listenTo } from '../support/push-client.ts';
import { start } from './start-process.ts';
import { until } from './until.ts';

test('npm start pushes alerts to its page, and to no page of another site', async () => {
  const { output } = start(['--port', '0', '--speed', '300']);
  await until(() => /Watch it at \S+/.test(output()));
  const page = new URL(/Watch it at (\S+)/.exec(output())?.[1] ?? '');
  const { pipeline, url } = (await (await fetch(new URL('/pushed', page))).json()) as PushedOutline;
  expect(pipeline).toBe('fraud');
  await expect(listenTo(url, { origin: 'https://elsewhere.example' })).rejects.toThrow('403');
  const { heard } = await listenTo(url, { origin: page.origin });
  await until(() => heard.length > 0, 150_000);
  expect(heard[0]).toEqual({
    identity: expect.stringMatching(/^[\w-]{43}$/),
    message: expect.objectContaining({
      reason: expect.stringMatching(/^(many orders|unusual amount)$/),
      user: expect.stringMatching(/^user-\d{4}$/),
      time: expect.any(Number),
    }),
  });
}, 240_000);
