import fc from 'fast-check';
import {
  isUnspecified,
  readAddress,
  sameAddress,
  sameHost,
  socketAddress,
} from '../../../src/media/relay/address';

describe('a socket address', () => {
  test('has the layout of the kernel’s', () => {
    const octets = (address: string, port: number) =>
      Buffer.from(socketAddress(address, port)!.words.buffer).toString('hex');
    expect(octets('192.0.2.1', 5060)).toBe(`020013c4c0000201${'00'.repeat(20)}`);
    expect(octets('2001:db8::1', 5060)).toBe(
      `0a0013c400000000${'20010db8000000000000000000000001'}00000000`,
    );
  });

  test.each([
    ['::', '::'],
    ['::1', '::1'],
    ['1::', '1::'],
    ['2001:DB8:0:0:1:0:0:1', '2001:db8::1:0:0:1'],
    ['2001:db8:0:1:1:1:1:1', '2001:db8:0:1:1:1:1:1'],
    ['::ffff:192.0.2.1', '::ffff:c000:201'],
    ['fe80::1%lo', 'fe80::1'],
    ['1:2:3:4:5:6:192.0.2.1', '1:2:3:4:5:6:c000:201'],
    ['127.0.0.1', '127.0.0.1'],
  ])('reads %s and writes it as %s', (address, text) => {
    expect(readAddress(socketAddress(address, 9)!.words)).toMatchObject({ address: text, port: 9 });
  });

  test('comes back from what it was written to', () => {
    fc.assert(
      fc.property(
        fc.oneof(fc.ipV4(), fc.ipV6()),
        fc.integer({ min: 1, max: 65_535 }),
        (address, port) => {
          const written = socketAddress(address, port)!;
          const read = readAddress(written.words);
          expect(read.port).toBe(port);
          expect(sameAddress(socketAddress(read.address, port)!.words, written.words)).toBe(true);
        },
      ),
    );
  });

  test.each([
    ['example.com', 9],
    ['', 9],
    ['1.2.3', 9],
    ['127.0.0.1', 0],
    ['127.0.0.1', 65_536],
    ['127.0.0.1', Number.NaN],
    ['127.0.0.1', 1.5],
  ])('cannot be %s:%d', (address, port) => {
    expect(socketAddress(address, port)).toBeUndefined();
  });

  test('is compared by family, host and port', () => {
    const one = socketAddress('192.0.2.1', 9)!.words;
    expect(sameAddress(one, socketAddress('192.0.2.1', 9)!.words)).toBe(true);
    expect(sameAddress(one, socketAddress('192.0.2.2', 9)!.words)).toBe(false);
    expect(sameAddress(one, socketAddress('192.0.2.1', 8)!.words)).toBe(false);
    expect(sameHost(one, socketAddress('192.0.2.1', 8)!.words)).toBe(true);
    expect(sameHost(one, socketAddress('::1', 9)!.words)).toBe(false);
    const six = socketAddress('2001:db8::1', 9)!.words;
    expect(sameAddress(six, socketAddress('2001:db8::2', 9)!.words)).toBe(false);
    expect(sameHost(six, socketAddress('2001:db8::1', 8)!.words)).toBe(true);
  });

  test('is unspecified when it names nobody', () => {
    const unspecified = ['0.0.0.0', '::', '0.0.0.1', '::1'].map((address) =>
      isUnspecified(socketAddress(address, 9)!.words),
    );
    expect(unspecified).toEqual([true, true, false, false]);
  });
});
