import { socketAddress } from '../../../src/media/relay/address';
import { BATCH_SIZE, Batches } from '../../../src/media/relay/batches';
import type { Carrier } from '../../../src/media/relay/carrier';
import { ROW, ROW_SIZE, Rows } from '../../../src/media/relay/row';

const TO = socketAddress('127.0.0.1', 4_000)!;
const SLOTS = 100;

/** What batches see of a carrier. */
class Hand {
  readonly bytes = Buffer.alloc(SLOTS * (ROW_SIZE + BATCH_SIZE));
  turn = 1;
  handOver(): void {
    this.turn += 1;
  }
}

let hand: Hand;
let rows: Rows;
let batches: Batches;

beforeEach(() => {
  hand = new Hand();
  rows = new Rows(SLOTS, hand.bytes);
  batches = new Batches(hand as unknown as Carrier, rows, SLOTS * ROW_SIZE, SLOTS);
});

const row = (slot: number): number => slot * ROW.length;

function add(slot: number, text: string, now = 0): boolean {
  const bytes = Buffer.from(text);
  return batches.add(row(slot), bytes, 0, bytes.length, now);
}

/** How many of the same length it takes. */
function filled(slot: number): number {
  let count = 1;
  for (; !add(slot, 'some octets'); count++);
  batches.clear(row(slot));
  return count;
}

function due(limit: number): number[] {
  const slots: number[] = [];
  batches.due(limit, (at) => {
    slots.push(at / ROW.length);
    batches.clear(at);
  });
  return slots;
}

test('the first batches of forks that began at once are full at different times, all others have five', () => {
  // A recorded call takes four pairs of sockets.
  const forks = Array.from({ length: 10 }, (_, call) => 1 + 8 * call);
  expect(forks.map(filled).sort()).toEqual([1, 1, 2, 2, 3, 3, 4, 4, 5, 5]);
  expect(forks.map(filled)).toEqual(Array(10).fill(5));
});

test('a batch has what was put in, one after the other, and where it goes', () => {
  filled(8);
  batches.aim(row(8), TO);
  for (const text of ['one', 'two', 'six']) expect(add(8, text)).toBe(false);
  expect(batches.count(row(8))).toBe(3);
  expect(batches.each(row(8))).toBe(3);
  const at = batches.at(row(8));
  expect(hand.bytes.toString('latin1', at, at + batches.fill(row(8)))).toBe('onetwosix');
  expect(hand.bytes.subarray(batches.destinationAt(row(8))).subarray(0, 8)).toEqual(
    Buffer.from([2, 0, 0x0f, 0xa0, 127, 0, 0, 1]),
  );
  expect(batches.destination(row(8))).toBe(TO);
});

test('a shorter datagram is its last, a longer one is not for it', () => {
  filled(8);
  add(8, 'three');
  expect(batches.takes(row(8), 6)).toBe(false);
  expect(batches.takes(row(8), 5)).toBe(true);
  expect(add(8, 'four')).toBe(true);
});

test('the longest it takes fit five times', () => {
  expect(Batches.fits(0)).toBe(false);
  expect(Batches.fits(401)).toBe(false);
  expect(Batches.fits(400)).toBe(true);
  filled(8);
  for (let i = 0; i < 5; i++) batches.add(row(8), Buffer.alloc(400, i), 0, 400, 0);
  batches.aim(row(9), TO);
  const at = batches.at(row(8));
  for (let i = 0; i < 5; i++) expect(hand.bytes[at + 400 * i + 399]).toBe(i);
  expect(batches.at(row(9))).toBeGreaterThanOrEqual(at + 2000);
});

test('where a way out takes none apart each datagram is a batch', () => {
  filled(8);
  batches.forbid(row(8));
  expect([filled(8), filled(8)]).toEqual([1, 1]);
});

test('what was sent from its memory is handed over before anything else is written there', () => {
  filled(8);
  const { turn } = hand;
  add(9, 'elsewhere');
  expect(hand.turn).toBe(turn);
  add(8, 'again');
  expect(hand.turn).toBe(turn + 1);
  add(8, 'and more');
  expect(hand.turn).toBe(turn + 1);
});

test('those that have waited long enough are told, in their order, and once', () => {
  for (const slot of [8, 18, 28]) filled(slot);
  add(8, 'a', 100);
  add(18, 'b', 105);
  add(8, 'c', 106);
  add(28, 'd', 110);
  expect(batches.areWaiting).toBe(true);
  expect(due(99)).toEqual([]);
  expect(due(105)).toEqual([8, 18]);
  expect(due(109)).toEqual([]);
  expect(due(110)).toEqual([28]);
  expect(batches.areWaiting).toBe(false);
});

test('one that was sent meanwhile waits from its next datagram on', () => {
  filled(8);
  add(8, 'a', 100);
  batches.clear(row(8));
  add(8, 'b', 150);
  expect(due(120)).toEqual([]);
  expect(due(149)).toEqual([]);
  expect(due(150)).toEqual([8]);
});

test('one whose port is closed, or renewed, is not told', () => {
  filled(8);
  add(8, 'a', 100);
  rows.words.fill(0, row(8), row(9));
  expect(due(200)).toEqual([]);
  expect(batches.areWaiting).toBe(false);
});
