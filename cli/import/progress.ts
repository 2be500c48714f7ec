/** How an import goes on, for a person: a bar that is drawn anew on a terminal, else a line now and then. */

export interface State {
  /** Bytes of the file that are done, and that there are. */
  readonly done: number;
  readonly total: number;
  readonly count: number;
  readonly refused: number;
}

export interface ProgressOptions {
  readonly out: NodeJS.WriteStream;
  readonly noun: string;
  readonly state: () => State;
}

const drawEveryMs = 200;
const tellEveryMs = 5_000;
const width = 24;

/** Ends with what it returns, which leaves the line free. */
export function showProgress({ out, noun, state }: ProgressOptions): () => void {
  const begun = { at: performance.now(), ...state() };
  // A line that is broken in two could not be drawn anew.
  const describe = (): string =>
    describeState({ begun, now: performance.now(), ...state() }, noun).slice(0, (out.columns || 200) - 1);
  const timer = out.isTTY
    ? setInterval(() => out.write(`\r${describe()}\u001B[K`), drawEveryMs)
    : setInterval(() => out.write(`${describe().trimStart()}\n`), tellEveryMs);
  return () => {
    clearInterval(timer);
    if (out.isTTY) out.write(`\r${describe()}\u001B[K\n`);
  };
}

interface Course extends State {
  readonly begun: State & { readonly at: number };
  /** ms, as `begun.at` */
  readonly now: number;
}

/** `[######------] 50 %  12,345 orders  1,234/s  3 refused  0:42 left` */
export function describeState({ begun, now, done, total, count, refused }: Course, noun: string): string {
  const seconds = Math.max((now - begun.at) / 1_000, 0.001);
  const share = total === 0 ? 1 : Math.min(done / total, 1);
  const bar = '#'.repeat(Math.floor(share * width)).padEnd(width, '-');
  const perSecond = Math.round((count - begun.count) / seconds);
  const bytesPerSecond = (done - begun.done) / seconds;
  const left = bytesPerSecond > 0 ? `  ${clock((total - done) / bytesPerSecond)} left` : '';
  const percent = String(Math.floor(share * 100)).padStart(3);
  return `[${bar}] ${percent} %  ${grouped(count)} ${noun}  ${grouped(perSecond)}/s  ${grouped(refused)} refused${left}`;
}

function clock(seconds: number): string {
  const whole = Math.ceil(seconds);
  const minutes = Math.floor(whole / 60);
  const rest = String(whole % 60).padStart(2, '0');
  if (minutes < 60) return `${minutes}:${rest}`;
  return `${Math.floor(minutes / 60)}:${String(minutes % 60).padStart(2, '0')}:${rest}`;
}

export function grouped(value: number): string {
  return value.toLocaleString('en-US');
}
