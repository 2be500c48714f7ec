/** `npm run docs`: writes `docs/domain.md` from the charts. */
import { writeFileSync } from 'node:fs';
import { definitions } from '../../actors/registry.ts';
import { domainPage } from './page.ts';
import { domainFile } from './file.ts';

writeFileSync(domainFile, domainPage(definitions));
