/** What else can happen to the actor, and why all the rest cannot. Asked for only when somebody looks. */
import { useState } from 'react';
import { getJson, type Choice, type Machine, type OptionsJson, type View } from '../api.ts';
import { useResource } from '../use-resource.ts';
import { time } from '../words.ts';

interface Props {
  readonly machine: Machine;
  readonly view: View;
  readonly path: string;
}

export function Rest({ machine, view, path }: Props) {
  const [isOpen, setOpen] = useState(false);
  const { value, problem } = useResource(isOpen ? `options ${path} ${view.version}` : '', (signal) =>
    getJson<OptionsJson>(`${path}/options`, { signal }),
  );
  const coming = value?.items.filter(({ command, possible }) => command === null && possible !== 'no') ?? [];
  const barred = value?.items.filter(({ possible }) => possible === 'no') ?? [];
  return (
    <details className="rest" onToggle={({ currentTarget }) => setOpen(currentTarget.open)}>
      <summary>What else can happen, and why not the rest</summary>
      {problem !== undefined && <p role="alert">{problem.detail}</p>}
      {coming.length > 0 && <h3>It also waits for</h3>}
      <ul>
        {coming.map((choice, index) => (
          <li key={index}>
            <code>{choice.event}</code> {waitWords(choice)}
          </li>
        ))}
      </ul>
      {barred.length > 0 && <h3>Not now</h3>}
      <dl>
        {barred.map((choice) => (
          <div key={choice.event}>
            <dt title={machine.events[choice.event]?.description}>
              <code>{choice.event}</code>
            </dt>
            <dd>{whyNot(choice)}</dd>
          </div>
        ))}
      </dl>
    </details>
  );
}

function waitWords({ source, at, possible, guards = [] }: Choice): string {
  if (source === 'timer') return at === undefined ? '' : `on ${time(at)}`;
  if (source === 'activity') return 'is under way';
  return possible === 'depends' ? `from another actor, if ${guards.join(', ')}` : 'from another actor';
}

function whyNot({ why, roles = [], states = [], guards = [], conditions = [] }: Choice): string {
  if (why === 'role') return `only for ${roles.join(', ')}`;
  if (why === 'over') return 'it has come to its end';
  if (why === 'guard')
    return `a condition is not met: ${conditions.length > 0 ? conditions.join('; or ') : ''} (${guards.join(', ')})`;
  if (states.length === 0) return 'it only brings one into being';
  return `only in ${states.map(placeName).join(', ')}`;
}

function placeName(state: string): string {
  return state === '' ? 'any state' : state;
}
