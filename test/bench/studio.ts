/** How long a person waits for Studio, in a real browser on this machine. */
import { openBrowser } from '../studio/browser.ts';

export interface StudioMeasured {
  /** From the address to the chart with its numbers: in a process that was started just now, and again. */
  readonly firstMs: number;
  readonly againMs: number;
  /** Until the numbers are complete, from the first question on. */
  readonly countedMs: number;
  /** From the click to what it shows. */
  readonly steps: readonly { readonly name: string; readonly ms: number }[];
}

/** What is clicked, and what has to be there then. */
const steps: readonly { readonly name: string; readonly click: string; readonly shows: string }[] = [
  { name: 'choose a state', click: 'g.state[data-state="active"]', shows: 'aside.panel' },
  { name: 'another kind', click: '.kinds li:nth-child(6) a', shows: 'g.state[data-state="operations.open"]' },
  { name: 'back to orders', click: '.kinds li:first-child a', shows: 'g.state[data-state="active"]' },
];

const readingMs = 3_000;
const patienceMs = 60_000;
const hasNumbers = `[...document.querySelectorAll('g.state text.note')].some((note) => /\\d/.test(note.textContent))`;
const isCounted = `document.querySelector('.summary')?.textContent.includes('still counting') === false`;

export async function measureStudio(url: string, token: string): Promise<StudioMeasured> {
  const browser = await openBrowser();
  try {
    const window = await browser.newContext({ viewport: { width: 1_440, height: 900 } });
    await window.addInitScript((given) => sessionStorage.setItem('waybill.token', given), token);
    const page = await window.newPage();
    const look = async (): Promise<number> => {
      await page.goto(`${url}/studio?view=process&machine=order`);
      return page.evaluate<number>(when(hasNumbers));
    };
    const firstMs = await look();
    const countedMs = await page.evaluate<number>(when(isCounted));
    const againMs = await look();
    // The other charts are drawn behind the first: a person has read it by then.
    await page.waitForTimeout(readingMs);
    const taken: { name: string; ms: number }[] = [];
    for (const { name, click, shows } of steps) {
      taken.push({ name, ms: await page.evaluate<number>(clicked(click, shows)) });
    }
    return { firstMs, againMs, countedMs, steps: taken };
  } finally {
    await browser.close();
  }
}

/** The time on the page's clock when this is so, looked at frame by frame. Rejects if it does not come. */
function when(condition: string): string {
  return `new Promise((resolve, reject) => {
    setTimeout(() => reject(new Error(${JSON.stringify(`not so: ${condition}`)})), ${patienceMs});
    const look = () => (${condition} ? resolve(performance.now()) : requestAnimationFrame(look));
    look();
  })`;
}

function clicked(click: string, shows: string): string {
  return `(async () => {
    const begun = performance.now();
    const click = new MouseEvent('click', { bubbles: true, cancelable: true });
    document.querySelector(${JSON.stringify(click)}).dispatchEvent(click);
    return (await ${when(`document.querySelector(${JSON.stringify(shows)}) !== null`)}) - begun;
  })()`;
}
