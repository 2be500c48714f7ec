/** Where the domain page is. */
import { fileURLToPath } from 'node:url';

export const domainFile = fileURLToPath(new URL('../../docs/domain.md', import.meta.url));
