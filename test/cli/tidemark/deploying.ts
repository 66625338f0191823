import { afterAll, beforeAll, vi } from 'vitest';
import { RESOURCES_VARIABLE } from '../../../src/environment.ts';
import type { Plan } from '../../../src/index.ts';
import {
  type LocalPipeline,
  type LocalServers,
  localPipeline,
  startServers,
} from '../../support/local-pipeline.ts';

/** Servers for the tests of one file, which the commands find by their environment. */
export function useDeployments() {
  let servers: LocalServers;
  beforeAll(async () => {
    servers = await startServers();
    for (const [name, value] of Object.entries(servers.env)) vi.stubEnv(name, value);
  }, 60_000);
  afterAll(async () => {
    vi.unstubAllEnvs();
    await servers.stop();
  });
  return {
    servers: () => servers,
    /** The commands that follow are about this one. */
    async deploy(plan: Plan): Promise<LocalPipeline> {
      const deployed = await localPipeline(servers, plan);
      vi.stubEnv(RESOURCES_VARIABLE, JSON.stringify(deployed.resources));
      return deployed;
    },
  };
}
