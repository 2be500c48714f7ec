/** Vitest global set-up: one NATS and one Redis for the run; tests read the URLs with `inject`. */
import type { TestProject } from 'vitest/node';
import { findServers } from './servers.ts';

declare module 'vitest' {
  export interface ProvidedContext {
    natsUrl: string;
    redisUrl: string;
  }
}

let servers: Awaited<ReturnType<typeof findServers>> | undefined;

export async function setup(project: TestProject): Promise<void> {
  servers = await findServers();
  project.provide('natsUrl', servers.natsUrl);
  project.provide('redisUrl', servers.redisUrl);
}

export async function teardown(): Promise<void> {
  await servers?.stop();
}
