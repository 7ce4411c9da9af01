import { World } from './world';

const DISCARD = { 'X-Twintrack-Recording': 'discard' };

/** At a recorder that does as it is asked. */
function provisional(world: World) {
  return world.recording({ provisional: true }, undefined, undefined, { discards: true });
}

describe('a provisional recording', () => {
  test('is to be deleted by the recorder at its end', async () => {
    const world = new World();
    const { recording, dialog } = await provisional(world);
    await world.stop(recording, dialog);
    expect(dialog.byeHeaders).toEqual(DISCARD);
  });

  test('is kept when that was asked for, at any time before the end', async () => {
    const world = new World();
    const { recording, dialog } = await provisional(world);
    recording.keep();
    await world.stop(recording, dialog);
    expect(dialog.byeHeaders).toEqual({});
  });

  test('is the only kind to be deleted', async () => {
    const world = new World();
    const { recording, dialog } = await world.recording();
    await world.stop(recording, dialog);
    expect(dialog.byeHeaders).toEqual({});
  });
});
