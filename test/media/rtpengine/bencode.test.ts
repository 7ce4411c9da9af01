import * as fc from 'fast-check';
import { decode, encode, type Readable } from '../../../src/media/rtpengine/ng/bencode';

describe('bencode', () => {
  test.each([
    ['a number', 42, 'i42e'],
    ['a negative number', -3, 'i-3e'],
    ['text by its octets', 'Приклад', '14:Приклад'],
    ['a list', ['a', 1], 'l1:ai1ee'],
    [
      'a dictionary in the order of its keys',
      { sdp: 'v=0', command: 'offer' },
      'd7:command5:offer3:sdp3:v=0e',
    ],
    ['nothing', {}, 'de'],
  ])('writes %s as rtpengine reads it, and reads it back', (_, value, text) => {
    expect(encode(value).toString()).toBe(text);
    expect(decode(Buffer.from(text))).toEqual(value);
  });

  test('leaves out what is undefined', () => {
    expect(encode({ a: undefined, b: 1 }).toString()).toBe('d1:bi1ee');
  });

  test('writes sound as it is', () => {
    const sound = Uint8Array.from([0, 255, 10, 32]);
    expect(encode({ blob: sound })).toEqual(
      Buffer.concat([Buffer.from('d4:blob4:'), sound, Buffer.from('e')]),
    );
  });

  test.each([
    '',
    'i42',
    'ie',
    'i4x2e',
    '5:abc',
    '99999999:a',
    'l1:a',
    'd1:a',
    'd1:ai1e',
    'di1ei2ee',
    'i1ei2e',
    'x',
    'l'.repeat(100_000),
  ])('reads nothing from what is broken: %#', (text) => {
    expect(decode(Buffer.from(text))).toBeUndefined();
  });

  test('takes a key for a key, whatever its name', () => {
    const read = decode(Buffer.from('d9:__proto__d1:ai1eee')) as { [key: string]: Readable };
    expect(Object.hasOwn(read, '__proto__')).toBe(true);
    expect(({} as { a?: number }).a).toBeUndefined();
  });

  test('never throws, and reads what it wrote', () => {
    const value = fc.letrec<{ value: Readable }>((tie) => ({
      value: fc.oneof(
        { maxDepth: 4 },
        fc.maxSafeInteger(),
        fc.string(),
        fc.array(tie('value')),
        fc.dictionary(fc.string(), tie('value')),
      ),
    })).value;
    fc.assert(fc.property(value, (one) => expect(decode(encode(one))).toEqual(one)));
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => void decode(Buffer.from(bytes))),
    );
  });
});
