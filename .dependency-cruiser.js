/** The layers of ARCHITECTURE.md, as rules. */
/** `from` may have a folder in it that has rules of its own: `http/(?!studio/)`. */
const only = (from, allowed, packages) => ({
  name: `layer-${from.split('/(')[0]}`,
  comment: `${from.split('/(')[0]}/ may import ${allowed.join(', ') || 'nothing of the project'} and ${packages.join(', ')}`,
  severity: 'error',
  from: { path: from.endsWith(')') ? `^${from}` : `^${from}/` },
  to: {
    pathNot: [
      `^(${[from.split('/(')[0], ...allowed].join('|')})/`,
      `^node_modules/(${packages.join('|')})/`,
      '^(node:)?[a-z_/]+$',
    ],
  },
});

/** A folder of the runtime, and what it may import of the rest of it. */
const within = (from, folders, files) => ({
  name: `layer-${from}`,
  severity: 'error',
  from: { path: `^${from}/` },
  to: {
    path: '^runtime/',
    pathNot: [`^runtime/(${folders.join('|')})/`, `^runtime/(${files.join('|')})\\.ts$`],
  },
});
const contract = ['address', 'definition', 'errors', 'message', 'options', 'ports'];

export default {
  forbidden: [
    {
      name: 'circular',
      severity: 'error',
      from: {},
      to: { circular: true, viaOnly: { dependencyTypesNot: ['type-only'] } },
    },
    {
      name: 'no-orphans',
      severity: 'error',
      from: { orphan: true, pathNot: ['\\.test\\.ts$', '^test/bench/', '\\.d\\.ts$'] },
      to: {},
    },
    { name: 'unresolvable', severity: 'error', from: {}, to: { couldNotResolve: true } },
    only('machines', [], ['xstate', 'zod']),
    only('runtime', [], ['xstate', '@xstate/store', 'zod']),
    // The core knows the contract alone; the loop and the reading know nothing of each other.
    within('runtime/core', ['core'], contract),
    within('runtime/loop', ['loop', 'core'], [...contract, 'counters', 'mailbox-clock', 'status']),
    within('runtime/reading', ['reading', 'core'], contract),
    only('actors', ['machines', 'runtime'], ['xstate', 'zod', 'stripe', '@easypost/api']),
    only('persistence', ['runtime'], ['ioredis', 'nats', 'zod']),
    only(
      'http/(?!studio/)',
      ['runtime'],
      [
        ...['hono', '@hono/node-server', 'jose', 'oauth4webapi', 'prom-client', 'zod', 'xstate'],
        ...['elkjs', '@resvg/resvg-js'],
      ],
    ),
    only(
      'http/studio',
      ['http', 'runtime'],
      [
        '@?xstate',
        '@types',
        'eventsource-parser',
        'react',
        'react-dom',
        'uplot',
        'vite',
        '@vitejs/plugin-react',
      ],
    ),
    {
      name: 'the-page-takes-types-only',
      comment: 'what the page shares with the server is what the answers look like, and how a chart is read',
      severity: 'error',
      from: { path: '^http/studio/' },
      to: {
        path: '^(http|runtime)/',
        pathNot: '^http/(studio/|chart\\.ts$)',
        dependencyTypesNot: ['type-only'],
      },
    },
    {
      name: 'nothing-imports-the-page',
      severity: 'error',
      from: { pathNot: '^http/studio/' },
      to: { path: '^http/studio/' },
    },
    only('cli', ['runtime', 'persistence'], ['csv-parse', 'xstate', 'zod']),
    {
      name: 'only-the-root-imports-cli',
      severity: 'error',
      from: { pathNot: ['^test/', '^cli/', '^cli\\.ts$'] },
      to: { path: '^cli/' },
    },
    {
      name: 'nothing-imports-tests',
      severity: 'error',
      from: { pathNot: '^test/' },
      to: { path: '^test/' },
    },
    {
      name: 'only-the-root-imports-main',
      severity: 'error',
      from: { pathNot: '^test/' },
      to: { path: '^(main|cli)\\.ts$' },
    },
  ],
  options: {
    tsPreCompilationDeps: true,
    doNotFollow: { path: 'node_modules' },
    exclude: { path: '^http/studio/dist/' },
    tsConfig: { fileName: 'tsconfig.json' },
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['import', 'node', 'default', 'types'],
    },
  },
};
