import { socketAddress } from '../../../src/media/relay/address';
import { Batch } from '../../../src/media/relay/batch';

const TO = socketAddress('127.0.0.1', 4_000)!;

/** How many of the same length it takes. */
function filled(batch: Batch): number {
  let count = 0;
  for (; !batch.isFull(); count++) batch.add(Buffer.alloc(172), 0, 172, TO, 0);
  batch.clear();
  return count;
}

test('the first batches of forks that began at once are full at different times, all others have five', () => {
  // A recorded call takes four pairs of sockets.
  const forks = Array.from({ length: 10 }, (_, call) => new Batch(1 + 8 * call));
  expect(forks.map(filled).sort()).toEqual([1, 1, 2, 2, 3, 3, 4, 4, 5, 5]);
  expect(forks.map(filled)).toEqual(Array(10).fill(5));
});
