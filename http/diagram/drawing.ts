/** From a chart to a picture of it. Slow, and with a large library behind it: see `pictures.ts`. */
import { createRequire } from 'node:module';
import { Resvg } from '@resvg/resvg-js';
import ElkLayout from 'elkjs/lib/elk.bundled.js';
import type { Chart } from '../chart.ts';
import { sketch } from './boxes.ts';
import { place } from './layout.ts';
import { svgOf } from './svg.ts';

export interface DrawingRequest {
  readonly chart: Chart;
  /** What the chart is called. */
  readonly name: string;
  /** For the page: leaves a row for numbers in every state, and the colours to the page. */
  readonly figures: boolean;
  readonly format: 'svg' | 'png';
}

/** Pixels of a PNG for each of the picture's, as long as it does not get too large. */
const scaleMost = 2;
const pixelsMost = 40_000_000;

const { resolve } = createRequire(import.meta.url);
const fontFiles = ['400Regular/Arimo_400Regular.ttf', '700Bold/Arimo_700Bold.ttf'].map((file) =>
  resolve(`@expo-google-fonts/arimo/${file}`),
);

export async function draw({ chart, name, figures, format }: DrawingRequest): Promise<string | Uint8Array> {
  const Layout = ElkLayout as unknown as new () => Parameters<typeof place>[0];
  const picture = await place(new Layout(), sketch(chart, { name, figures }));
  const svg = svgOf(picture, { name, bare: figures });
  if (format === 'svg') return svg;
  const scale = Math.min(scaleMost, Math.sqrt(pixelsMost / (picture.width * picture.height)));
  const font = { fontFiles, loadSystemFonts: false, defaultFontFamily: 'Arimo' };
  return new Resvg(svg, { fitTo: { mode: 'zoom', value: scale }, font }).render().asPng();
}
