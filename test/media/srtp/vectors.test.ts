import { deriveSessionKeys, type SessionKeys } from '../../../src/media/srtp/key-derivation';
import { type CryptoKit, MAC_AT, PLAIN_AT, STREAM_AT, TAG_AT } from '../../../src/media/srtp/kit';
import { NativeKit } from '../../../src/media/srtp/native-kit';
import { NodeKit } from '../../../src/media/srtp/node-kit';
import { protection } from '../../../src/media/srtp/protection';
import { suiteNamed } from '../../../src/media/srtp/suites';

const hex = (text: string): Buffer => Buffer.from(text.replace(/\s+/g, ''), 'hex');

const MASTER_KEY = 'E1F97A0D3E018BE0D64FA32C06DE4139';
const MASTER_SALT = '0EC675AD498AFEEBB6960B3AABE6';

const GCM_SALT = '517569642070726f2071756f';
const KEYS = {
  AEAD_AES_128_GCM: '000102030405060708090a0b0c0d0e0f',
  AEAD_AES_256_GCM: '000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f',
};
const RTP = `8040f17b8041f8d35501a0b2
  47616c6c696120657374206f6d6e69732064697669736120696e207061727465732074726573`;
const RTCP = `81c8000d4d6172734e5450314e545032525450200000042a0000e9304c756e61
  deadbeefdeadbeefdeadbeefdeadbeefdeadbeef`;
const SEALED = {
  AEAD_AES_128_GCM: {
    rtp: `8040f17b8041f8d35501a0b2 f24de3a3fb34de6cacba861c9d7e4bcabe633bd50d294e6f42a5f47a51c7d19b36de3adf8833
      899d7f27beb16a9152cf765ee4390cce`,
    rtcp: `81c8000d4d617273 63e94885dcdab67ca727d7662f6b7e997ff5c0f76c06f32dc676a5f1730d6fda4ce09b4686303ded0bb9275b
      c84aa45896cf4d2fc5abf87245d9eade 800005d4`,
  },
  AEAD_AES_256_GCM: {
    rtp: `8040f17b8041f8d35501a0b2 32b1de78a822fe12ef9f78fa332e33aab18012389a58e2f3b50b2a0276ffae0f1ba63799b87b
      7aa3db36dfffd6b0f9bb7878d7a76c13`,
    rtcp: `81c8000d4d617273 d50ae4d1f5ce5d304ba297e47d470c282c3ece5dbffe0a50a2eaa5c1110555be8415f658c61de0476f1b6fad
      1d1eb30c4446839f57ff6f6cb26ac3be 800005d4`,
  },
};

const kits: ReadonlyArray<readonly [string, CryptoKit]> = [
  ['native', new NativeKit()],
  ['node', new NodeKit()],
];

describe('the key derivation', () => {
  test('makes the session keys of RFC 3711 B.3', () => {
    const suite = suiteNamed('AES_CM_128_HMAC_SHA1_80')!;
    const keys = deriveSessionKeys(suite, { key: hex(MASTER_KEY), salt: hex(MASTER_SALT) }, 'rtp');
    expect(keys.cipher).toEqual(hex('C61E7A93744F39EE10734AFE3FF7A087'));
    expect(keys.salt).toEqual(hex('30CBBC08863D8C85D49DB34A9AE1'));
    expect(keys.authentication).toEqual(hex('CEBE321F6FF7716B6FD4AB49AF256A156D38BAA4'));
  });

  test('makes the session keys of RFC 6188 §7.2', () => {
    const suite = suiteNamed('AES_256_CM_HMAC_SHA1_80')!;
    const master = {
      key: hex('f0f04914b513f2763a1b1fa130f10e29 98f6f6e43e4309d1e622a0e332b9f1b6'),
      salt: hex('3b04803de51ee7c96423ab5b78d2'),
    };
    const keys = deriveSessionKeys(suite, master, 'rtp');
    expect(keys.cipher).toEqual(
      hex('5ba1064e30ec51613cad926c5a28ef73 1ec7fb397f70a960653caf06554cd8c4'),
    );
    expect(keys.salt).toEqual(hex('fa31791685ca444a9e07c6c64e93'));
    expect(keys.authentication).toEqual(hex('fd9c32d39ed5fbb5a9dc96b30818454d1313dc05'));
  });
});

describe.each(kits)('the %s kit', (_name, kit) => {
  test('makes the keystream of RFC 3711 B.2', () => {
    const cipher = kit.counterMode(hex('2B7E151628AED2A6ABF7158809CF4F3C'));
    kit.bytes.fill(0, PLAIN_AT, PLAIN_AT + 48);
    cipher.apply(PLAIN_AT, 48, 0xf0f1f2f3, 0xf4f5f6f7, 0xf8f9fafb, 0xfcfd0000);
    expect(kit.bytes.subarray(PLAIN_AT, PLAIN_AT + 48)).toEqual(
      hex(`E03EAD0935C95E80E166B16DD92B4EB4 D23513162B02D0F72A43A2FE4A5F97AB
        41E95B3BB0A2E8DD477901E4FCA894C0`),
    );
    cipher.close();
  });

  test.each([
    [
      '0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b',
      'Hi There',
      'b617318655057264e28bc0b6fb378c8ef146be00',
    ],
    ['4a656665', 'what do ya want for nothing?', 'effcdf6ae5eb2fa2d27416d5f184df9c259a7c79'],
  ])('makes the digests of RFC 2202 §3 with key %s', (key, message, digest) => {
    const mac = kit.hmacSha1(hex(key));
    kit.bytes.write(message, STREAM_AT);
    mac.digest(STREAM_AT, message.length);
    expect(kit.bytes.subarray(MAC_AT, MAC_AT + 20)).toEqual(hex(digest));
  });

  describe.each(['AEAD_AES_128_GCM', 'AEAD_AES_256_GCM'] as const)('with %s', (name) => {
    const session: SessionKeys = {
      cipher: hex(KEYS[name]),
      authentication: Buffer.alloc(20),
      salt: hex(GCM_SALT),
    };
    const gcm = protection(kit, suiteNamed(name)!, { rtp: session, rtcp: session });

    test('seals and opens the packet of RFC 7714 §16', () => {
      const length = lay(kit, RTP);
      expect(gcm.sealRtp(PLAIN_AT, 12, length, 0x5501a0b2, 0, 0xf17b)).toBe(length + 16);
      expect(kit.bytes.subarray(PLAIN_AT, PLAIN_AT + length + 16)).toEqual(hex(SEALED[name].rtp));
      kit.bytes.copy(kit.bytes, TAG_AT, PLAIN_AT + length, PLAIN_AT + length + 16);
      expect(gcm.openRtp(PLAIN_AT, 12, length, 0x5501a0b2, 0, 0xf17b)).toBe(true);
      expect(kit.bytes.subarray(PLAIN_AT, PLAIN_AT + length)).toEqual(hex(RTP));
    });

    test('seals and opens the report of RFC 7714 §17', () => {
      const length = lay(kit, RTCP);
      expect(gcm.sealRtcp(PLAIN_AT, length, 0x4d617273, 0x5d4)).toBe(length + 20);
      expect(kit.bytes.subarray(PLAIN_AT, PLAIN_AT + length + 20)).toEqual(hex(SEALED[name].rtcp));
      kit.bytes.copy(kit.bytes, TAG_AT, PLAIN_AT + length, PLAIN_AT + length + 16);
      expect(gcm.openRtcp(PLAIN_AT, length, 0x4d617273, 0x800005d4 | 0)).toBe(true);
      expect(kit.bytes.subarray(PLAIN_AT, PLAIN_AT + length)).toEqual(hex(RTCP));
    });
  });

  test('takes the report of RFC 7714 §17.3, which is authentic and not encrypted', () => {
    const session: SessionKeys = {
      cipher: hex(KEYS.AEAD_AES_128_GCM),
      authentication: Buffer.alloc(20),
      salt: hex(GCM_SALT),
    };
    const gcm = protection(kit, suiteNamed('AEAD_AES_128_GCM')!, { rtp: session, rtcp: session });
    const length = lay(kit, RTCP);
    hex('841dd9683dd78ec92ae58790125f62b3').copy(kit.bytes, TAG_AT);
    expect(gcm.openRtcp(PLAIN_AT, length, 0x4d617273, 0x5d4)).toBe(true);
    expect(kit.bytes.subarray(PLAIN_AT, PLAIN_AT + length)).toEqual(hex(RTCP));
  });
});

function lay(kit: CryptoKit, packet: string): number {
  return hex(packet).copy(kit.bytes, PLAIN_AT);
}
