/** What `waybill export` has written, looked at with the project's own tools. */
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { ESLint } from 'eslint';
import ts from 'typescript';
import { ended, root } from './command.ts';

export interface Incidents {
  readonly folder: string;
  /** Every test in it. */
  files(): Promise<string[]>;
  /** Runs them: what Vitest says, and whether each file has passed. */
  test(): Promise<{ said: string; states: Record<string, string> }>;
  /** What is wrong with their types, by the rules of the project. */
  types(files: readonly string[]): string[];
  lint(files: readonly string[]): Promise<string[]>;
  close(): Promise<void>;
}

/** In the project, so that imports find it; in a folder that the project's own tests and git leave alone. */
export async function makeIncidents(): Promise<Incidents> {
  await mkdir(join(root, 'data'), { recursive: true });
  const folder = await mkdtemp(join(root, 'data', 'incidents-'));
  const report = join(folder, 'report.json');
  const inOneThread = { root: folder, isolate: false, maxWorkers: 1, pool: 'threads' };
  const told = { reporters: ['default', 'json'], outputFile: report };
  const vitest = join(folder, 'vitest.config.ts');
  await writeFile(vitest, `export default { test: ${JSON.stringify({ ...inOneThread, ...told })} };\n`);
  const typescript = join(folder, 'tsconfig.json');
  await writeFile(typescript, JSON.stringify({ extends: '../../tsconfig.json', include: ['*.ts'] }));
  return {
    folder,
    files: async () => {
      const names = (await readdir(folder)).filter((name) => name.endsWith('.test.ts'));
      return names.map((name) => join(folder, name));
    },
    test: async () => {
      const { stdout, stderr } = await ended(
        ['node_modules/vitest/vitest.mjs', 'run', '--config', vitest],
        {},
      );
      const { testResults } = JSON.parse(await readFile(report, 'utf8')) as Report;
      const states = Object.fromEntries(testResults.map(({ name, status }) => [basename(name), status]));
      return { said: stdout + stderr, states };
    },
    types: (files) => typeErrors(typescript, files),
    lint: async (files) => {
      const results = await new ESLint({ cwd: root, ignore: false }).lintFiles([...files]);
      return results.flatMap(({ messages }) => messages.map(({ message }) => message));
    },
    close: () => rm(folder, { recursive: true, force: true }),
  };
}

interface Report {
  readonly testResults: readonly { readonly name: string; readonly status: string }[];
}

/** Of these files alone: what they import is checked with the project. */
function typeErrors(config: string, files: readonly string[]): string[] {
  const { config: given } = ts.readConfigFile(config, (path) => ts.sys.readFile(path)) as { config: unknown };
  const { options } = ts.parseJsonConfigFileContent(given, ts.sys, dirname(config));
  const program = ts.createProgram(files, options);
  const sources = files.map((file) => program.getSourceFile(file));
  const found = [
    ...program.getOptionsDiagnostics(),
    ...sources.flatMap((source) => [
      ...program.getSyntacticDiagnostics(source),
      ...program.getSemanticDiagnostics(source),
    ]),
  ];
  return found.map(({ messageText }) => ts.flattenDiagnosticMessageText(messageText, '\n'));
}
