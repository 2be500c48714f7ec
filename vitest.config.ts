import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';

const studio = 'test/studio/**/*.test.ts';

// Tests start the program some hundred times: it is stripped of its types and compiled once. Children inherit it.
process.env['NODE_COMPILE_CACHE'] ??= fileURLToPath(new URL('node_modules/.cache/compiled', import.meta.url));

export default defineConfig({
  test: {
    testTimeout: 60_000,
    hookTimeout: 120_000,
    // One more than cores: files wait for servers and browsers.
    maxWorkers: 3,
    // Files share nothing that they could leave behind; to load everything anew for each takes longer than most of them.
    isolate: false,
    // As the program is started: most of what is made lives for a turn.
    execArgv: ['--max-semi-space-size=32', '--min-semi-space-size=32'],
    projects: [
      {
        extends: true,
        test: {
          name: 'waybill',
          include: ['test/**/*.test.ts'],
          exclude: [studio],
          globalSetup: ['test/support/global-setup.ts'],
        },
      },
      // They need the page, built once for all of them, and no servers.
      { extends: true, test: { name: 'studio', include: [studio], globalSetup: ['test/studio/build.ts'] } },
    ],
  },
});
