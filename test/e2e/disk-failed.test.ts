/** A flush of the embedded file fails: the process ends, and the next one has all that was answered. */
import { rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { afterEach, expect, test } from 'vitest';
import { startApp } from '../support/app.ts';
import { createCleanUp, openFile } from '../support/places.ts';

const cleanUp = createCleanUp();
afterEach(cleanUp.run);

const warehouse = (id: string) => ({ id, country: 'GB', location: { lat: 51, lon: 0 }, capacity: 1 });

test('ends with status 1 when a flush fails, and serves again when it is started again', async () => {
  const place = await openFile();
  cleanUp.add(() => place.close());
  const sign = join(dirname(place.env['WAYBILL_DATA'] ?? ''), 'fails');
  const disk = `--import ${join(import.meta.dirname, '../support/failing-disk.ts')}`;
  const app = await startApp({ ...place.env, NODE_OPTIONS: disk, TEST_DISK_FAILS: sign });
  cleanUp.add(() => app.kill9());
  expect((await app.post('/warehouses', warehouse('LONDON'))).status).toBe(201);

  writeFileSync(sign, '');
  const asked = app.post('/warehouses', warehouse('LEEDS')).then(
    ({ status }) => status,
    () => 'no answer',
  );
  expect(await app.run.ended).toEqual({ code: 1, signal: null });
  expect(await asked).not.toBe(201);
  const errors = app.lines().filter(({ msg }) => msg.startsWith('the disk has failed'));
  expect(errors).toMatchObject([{ level: 50, cause: 'EIO: i/o error, fdatasync' }]);

  rmSync(sign);
  await app.restart();
  expect((await app.get('/warehouses/LONDON')).status).toBe(200);
  expect((await app.post('/warehouses', warehouse('OSLO'))).status).toBe(201);
});
