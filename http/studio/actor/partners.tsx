/** Whoever an actor has written to or heard from, and whoever its view names. */
import type { MachineItem, View } from '../api.ts';
import { ActorLink } from '../process/actors-in.tsx';
import { titled } from '../words.ts';
import type { Names } from './names.ts';
import { isPart, type Stretch } from './stretch.ts';

interface Props {
  readonly stretch: Stretch;
  readonly names: Names;
  readonly machines: readonly MachineItem[];
  readonly view: View;
}

export function Partners({ stretch, names, machines, view: { kind, id } }: Props) {
  const keys = new Set([
    ...stretch.items.flatMap(({ sent = [], source }) => [
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
      {isPart(stretch) && <p className="quiet">As far as its history is shown here.</p>}
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
