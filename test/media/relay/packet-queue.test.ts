import fc from 'fast-check';
import { PacketQueue } from '../../../src/media/relay/packet-queue';

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
    const queue = new PacketQueue(1000);
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
    const queue = new PacketQueue(100);
    for (const arrival of [0, 50, 100, 155]) push(queue, `at ${arrival}`, arrival);
    expect(queue.dropped).toBe(2);
    expect(takeAll(queue)).toEqual([
      ['at 100', 100],
      ['at 155', 155],
    ]);
  });

  test('never holds more memory than a megabyte, whatever arrives', () => {
    const queue = new PacketQueue(1_000_000);
    const large = Buffer.alloc(60_000);
    for (let i = 0; i < 200; i++) queue.push(large, 0, large.length, i);
    expect(queue.count).toBe(64);
    expect(queue.dropped).toBe(136);
  });

  test('can be emptied and filled again', () => {
    const queue = new PacketQueue(1000);
    push(queue, 'gone', 1);
    queue.clear();
    expect(queue.count).toBe(0);
    push(queue, 'new', 2);
    expect(takeAll(queue)).toEqual([['new', 2]]);
  });

  test('keeps order and content through any mix of pushing and taking', () => {
    fc.assert(
      fc.property(fc.array(fc.option(fc.nat(3_000), { freq: 2 })), (steps) => {
        const queue = new PacketQueue(Number.POSITIVE_INFINITY);
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
