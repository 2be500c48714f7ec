/** Holds answers of the running system against the OpenAPI document that it serves. */
import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';
import { expect } from 'vitest';
import type { Got, HttpBench } from './http.ts';

export interface Document {
  readonly openapi: string;
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
  readonly components: { readonly schemas: object; readonly responses: Readonly<Record<string, Answer>> };
}

export interface Operation {
  readonly operationId: string;
  readonly tags: readonly string[];
  readonly description?: string;
  readonly parameters: readonly { readonly name?: string; readonly in?: string; readonly $ref?: string }[];
  readonly requestBody?: { readonly content: Content };
  readonly responses: Readonly<Record<string, Answer | { readonly $ref: string }>>;
  readonly security?: readonly object[];
  readonly 'x-roles'?: readonly string[];
  readonly 'x-states'?: readonly string[];
}

type Content = Readonly<Record<string, { readonly schema?: object; readonly example?: unknown }>>;
interface Answer {
  readonly content?: Content;
}

export interface Named {
  readonly method: string;
  readonly path: string;
  readonly operation: Operation;
}

export async function documentOf(bench: Pick<HttpBench, 'get'>): Promise<Document> {
  return JSON.parse((await bench.get('/openapi.json', { as: null })).text) as Document;
}

export function operationsOf({ paths }: Document): Named[] {
  return Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => ({
      ...{ method: method.toUpperCase(), path, operation },
    })),
  );
}

export function operationAt(document: Document, method: string, path: string): Operation {
  const plain = path.split('?')[0] ?? '';
  const fits = (template: string): boolean =>
    new RegExp(`^${template.replace(/\{\w+\}/g, '[^/]+')}$`).test(plain);
  // A path that is written out goes before one with parameters.
  const [found] = operationsOf(document)
    .filter((each) => each.method === method && fits(each.path))
    .toSorted((one, other) => one.path.split('{').length - other.path.split('{').length);
  if (found === undefined) throw new Error(`${method} ${path} is not in the document`);
  return found.operation;
}

/** Every status, content type and body has to be what the document says of the operation. */
export function createChecker(document: Document): (method: string, path: string, got: Got) => void {
  const ajv = new Ajv2020({ strict: false, allErrors: true });
  addFormats.default(ajv);
  ajv.addSchema(document, 'openapi');
  const validators = new Map<string, ValidateFunction>();

  function validatorOf(pointer: string): ValidateFunction {
    let found = validators.get(pointer);
    if (found === undefined) {
      found = ajv.compile({ $ref: `openapi#${pointer}` });
      validators.set(pointer, found);
    }
    return found;
  }

  return (method, path, { status, headers, text, body }) => {
    const operation = operationAt(document, method, path);
    const where = `${operation.operationId}, answered ${status}: ${text.slice(0, 400)}`;
    const { pointer, content } = answerIn(document, operation, { method, status });
    expect(pointer, where).toBeDefined();
    if (text === '') return;
    const type = headers.get('content-type')?.split(';')[0] ?? '';
    expect(Object.keys(content), where).toContain(type);
    if (content[type]?.schema === undefined) return;
    const validate = validatorOf(`${pointer ?? ''}/content/${escape(type)}/schema`);
    validate(body);
    expect(validate.errors ?? [], where).toEqual([]);
  };
}

/** What the document says of a status, and where; nothing, if it does not. */
function answerIn(
  { paths, components }: Document,
  operation: Operation,
  { method, status }: { method: string; status: number },
): { pointer?: string; content: Content } {
  const given = operation.responses[String(status)];
  if (given === undefined) return { content: {} };
  if ('$ref' in given) {
    const name = given.$ref.split('/').at(-1) ?? '';
    return { pointer: given.$ref.slice(1), content: components.responses[name]?.content ?? {} };
  }
  const [path = ''] = Object.entries(paths).find(([, each]) => Object.values(each).includes(operation)) ?? [];
  const pointer = `/paths/${escape(path)}/${method.toLowerCase()}/responses/${status}`;
  return { pointer, content: given.content ?? {} };
}

/** As a part of a JSON pointer in a URI fragment. */
function escape(part: string): string {
  return encodeURIComponent(part.replaceAll('~', '~0').replaceAll('/', '~1'));
}
