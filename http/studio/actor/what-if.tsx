/** What would happen: an event is tried on a copy, and nothing comes of it. */
import { useState } from 'react';
import {
  ApiError,
  request,
  type Machine,
  type Problem,
  type Rehearsed,
  type RehearsedStep,
  type View,
} from '../api.ts';
import { stateWords } from '../chart.ts';
import { money, spaced, time } from '../words.ts';
import { Fields } from './field.tsx';
import { emptyOf } from './schema.ts';

interface Props {
  readonly machine: Machine;
  readonly view: View;
  readonly path: string;
  /** A moment of its history; undefined: now. */
  readonly at: number | undefined;
}

export function WhatIf({ machine, view, path, at }: Props) {
  const [event, setEvent] = useState('');
  const [payload, setPayload] = useState<unknown>({});
  const [result, setResult] = useState<Rehearsed | Problem>();
  const schema = machine.events[event]?.schema ?? {};
  const timers = at === undefined ? view.timers.map((timer) => timer.event) : [];

  function choose(chosen: string): void {
    setEvent(chosen);
    setPayload(emptyOf(machine.events[chosen]?.schema ?? { type: 'object' }));
    setResult(undefined);
  }

  async function rehearse(): Promise<void> {
    const supposed = timers.includes(event) ? { timer: event } : { ...(payload as object), type: event };
    const body = { events: [supposed], ...(at === undefined ? {} : { at }) };
    const answer = await request(`${path}/what-if`, { method: 'POST', body }).then(
      async (response) => (await response.json()) as Rehearsed,
      (error: unknown) => {
        if (error instanceof ApiError) return error.problem;
        throw error;
      },
    );
    setResult(answer);
  }

  return (
    <section className="panel" aria-labelledby="what-if">
      <h2 id="what-if">What if…</h2>
      <p className="quiet">Tried on a copy: nothing is stored, and nothing is sent.</p>
      <form
        onSubmit={(submitted) => {
          submitted.preventDefault();
          void rehearse();
        }}
      >
        <div className="field">
          <label htmlFor="supposed">This happened</label>
          <select id="supposed" required value={event} onChange={({ target }) => choose(target.value)}>
            <option value="">choose</option>
            {timers.map((timer) => (
              <option key={timer}>{timer}</option>
            ))}
            {Object.keys(machine.events).map((type) => (
              <option key={type}>{type}</option>
            ))}
          </select>
          <small>{machine.events[event]?.description}</small>
        </div>
        <Fields key={event} schema={schema} payload={payload} onChange={setPayload} />
        <button type="submit">Try it</button>
      </form>
      <div aria-live="polite">{result !== undefined && <Result of={result} />}</div>
    </section>
  );
}

export function Result({ of }: { readonly of: Rehearsed | Problem }) {
  if (!('steps' in of)) return <p role="alert">{of.detail}</p>;
  const [step] = of.steps;
  if (step === undefined) return null;
  if (step.outcome !== 'accepted') return <p className="refusal">{refusalWords(step)}</p>;
  return (
    <>
      {step.view !== null && <p className="states">→ {stateWords(step.view.state)}</p>}
      <Effects of={step.effects} />
    </>
  );
}

function refusalWords({ outcome, reason = '', guards = [], errors = [] }: RehearsedStep): string {
  if (outcome === 'nothing') return 'Nothing would happen: it is not waiting for that.';
  if (outcome === 'dead') return `It would become a dead letter: ${reason}`;
  if (guards.length > 0) return `It would be refused: ${guards.join(', ')} is not so.`;
  if (errors.length > 0) {
    return `It would be refused: ${errors.map(({ pointer, message }) => `${pointer.slice(1)} ${message}`).join('; ')}.`;
  }
  return `It would be refused: ${reason === 'unhandled' ? 'it is not taken in this state' : reason}.`;
}

function Effects({ of }: { readonly of: RehearsedStep['effects'] }) {
  const lines = [
    ...of.messages.map(({ to, event }) => `tell ${to}: ${event.type}${amountIn(event)}`),
    ...of.activities.map(({ source, input }) => `begin ${spaced(source)}${amountIn(input)}`),
    ...of.stopped.map((source) => `stop ${spaced(source)}`),
    ...of.timers.map(({ event, at }) => `wait until ${time(at)} (${event})`),
    ...of.cancelled.map((event) => `no longer wait for ${event}`),
  ];
  if (lines.length === 0) return <p>It would do nothing else.</p>;
  return (
    <>
      <p>It would:</p>
      <ul>
        {lines.map((line, index) => (
          <li key={index}>{line}</li>
        ))}
      </ul>
    </>
  );
}

/** Money is in minor units of its currency. */
function amountIn(value: unknown): string {
  const { amount, currency } = { ...(value as { amount?: unknown; currency?: unknown } | null) };
  if (typeof amount !== 'number') return '';
  return typeof currency === 'string' ? ` (${money(amount, currency)})` : ` (${amount} in minor units)`;
}
