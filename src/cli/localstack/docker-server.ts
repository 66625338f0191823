import { mkdirSync, rmSync } from 'node:fs';
import path from 'node:path';
import { ASSETS, VERSION } from './place.ts';
import { runTool } from './run-tool.ts';
import { checkPort, type Server, type ServerOptions, whoAnswers } from './server.ts';

/** LocalStack as a container, with its functions in containers beside it. */
export function dockerServer({ place, env, steps, signal }: ServerOptions): Server {
  const project = `tidemark-localstack-${place.port}`;
  const lines: string[] = [];
  const compose = (args: readonly string[], what: string, tell?: (line: string) => void) =>
    runTool({
      command: 'docker',
      args: ['compose', '--project-name', project, '--file', COMPOSE, ...args],
      env: { ...env, LOCALSTACK_PORT: String(place.port) },
      log: path.join(place.run, 'docker.log'),
      signal,
      code: args[0] === 'down' ? 'STOP_FAILED' : 'START_FAILED',
      what,
      onLine: tell ?? ((line) => void lines.push(line)),
    });
  return {
    how: 'as a container',
    async isRunning() {
      if ((await whoAnswers(place)) !== 'localstack') return false;
      lines.length = 0;
      await compose(['ps', '--quiet', '--status', 'running'], 'docker compose ps');
      return lines.some((line) => /^[0-9a-f]{12,}$/.test(line));
    },
    async start() {
      await checkPort(place);
      mkdirSync(place.run, { recursive: true });
      await steps.step(`starting LocalStack ${VERSION} at ${place.endpoint}`, (tell) =>
        compose(['up', '--detach', '--wait'], 'docker compose up', tell),
      );
    },
    async stop() {
      await compose(['down', '--volumes', '--remove-orphans'], 'docker compose down');
      rmSync(place.run, { recursive: true, force: true });
    },
  };
}

const COMPOSE = path.join(ASSETS, 'compose.yaml');
