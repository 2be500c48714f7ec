/** What the demo shows: a line for each step, and in the end a table. Colours are for terminals only. */
import { styleText } from 'node:util';
import { stateText, type View } from '../shop/views.ts';

type Style = Parameters<typeof styleText>[0];

export interface Section {
  /** A request and its answer. */
  step(given: { request: string; status: number; told: string }): void;
  /** What has come about without anybody's asking. */
  news(path: string, view: View): void;
  problem(text: string): void;
  /** The next section may speak. */
  close(): void;
}

export interface Page {
  say(text: string): void;
  /** Sections are shown one after the other, in the order in which they were opened. */
  open(title: string): Section;
  table(rows: readonly Row[]): void;
}

/** Its cells by their columns; the marked one is not as it was meant. */
export interface Row {
  readonly cells: Readonly<Record<string, string>>;
  readonly isWrong: boolean;
}

const requestWidth = 48;

export function createPage(out: NodeJS.WriteStream): Page {
  const waiting: { lines: string[]; isClosed: boolean }[] = [];

  function paint(style: Style, text: string): string {
    return styleText(style, text, { stream: out });
  }

  /** The first section speaks at once, the others when it is closed. */
  function flush(): void {
    for (let first = waiting[0]; first !== undefined; first = waiting[0]) {
      for (const line of first.lines.splice(0)) out.write(`${line}\n`);
      if (!first.isClosed) return;
      waiting.shift();
    }
  }

  function open(title: string): Section {
    const section = { lines: ['', paint('bold', title)], isClosed: false };
    waiting.push(section);
    const write = (line: string): void => {
      section.lines.push(line);
      flush();
    };
    flush();
    return {
      step({ request, status, told }) {
        const style = status < 300 ? 'green' : 'yellow';
        write(`  ${paint(style, String(status))}  ${request.padEnd(requestWidth)}  ${told}`);
      },
      news: (path, view) =>
        write(paint('dim', `    ·  ${path.slice(1).padEnd(requestWidth)}  ${stateText(view)}`)),
      problem: (text) => write(paint('red', `    !  ${text}`)),
      close() {
        section.isClosed = true;
        flush();
      },
    };
  }

  return {
    say: (text) => out.write(`${text}\n`),
    open,
    table(rows) {
      const names = [...new Set(rows.flatMap(({ cells }) => Object.keys(cells)))];
      const widths = names.map((name) =>
        Math.max(name.length, ...rows.map(({ cells }) => cells[name]?.length ?? 0)),
      );
      const lineOf = (cells: readonly string[]): string =>
        cells
          .map((cell, at) => (isNumber(cell) ? cell.padStart(widths[at] ?? 0) : cell.padEnd(widths[at] ?? 0)))
          .join('  ');
      out.write(`\n${paint('bold', lineOf(names).trimEnd())}\n`);
      for (const { cells, isWrong } of rows) {
        const text = lineOf(names.map((name) => cells[name] ?? '')).trimEnd();
        out.write(`${isWrong ? paint('red', text) : text}\n`);
      }
    },
  };
}

function isNumber(text: string): boolean {
  return /^[\d.]+$/.test(text);
}
