import fc from 'fast-check';
import { KeptMemory } from '../../../src/media/relay/kept-memory';
import { PacketQueue } from '../../../src/media/relay/packet-queue';

const MEBIBYTE = 2 ** 20;
/** A block is as large as 16 KiB. */
const BLOCK = 2 ** 14;

/** The only one that keeps anything. */
function alone(span: number): PacketQueue {
  return new PacketQueue(span, new KeptMemory(4 * MEBIBYTE));
}

const packet = (text: string) => Buffer.from(`..${text}`);

function push(queue: PacketQueue, text: string, arrival: number): void {
  queue.push(packet(text), 2, Buffer.byteLength(text), arrival);
}

function takeAll(queue: PacketQueue): Array<[string, number]> {
  const taken: Array<[string, number]> = [];
  while (queue.count > 0) {
    queue.shift((bytes, offset, length, arrival) => {
      taken.push([bytes.toString('utf8', offset, offset + length), arrival]);
    });
  }
  return taken;
}

describe('a packet queue', () => {
  test('gives back what it was given, in order, with its arrival', () => {
    const queue = alone(1000);
    push(queue, 'one', 1.25);
    push(queue, '', 2);
    push(queue, 'three', 3);
    expect(takeAll(queue)).toEqual([
      ['one', 1.25],
      ['', 2],
      ['three', 3],
    ]);
    queue.shift(() => {
      throw new Error('there is nothing left');
    });
  });

  test('drops the oldest beyond its span, and counts them', () => {
    const queue = alone(100);
    for (const arrival of [0, 50, 100, 155]) push(queue, `at ${arrival}`, arrival);
    expect(queue.dropped).toBe(2);
    expect(takeAll(queue)).toEqual([
      ['at 100', 100],
      ['at 155', 155],
    ]);
  });

  test('never holds more memory than a megabyte, however much arrives', () => {
    const memory = new KeptMemory(4 * MEBIBYTE);
    const queue = new PacketQueue(1_000_000, memory);
    const large = Buffer.alloc(16_000);
    for (let i = 0; i < 200; i++) queue.push(large, 0, large.length, i);
    expect(queue.count).toBe(64);
    expect(queue.dropped).toBe(136);
    expect(memory.held).toBe(MEBIBYTE);
  });

  test('keeps no packet that is larger than any telephony has, and counts it', () => {
    const queue = alone(1_000);
    queue.push(Buffer.alloc(BLOCK), 0, BLOCK, 0);
    push(queue, 'next', 1);
    expect([queue.dropped, queue.crowdedOut]).toEqual([1, 0]);
    expect(takeAll(queue)).toEqual([['next', 1]]);
  });

  test('can be emptied and filled again', () => {
    const queue = alone(1000);
    push(queue, 'gone', 1);
    queue.clear();
    expect(queue.count).toBe(0);
    push(queue, 'new', 2);
    expect(takeAll(queue)).toEqual([['new', 2]]);
  });

  test('keeps order and content through any mix of pushing and taking', () => {
    fc.assert(
      fc.property(fc.array(fc.option(fc.nat(3_000), { freq: 2 })), (steps) => {
        const queue = alone(Number.POSITIVE_INFINITY);
        const model: number[] = [];
        let next = 0;
        for (const size of steps) {
          if (size === null) {
            queue.shift((bytes, offset, length, arrival) => {
              expect(arrival).toBe(model[0]);
              const content = bytes.subarray(offset, offset + length);
              expect(content.every((octet) => octet === (arrival & 0xff))).toBe(true);
            });
            model.shift();
          } else {
            queue.push(Buffer.alloc(size, next & 0xff), 0, size, next);
            model.push(next++);
          }
          expect(queue.count).toBe(model.length);
        }
      }),
    );
  });
});

describe('packet queues that have used up their memory', () => {
  /** Just fits into a block. */
  const large = Buffer.alloc(BLOCK - 12);
  const fill = (queue: PacketQueue, arrival: number) => queue.push(large, 0, large.length, arrival);

  test('take the oldest of the one that has waited longest', () => {
    const memory = new KeptMemory(4 * BLOCK);
    const [first, second, third] = [1, 2, 3].map(() => new PacketQueue(1_000_000, memory));
    fill(second!, 0);
    fill(first!, 1);
    fill(second!, 2);
    fill(first!, 3);
    fill(third!, 4);
    fill(third!, 5);
    fill(first!, 6);
    expect([first, second, third].map((queue) => queue!.count)).toEqual([2, 0, 2]);
    expect([first, second, third].map((queue) => queue!.crowdedOut)).toEqual([1, 2, 0]);
    expect([first, second, third].map((queue) => queue!.dropped)).toEqual([1, 2, 0]);
    expect(memory.held).toBe(4 * BLOCK);
  });

  test('take their own oldest when they have waited longest themselves', () => {
    const queue = new PacketQueue(1_000_000, new KeptMemory(2 * BLOCK));
    for (let arrival = 0; arrival < 5; arrival++) fill(queue, arrival);
    expect([queue.count, queue.crowdedOut]).toEqual([2, 3]);
    const arrivals: number[] = [];
    while (queue.count > 0)
      queue.shift((_bytes, _offset, _length, arrival) => arrivals.push(arrival));
    expect(arrivals).toEqual([3, 4]);
  });

  test('are crowded out by whoever comes next, also those that have crowded themselves out before', () => {
    const memory = new KeptMemory(2 * BLOCK);
    const [first, second, third] = [1, 2, 3].map(() => new PacketQueue(1_000_000, memory));
    for (let arrival = 0; arrival < 6; arrival++) {
      fill(first!, arrival);
      fill(second!, arrival);
    }
    fill(third!, 6);
    fill(third!, 7);
    fill(third!, 8);
    expect([first, second, third].map((queue) => queue!.count)).toEqual([0, 0, 2]);
    expect(memory.held).toBe(2 * BLOCK);
  });

  test('stand at the end of the line once they were empty', () => {
    const memory = new KeptMemory(2 * BLOCK);
    const [first, second] = [1, 2].map(() => new PacketQueue(1_000_000, memory));
    fill(first!, 0);
    fill(second!, 1);
    first!.shift(() => {});
    fill(first!, 2);
    fill(first!, 3);
    expect([first!.crowdedOut, second!.crowdedOut]).toEqual([0, 1]);
  });

  test('have all of it again when others are done', () => {
    const memory = new KeptMemory(3 * BLOCK);
    const done = new PacketQueue(1_000_000, memory);
    for (let arrival = 0; arrival < 3; arrival++) fill(done, arrival);
    done.clear();
    expect(memory.held).toBe(0);
    const next = new PacketQueue(1_000_000, memory);
    for (let arrival = 0; arrival < 3; arrival++) fill(next, arrival);
    expect([next.count, next.crowdedOut]).toEqual([3, 0]);
  });
});
