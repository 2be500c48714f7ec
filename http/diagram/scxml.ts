/**
 * A chart as SCXML (W3C, 2015), for tools that read it. Guards, actions and activities stand as calls of their
 * names: what they do is code, and no part of a chart. A delay is sent to oneself when the state is entered and
 * cancelled when it is left, as SCXML has it.
 */
import type { Chart, ChartInvoke, ChartState, ChartTransition } from '../chart.ts';

export function scxmlOf(name: string, { root }: Chart): string {
  const initial = root.initial === undefined ? '' : ` initial="${idOf(root.initial)}"`;
  // The root of SCXML has no transitions and no regions: a chart that has some is one state in it.
  const isPlain = root.type === 'compound' && contentOf(root).length === 0;
  const lines = isPlain ? (root.states ?? []).flatMap(stateLines) : stateLines({ ...root, id: name });
  return [
    '<?xml version="1.0" encoding="UTF-8"?>',
    `<scxml xmlns="http://www.w3.org/2005/07/scxml" version="1.0" datamodel="ecmascript" name="${escape(name)}"${isPlain ? initial : ''}>`,
    ...indented(lines),
    '</scxml>',
    '',
  ].join('\n');
}

function stateLines(state: ChartState): string[] {
  const tag = {
    atomic: 'state',
    compound: 'state',
    parallel: 'parallel',
    final: 'final',
    history: 'history',
  }[state.type];
  const initial =
    state.type === 'compound' && state.initial !== undefined ? ` initial="${idOf(state.initial)}"` : '';
  const inside = [...contentOf(state), ...(state.states ?? []).flatMap(stateLines)];
  const open = `<${tag} id="${idOf(state.id)}"${initial}`;
  return inside.length === 0 ? [`${open}/>`] : [`${open}>`, ...indented(inside), `</${tag}>`];
}

function contentOf(state: ChartState): string[] {
  const {
    id,
    description,
    entry = [],
    exit = [],
    on = {},
    after = [],
    always = [],
    done = [],
    invoke = [],
  } = state;
  const timers = after.map(({ delay }) => ({ delay, event: `after.${delay}.${idOf(id)}` }));
  return [
    ...(description === undefined ? [] : [`<!-- ${escape(description).replaceAll('--', '- -')} -->`]),
    ...block('onentry', [
      ...entry.map(script),
      ...timers.map(
        ({ delay, event }) =>
          `<send id="${escape(event)}" event="${escape(event)}" delayexpr="${delayOf(delay)}"/>`,
      ),
    ]),
    ...block('onexit', [
      ...exit.map(script),
      ...timers.map(({ event }) => `<cancel sendid="${escape(event)}"/>`),
    ]),
    ...invoke.map(
      ({ id: activity, source }) => `<invoke id="${escape(activity)}" type="${escape(source)}"/>`,
    ),
    ...Object.entries(on).flatMap(([event, list]) => transitions(list, event)),
    ...after.flatMap(({ delay, ...transition }) => transitions([transition], `after.${delay}.${idOf(id)}`)),
    ...transitions(done, `done.state.${idOf(id)}`),
    ...invoke.flatMap(endsOf),
    ...transitions(always, undefined),
  ];
}

function endsOf({ id, done = [], error = [] }: ChartInvoke): string[] {
  return [...transitions(done, `done.invoke.${id}`), ...transitions(error, `error.invoke.${id}`)];
}

function transitions(list: readonly ChartTransition[], event: string | undefined): string[] {
  return list.flatMap(({ target, guard, actions = [] }) => {
    const attributes = [
      ...(event === undefined ? [] : [`event="${escape(event)}"`]),
      ...(guard === undefined ? [] : [`cond="${escape(conditionOf(guard))}"`]),
      ...(target === undefined ? [] : [`target="${target.map(idOf).join(' ')}"`]),
    ];
    return block(['transition', ...attributes].join(' '), actions.map(script), true);
  });
}

function block(open: string, inside: readonly string[], always = false): string[] {
  if (inside.length === 0) return always ? [`<${open}/>`] : [];
  return [`<${open}>`, ...indented(inside), `</${open.split(' ')[0] ?? ''}>`];
}

function script(action: string): string {
  return `<script>${escape(callOf(action))}</script>`;
}

/** `(isOpen and not isLate)` → `(isOpen() && !isLate())` */
function conditionOf(guard: string): string {
  return guard.replace(/[^\s()]+/g, (word) => {
    if (word === 'and') return '&&';
    if (word === 'or') return '||';
    return word === 'not' ? '!' : callOf(word);
  });
}

function callOf(name: string): string {
  return `${name.replace(/[^A-Za-z0-9_$]/g, '_')}()`;
}

function delayOf(delay: string): string {
  return /^\d+$/.test(delay) ? `'${delay}ms'` : escape(callOf(delay));
}

function indented(lines: readonly string[]): string[] {
  return lines.map((line) => `  ${line}`);
}

/** An XML name: letters, digits, dots, dashes. */
function idOf(path: string): string {
  return path.replace(/[^A-Za-z0-9._-]/g, '_').replace(/^(?![A-Za-z_])/, '_');
}

function escape(text: string): string {
  return text.replace(/[&<>"]/g, (sign) => `&#${sign.charCodeAt(0)};`);
}
