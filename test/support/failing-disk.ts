/** Imported into a process before its program: flushes fail as long as the file `TEST_DISK_FAILS` is there. */
import fs, { existsSync } from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';

const { fdatasync } = fs;
const sign = process.env['TEST_DISK_FAILS'] ?? '';

fs.fdatasync = Object.assign(
  (descriptor: number, done: (cause: NodeJS.ErrnoException | null) => void): void => {
    if (existsSync(sign)) setImmediate(done, new Error('EIO: i/o error, fdatasync'));
    else fdatasync(descriptor, done);
  },
  { __promisify__: fdatasync.__promisify__ },
);
syncBuiltinESMExports();
