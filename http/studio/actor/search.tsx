/** Finds actors by id, and by what their kind is listed by. */
import { useState } from 'react';
import { actorPath, ApiError, getJson, type Machine, type Page, type View } from '../api.ts';
import { goTo } from '../place.ts';
import { ActorLink } from '../process/actors-in.tsx';
import { stateWords } from '../chart.ts';

type Found =
  { readonly text: string; readonly items: readonly View[]; readonly hasMore: boolean } | undefined;

const fields = ['customerId', 'orderId'];

export function Search({ machine }: { readonly machine: Machine }) {
  const [text, setText] = useState('');
  const [found, setFound] = useState<Found>();
  const [problem, setProblem] = useState('');

  async function search(): Promise<void> {
    const wanted = text.trim();
    if (wanted === '') return;
    const exact = await orNothing(getJson<View>(actorPath(machine, wanted)));
    if (exact !== undefined) {
      setFound(undefined);
      goTo({ view: 'actor', machine: machine.kind, actor: exact.id });
      return;
    }
    const pages = await Promise.all(
      fields.map((field) =>
        orNothing(getJson<Page<View>>(`/${machine.plural}?${field}=${encodeURIComponent(wanted)}&limit=20`)),
      ),
    );
    setFound({
      text: wanted,
      items: pages.flatMap((page) => page?.items ?? []),
      hasMore: pages.some((page) => typeof page?.next === 'string'),
    });
  }

  return (
    <search>
      <form
        className="search"
        onSubmit={(event) => {
          event.preventDefault();
          setProblem('');
          search().catch((error: unknown) => {
            if (!(error instanceof ApiError)) throw error;
            setProblem(error.problem.detail);
          });
        }}
      >
        <label htmlFor="wanted">Id, customer or order</label>
        <input
          id="wanted"
          value={text}
          onChange={({ target }) => setText(target.value)}
          autoComplete="off"
          spellCheck={false}
        />
        <button type="submit">Find</button>
      </form>
      {problem !== '' && <p role="alert">{problem}</p>}
      <div aria-live="polite">
        {found !== undefined && (
          <p>
            {found.items.length === 0
              ? `Nothing is known as ${found.text}.`
              : `${found.hasMore ? 'The newest ' : ''}${found.items.length} for ${found.text}${found.hasMore ? '; there are more' : ''}:`}
          </p>
        )}
        <ul className="actors">
          {found?.items.map(({ kind, id, state }) => (
            <li key={id}>
              <ActorLink kind={kind} id={id} /> <small>{stateWords(state)}</small>
            </li>
          ))}
        </ul>
      </div>
    </search>
  );
}

/** Kinds are not all listed by the same fields, and not everybody may see everything. */
function orNothing<Value>(asked: Promise<Value>): Promise<Value | undefined> {
  return asked.catch((error: unknown) => {
    if (error instanceof ApiError && [403, 404, 422].includes(error.problem.status)) return undefined;
    throw error;
  });
}
