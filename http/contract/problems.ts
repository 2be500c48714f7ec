/** The problems of RFC 9457 as schemas, with the fields that each of them has besides. */
import { z } from 'zod';
import { problems, type ProblemName } from '../problems.ts';
import { answers, fieldErrors } from './answers.ts';
import type { AnswerHeader } from './route.ts';
import { refTo, type Schema } from './schema.ts';

const texts = z.array(z.string());
const refusal = {
  state: answers.StateValue.optional().describe('Where the actor is'),
  event: z.string().optional(),
  allowed: texts.describe('What it would take now'),
};

const fields: Readonly<Partial<Record<ProblemName, z.ZodRawShape>>> = {
  'not-found': {
    commands: texts.optional().describe('The commands that there are'),
    missing: z.strictObject({ kind: z.string(), id: z.string() }).optional(),
  },
  'illegal-transition': refusal,
  'guard-refused': {
    ...refusal,
    guard: z.string(),
    conditions: texts.optional().describe('What the guards ask for, in words'),
  },
  'already-exists': { location: z.string() },
  'stale-version': { version: z.int().optional().describe('The present one') },
  invalid: { errors: fieldErrors, more: z.int().optional().describe('Errors that are left out') },
  'dead-letter': { id: z.string().describe('Of the dead letter'), cause: z.string() },
  unavailable: { why: texts.optional() },
  'unknown-outcome': { id: z.string().optional().describe('For Idempotency-Key, to ask again') },
};

export const problemNames = Object.keys(problems) as ProblemName[];

/** `illegal-transition` → `IllegalTransitionProblem`. */
export function problemSchemaName(name: ProblemName): string {
  return `${name.replace(/(?:^|-)([a-z])/g, (_, letter: string) => letter.toUpperCase())}Problem`;
}

export function problemSchemas(): Record<string, z.ZodType> {
  return Object.fromEntries(problemNames.map((name) => [problemSchemaName(name), problemSchema(name)]));
}

function problemSchema(name: ProblemName): z.ZodType {
  const { status, title, meaning } = problems[name];
  return z
    .strictObject({
      type: z.literal(`/problems/${name}`),
      title: z.literal(title),
      status: z.literal(status),
      detail: z.string().describe('What happened this time'),
      instance: z.string().optional().describe('The path of the request'),
      ...fields[name],
    })
    .describe(meaning);
}

/** By status, as references: many operations share them. */
export function problemResponses(names: readonly ProblemName[]): Record<string, Schema> {
  return Object.fromEntries(
    byStatus(names).map(([status, group]) => [status, { $ref: `#/components/responses/${group.join('.')}` }]),
  );
}

/** What those references lead to. */
export function sharedResponses(all: readonly (readonly ProblemName[])[]): Record<string, object> {
  const groups = all.flatMap((names) => byStatus(names).map(([, group]) => group));
  return Object.fromEntries(groups.map((group) => [group.join('.'), responseOf(group)]));
}

/** Several problems may share a status. */
function byStatus(names: readonly ProblemName[]): [string, ProblemName[]][] {
  const groups = Map.groupBy(names, (name) => problems[name].status);
  return [...groups].map(([status, group]) => [String(status), group]);
}

/** Those that say when to ask again. */
const timed: ReadonlySet<ProblemName> = new Set(['too-many-requests', 'unavailable', 'in-progress']);

function responseOf(names: readonly ProblemName[]): object {
  const schemas = names.map((name) => refTo(problemSchemaName(name)));
  const isTimed = names.some((name) => timed.has(name));
  return {
    description: names.map((name) => `\`${name}\`: ${problems[name].title}`).join('; '),
    ...(isTimed ? { headers: headersOf(['Retry-After']) } : {}),
    content: { 'application/problem+json': { schema: eitherOf(schemas) } },
  };
}

export function headersOf(names: readonly AnswerHeader[]): Record<string, Schema> {
  return Object.fromEntries(names.map((name) => [name, { $ref: `#/components/headers/${name}` }]));
}

function eitherOf(schemas: readonly Schema[]): Schema {
  const [first] = schemas;
  return schemas.length === 1 && first !== undefined ? first : { oneOf: schemas };
}
