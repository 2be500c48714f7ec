/** Before the server starts: builds the page, if it is not there. */
import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const built = fileURLToPath(new URL('studio/dist/index.html', import.meta.url));
if (!existsSync(built))
  execFileSync('npm', ['run', '--silent', 'studio'], { stdio: ['ignore', 'ignore', 'inherit'] });
