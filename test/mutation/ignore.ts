/**
 * What Stryker leaves alone, as a plugin of it: texts that people read and no code does, and the charts, which
 * have mutants of their own (`charts.ts`). It is less than its StringLiteral exclusion, which would spare
 * event types, names and keys as well. Mutants of a chart's literal would mostly not load, which is no test.
 */

/** What is needed of Babel's node and path; a plugin gets the path of every node, parents first. */
interface Node {
  readonly type: string;
  readonly callee?: Node;
  readonly property?: Node;
  readonly key?: Node;
  readonly name?: string;
}

interface NodePath {
  readonly node: Node;
  readonly parent: Node | undefined;
  readonly listKey?: string | undefined;
  readonly key: string | number | null;
}

export const ignorer = 'texts';

export const strykerPlugins = [{ kind: 'Ignore', name: ignorer, value: { shouldIgnore } }];

/** The reason to make no mutants of this node and what is below it; undefined: make them. */
export function shouldIgnore({ node, parent, listKey, key }: NodePath): string | undefined {
  if (parent === undefined) return undefined;
  if (listKey === 'arguments') return ofArgument(node, parent);
  const isMessage = parent.type === 'ObjectProperty' && key === 'value' && parent.key?.name === 'message';
  return isMessage && isText(node) ? 'what is said of a wrong value' : undefined;
}

function ofArgument(node: Node, call: Node): string | undefined {
  if (calls(call, 'createMachine')) return 'charts have mutants of their own';
  if (!isText(node)) return undefined;
  if (calls(call, 'describe')) return 'a description';
  if (calls(call, 'regex')) return 'what is said of a wrong value';
  const isError = call.type === 'NewExpression' && call.callee?.name?.endsWith('Error') === true;
  return isError ? 'the text of an error' : undefined;
}

function isText({ type }: Node): boolean {
  return type === 'StringLiteral' || type === 'TemplateLiteral';
}

function calls({ type, callee }: Node, method: string): boolean {
  return type === 'CallExpression' && callee?.property?.name === method;
}
