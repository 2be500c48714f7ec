/** Whoever an actor has written to or heard from, and whoever its view names. */
import type { HistoryItem, MachineItem, View } from '../api.ts';
import { ActorLink } from '../process/actors-in.tsx';
import { titled } from '../words.ts';
import type { Names } from './names.ts';

interface Props {
  readonly items: readonly HistoryItem[];
  readonly names: Names;
  readonly machines: readonly MachineItem[];
  readonly view: View;
}

export function Partners({ items, names, machines, view: { kind, id } }: Props) {
  const keys = new Set([
    ...items.flatMap(({ sent = [], source }) => [
      ...sent.map(({ to }) => to),
      ...(source.actor === undefined ? [] : [source.actor]),
    ]),
    ...machines.flatMap((each) => (names.get(`${each.kind}Id`) ?? []).map((of) => `${each.kind}/${of}`)),
  ]);
  keys.delete(`${kind}/${id}`);
  if (keys.size === 0) return null;
  return (
    <>
      <h3>Works with</h3>
      <ul className="partners">
        {[...keys].sort().map((key) => {
          const at = key.indexOf('/');
          const [partner, of] = [key.slice(0, at), key.slice(at + 1)];
          return (
            <li key={key}>
              {titled(partner)} <ActorLink kind={partner} id={of} />
            </li>
          );
        })}
      </ul>
    </>
  );
}
