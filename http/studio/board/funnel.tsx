/** How many of those that began have come how far. */
import type { BoardJson } from '../api.ts';
import { count } from '../words.ts';

export function Funnel({ steps }: { readonly steps: BoardJson['funnel'] }) {
  const first = steps[0]?.count ?? 0;
  return (
    <section aria-labelledby="funnel">
      <h2 id="funnel">How far they have come</h2>
      <ol className="funnel">
        {steps.map(({ name, count: reached }) => (
          <li key={name}>
            <span>{name}</span>
            <meter min={0} max={Math.max(1, first)} value={reached} aria-label={name} />
            <span className="number">
              {count(reached)}
              {first > 0 && ` · ${Math.round((100 * reached) / first)} %`}
            </span>
          </li>
        ))}
      </ol>
    </section>
  );
}
