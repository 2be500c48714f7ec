/** EasyPost by configuration: on with all that it needs, off without a key, and nothing in between. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, expect, test } from 'vitest';
import { carrierFrom } from '../../actors/carriers/configured.ts';
import { readConfig } from '../../config.ts';
import { TerminalError } from '../../runtime/errors.ts';
import { createCleanUp, makeFolder } from '../support/places.ts';

const cleanUp = createCleanUp();
afterEach(cleanUp.run);

const secrets = {
  WAYBILL_EASYPOST_API_KEY: 'EZTK1',
  WAYBILL_EASYPOST_WEBHOOK_SECRET: 'a-secret-for-easypost',
};
const hamburg = { name: 'Shop', street1: 'Hafen 1', city: 'Hamburg', zip: '20457', country: 'DE' };
const parcel = { lengthCm: 30, widthCm: 20, heightCm: 10, gramsOtherwise: 200 };

async function fileWith(text: string): Promise<string> {
  const folder = await makeFolder();
  cleanUp.add(folder.remove);
  const file = join(folder.path, 'easypost.json');
  writeFileSync(file, text);
  return file;
}

test('is off without a key, and says so', async () => {
  expect(await carrierFrom({})).toEqual({ notes: ['EasyPost is off: WAYBILL_EASYPOST_API_KEY is not set'] });
});

test('is on with a key, a webhook secret and the file of parcels', async () => {
  const file = await fileWith(JSON.stringify({ warehouses: { W1: hamburg, W2: hamburg }, parcel }));
  const config = readConfig({ ...secrets, WAYBILL_EASYPOST_FILE: file });
  if ('problems' in config) throw new Error(config.problems.join('\n'));
  const { carrier, notes } = await carrierFrom(config);
  expect(carrier?.name).toBe('easypost');
  expect(notes).toEqual(['EasyPost is on with a test key, for parcels from W1, W2']);
});

test.each<[string, Record<string, string>, string]>([
  ['half of it', secrets, 'WAYBILL_EASYPOST_FILE: is needed with WAYBILL_EASYPOST_API_KEY'],
  [
    'no webhook secret',
    { WAYBILL_EASYPOST_API_KEY: 'EZTK1', WAYBILL_EASYPOST_FILE: 'easypost.json' },
    'WAYBILL_EASYPOST_WEBHOOK_SECRET: is needed with WAYBILL_EASYPOST_API_KEY',
  ],
  ['a file for what is off', { WAYBILL_EASYPOST_FILE: 'easypost.json' }, 'is set, but EasyPost is off'],
  [
    'a server that would get the key in the clear',
    { ...secrets, WAYBILL_EASYPOST_FILE: 'x', WAYBILL_EASYPOST_URL: 'http://easypost.example/v2/' },
    'WAYBILL_EASYPOST_URL: must be https, except on 127.0.0.1',
  ],
])('%s stops the start, in plain words', (_, env, problem) => {
  const config = readConfig(env);
  expect('problems' in config ? config.problems.join('\n') : '').toContain(problem);
});

test.each([
  ['no JSON', '{', /cannot be read/],
  ['no parcel', JSON.stringify({ warehouses: {} }), /is not right:[^]*parcel/],
  [
    'a word too much',
    JSON.stringify({ warehouses: { W1: { ...hamburg, planet: 'Earth' } }, parcel }),
    /is not right:[^]*planet/,
  ],
])('a file with %s stops the start', async (_, text, reason) => {
  const file = await fileWith(text);
  const open = () => carrierFrom({ ...secrets, WAYBILL_EASYPOST_FILE: file });
  await expect(open()).rejects.toThrow(TerminalError);
  await expect(open()).rejects.toThrow(reason);
});

test('a file that is not there stops the start', async () => {
  const open = carrierFrom({ ...secrets, WAYBILL_EASYPOST_FILE: 'no/such/file.json' });
  await expect(open).rejects.toThrow(/cannot be read/);
});
