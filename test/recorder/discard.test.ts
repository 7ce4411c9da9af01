import { readdirSync } from 'node:fs';
import { conversation, described, endpointOf } from './support/client';
import { House } from './support/house';
import { speech } from './support/signal';

let house: House;
beforeEach(async () => {
  house = await House.open();
});
afterEach(() => house.close());

const files = (): string[] =>
  readdirSync(house.directory, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map(({ name }) => name);

async function recorded(headers: Record<string, string>): Promise<void> {
  const client = await house.client();
  const alice = await house.speaker();
  const offer = client.describe([{ from: alice.endpoint }]);
  const answered = await client.invite(offer, conversation());
  const [line] = described(answered.response.body).media;
  await house.event('started');
  await alice.speak({ samples: speech('alice', 1) }, endpointOf(line!));
  expect(files()).not.toEqual([]);
  await client.dialog!.bye(headers);
}

async function idle(): Promise<void> {
  const deadline = Date.now() + 30_000;
  while (house.recorder.usage().live > 0) {
    if (Date.now() > deadline) throw new Error('still live');
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

describe('a recording session', () => {
  it('leaves nothing behind when its client wants it discarded', async () => {
    await recorded({ 'X-Twintrack-Recording': 'discard' });
    await idle();
    expect(files()).toEqual([]);
    expect(await house.recorder.recordings()).toEqual([]);
  });

  it('is kept when the header says anything else', async () => {
    await recorded({ 'X-Twintrack-Recording': 'keep' });
    await idle();
    expect(files()).toHaveLength(2);
  });
});
