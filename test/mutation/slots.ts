/** Where a state's literal holds transitions: `on`, `after`, `always`, `onDone`, and an `invoke`'s ends. */

/** A state as it is written; what no mutant touches is left out. */
export interface Literal {
  initial?: unknown;
  readonly states?: Readonly<Record<string, Literal>>;
  readonly on?: Record<string, unknown>;
  readonly after?: Record<string, unknown>;
  readonly invoke?: unknown;
  always?: unknown;
  onDone?: unknown;
}

export interface Candidate {
  readonly guard?: unknown;
  readonly target?: unknown;
  readonly actions?: unknown;
}

export interface Slot {
  /** `on order.place`, `after closing`, `always`. */
  readonly label: string;
  /** What is missing when one of its candidates is. */
  readonly dropped: 'transition' | 'timer' | 'always';
  /** The candidates in this state's literal, as a list that may be changed: it stands there afterwards. */
  readonly candidates: (state: Literal) => Candidate[];
  /** Takes one away, and the place with the last of them. */
  readonly drop: (state: Literal, index: number) => void;
}

export function slotsOf(state: Literal): Slot[] {
  const ends = list(state.invoke).flatMap((_, index) =>
    ['onDone', 'onError'].map((key) =>
      slot(`invoke ${index + 1} ${key}`, 'transition', {
        key,
        holder: ({ invoke }) => list(invoke)[index] as Record<string, unknown>,
      }),
    ),
  );
  const all = [
    ...Object.keys(state.on ?? {}).map((key) =>
      slot(`on ${key}`, 'transition', { key, holder: ({ on = {} }) => on }),
    ),
    ...Object.keys(state.after ?? {}).map((key) =>
      slot(`after ${key}`, 'timer', { key, holder: ({ after = {} }) => after }),
    ),
    slot('always', 'always', { key: 'always', holder: asRecord }),
    slot('onDone', 'transition', { key: 'onDone', holder: asRecord }),
    ...ends,
  ];
  return all.filter((one) => candidatesOf(state, one).length > 0);
}

/** To look at: the state stays as it is written. */
export function candidatesOf(state: Literal, { candidates }: Slot): Candidate[] {
  const { on, after, invoke, ...rest } = state;
  const invokes = list(invoke).map((one) => ({ ...(one as object) }));
  return candidates({ ...rest, on: { ...on }, after: { ...after }, invoke: invokes });
}

export function list(value: unknown): unknown[] {
  return value === undefined ? [] : [value].flat();
}

function slot(
  label: string,
  dropped: Slot['dropped'],
  { key, holder }: { key: string; holder: (state: Literal) => Record<string, unknown> },
): Slot {
  const candidates = (state: Literal): Candidate[] => {
    const place = holder(state);
    const all = list(place[key]).map((one) =>
      typeof one === 'string' ? { target: one } : (one as Candidate),
    );
    place[key] = all;
    return all;
  };
  return {
    label,
    dropped,
    candidates,
    drop: (state, index) => {
      const rest = candidates(state).filter((_, other) => other !== index);
      const place = holder(state);
      if (rest.length > 0) place[key] = rest;
      else Reflect.deleteProperty(place, key);
    },
  };
}

function asRecord(state: Literal): Record<string, unknown> {
  return state as Record<string, unknown>;
}
