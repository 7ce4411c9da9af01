import fc from 'fast-check';
import {
  newKeys,
  readCryptoAttribute,
  SUITES,
  writeCryptoAttribute,
} from '../../../src/media/srtp';

const KEY = Buffer.from(Array.from({ length: 30 }, (_, i) => i)).toString('base64');
const SUITE = 'AES_CM_128_HMAC_SHA1_80';

describe('a crypto attribute', () => {
  test('is read as RFC 4568 §9.1 writes it: tag, suite, key and salt', () => {
    expect(readCryptoAttribute(`1 ${SUITE} inline:${KEY}`)).toEqual({
      tag: '1',
      keys: {
        suite: SUITE,
        masters: [
          {
            key: Uint8Array.from({ length: 16 }, (_, i) => i),
            salt: Uint8Array.from({ length: 14 }, (_, i) => 16 + i),
          },
        ],
      },
    });
  });

  test.each([
    ['a lifetime', `inline:${KEY}|2^20`, undefined],
    ['a lifetime in figures', `inline:${KEY}|1048576`, undefined],
    ['an identifier', `inline:${KEY}|1:4`, [0, 0, 0, 1]],
    ['a lifetime and an identifier', `inline:${KEY}|2^31|1066:2`, [4, 42]],
  ])('is read with %s', (_what, keyParams, mki) => {
    const [master] = readCryptoAttribute(`7 ${SUITE} ${keyParams}`)!.keys.masters;
    expect(master!.mki).toEqual(mki && Uint8Array.from(mki));
  });

  test('is read with several keys, if packets can tell which they are of', () => {
    const two = `inline:${KEY}|2^20|1:4;inline:${KEY}|2^20|2:4`;
    expect(readCryptoAttribute(`1 ${SUITE} ${two}`)?.keys.masters).toHaveLength(2);
    expect(readCryptoAttribute(`1 ${SUITE} inline:${KEY};inline:${KEY}`)).toBeUndefined();
    expect(readCryptoAttribute(`1 ${SUITE} inline:${KEY}|1:4;inline:${KEY}|1:4`)).toBeUndefined();
    expect(readCryptoAttribute(`1 ${SUITE} inline:${KEY}|1:4;inline:${KEY}|2:3`)).toBeUndefined();
  });

  test.each(['WSH=128', 'KDR=0', '-SOMETHING=NEW', ' WSH=64 KDR=0'])(
    'is read with a parameter that changes nothing: %s',
    (parameter) => {
      expect(readCryptoAttribute(`1 ${SUITE} inline:${KEY} ${parameter}`)).toBeDefined();
    },
  );

  test.each([
    ['a suite that is not spoken here', `1 F8_128_HMAC_SHA1_80 inline:${KEY}`],
    ['a key of the wrong length', `1 AEAD_AES_256_GCM inline:${KEY}`],
    ['a key that is no base64', `1 ${SUITE} inline:%%%%`],
    ['another key method', `1 ${SUITE} uri:https://keys.example.com/1`],
    ['packets that are not authenticated', `1 ${SUITE} inline:${KEY} UNAUTHENTICATED_SRTP`],
    ['packets that are not encrypted', `1 ${SUITE} inline:${KEY} UNENCRYPTED_SRTCP`],
    ['keys derived anew on the way', `1 ${SUITE} inline:${KEY} KDR=4`],
    ['a parameter that nobody here knows', `1 ${SUITE} inline:${KEY} NEW=1`],
    ['a lifetime of nothing', `1 ${SUITE} inline:${KEY}|0`],
    ['an identifier that does not fit its length', `1 ${SUITE} inline:${KEY}|65536:2`],
    ['no tag', `${SUITE} inline:${KEY}`],
    ['nothing', ''],
  ])('is passed over with %s', (_what, value) => {
    expect(readCryptoAttribute(value)).toBeUndefined();
  });

  test.each(SUITES)('of $name is read as it was written', (suite) => {
    const attribute = { tag: '3', keys: newKeys(suite) };
    expect(readCryptoAttribute(writeCryptoAttribute(attribute))).toEqual(attribute);
  });

  test('carries an identifier there and back', () => {
    const [master] = newKeys(SUITES[0]!).masters;
    const keys = { suite: SUITE, masters: [{ ...master!, mki: Uint8Array.from([0, 1, 0]) }] };
    expect(readCryptoAttribute(writeCryptoAttribute({ tag: '1', keys }))?.keys).toEqual(keys);
  });

  test('of any text is read or passed over, and never throws', () => {
    const parts = fc.constantFrom('1', SUITE, 'inline:', KEY, '|', ';', '2^', ':4', '=', ' ', '-');
    fc.assert(
      fc.property(fc.array(fc.oneof(parts, fc.string()), { maxLength: 12 }), (pieces) => {
        readCryptoAttribute(pieces.join(''));
        readCryptoAttribute(`1 ${SUITE} inline:${pieces.join('')}`);
      }),
    );
  });
});
