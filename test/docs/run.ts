/** `npm run docs`: writes `docs/domain.md` and its pictures from the charts. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { definitions } from '../../actors/registry.ts';
import { chartOf } from '../../http/chart.ts';
import { draw } from '../../http/diagram/drawing.ts';
import { domainPage, pictureFile } from '../../http/prose/page.ts';
import { domainFile } from './file.ts';

writeFileSync(domainFile, domainPage(definitions));
for (const definition of definitions) {
  const file = join(dirname(domainFile), pictureFile(definition));
  mkdirSync(dirname(file), { recursive: true });
  const request = { chart: chartOf(definition.machine), name: definition.kind, figures: false };
  writeFileSync(file, await draw({ ...request, format: 'svg' }));
}
