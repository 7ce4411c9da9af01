import fc from 'fast-check';
import {
  newKeys,
  REFUSED,
  SrtpReceiver,
  SrtpSender,
  SUITES,
  suiteNamed,
} from '../../../src/media/srtp';
import { kits, opened, report, rtp, sealed } from './support';

const SSRC = 0x1234_5678;

describe.each(kits)('with the %s kit', (_name, kit) => {
  describe.each(SUITES)('$name', (suite) => {
    const pair = () => {
      const keys = newKeys(suite);
      return { sender: new SrtpSender(kit, keys), receiver: new SrtpReceiver(kit, keys) };
    };

    test('gives back each packet as it was', () => {
      const { sender, receiver } = pair();
      for (const [i, size] of [0, 1, 2, 3, 4, 15, 16, 17, 160, 1_400, 9_000].entries()) {
        const clear = rtp(i, SSRC, size);
        const datagram = sealed(kit, sender, clear);
        expect(datagram.length).toBe(clear.length + suite.rtpTag);
        expect(datagram.subarray(0, 12)).toEqual(clear.subarray(0, 12));
        if (size > 4) expect(datagram.includes(clear.subarray(12))).toBe(false);
        expect(opened(kit, receiver, datagram)).toEqual(clear);
      }
    });

    test('leaves contributing sources and extension legible', () => {
      const { sender, receiver } = pair();
      const clear = Buffer.concat([rtp(1).subarray(0, 12), Buffer.alloc(4 + 4 + 8 + 33, 7)]);
      clear[0] = 0x91;
      clear.writeUInt16BE(2, 18);
      const datagram = sealed(kit, sender, clear);
      expect(datagram.subarray(0, 28)).toEqual(clear.subarray(0, 28));
      expect(opened(kit, receiver, datagram)).toEqual(clear);
    });

    test('gives back each report as it was', () => {
      const { sender, receiver } = pair();
      for (let lost = 0; lost < 3; lost++) {
        const clear = report(SSRC, lost);
        const datagram = sealed(kit, sender, clear, 'rtcp');
        expect(datagram.length).toBe(clear.length + 4 + suite.rtcpTag);
        expect(opened(kit, receiver, datagram, 'rtcp')).toEqual(clear);
      }
    });

    test('refuses what was changed by a bit, anywhere, and takes the true packet after it', () => {
      const { sender, receiver } = pair();
      const datagram = sealed(kit, sender, rtp(1));
      const control = sealed(kit, sender, report(SSRC), 'rtcp');
      for (const [kind, packet] of [['rtp', datagram] as const, ['rtcp', control] as const]) {
        for (let at = kind === 'rtp' ? 1 : 8; at < packet.length; at++) {
          const changed = Buffer.from(packet);
          changed[at]! ^= 1 << (at % 8);
          expect(opened(kit, receiver, changed, kind)).toBe(REFUSED.unauthentic);
        }
      }
      expect(opened(kit, receiver, datagram)).toEqual(rtp(1));
      expect(opened(kit, receiver, control, 'rtcp')).toEqual(report(SSRC));
    });

    test('refuses what was cut short', () => {
      const { sender, receiver } = pair();
      const datagram = sealed(kit, sender, rtp(1));
      const control = sealed(kit, sender, report(SSRC), 'rtcp');
      for (let length = 0; length < datagram.length; length++) {
        expect(opened(kit, receiver, datagram.subarray(0, length))).toBeLessThan(0);
      }
      for (let length = 0; length < control.length; length++) {
        expect(opened(kit, receiver, control.subarray(0, length), 'rtcp')).toBeLessThan(0);
      }
    });

    test('refuses what another key has sealed', () => {
      const datagram = sealed(kit, pair().sender, rtp(1));
      expect(opened(kit, pair().receiver, datagram)).toBe(REFUSED.unauthentic);
    });

    test('takes each packet and each report once', () => {
      const { sender, receiver } = pair();
      const datagrams = [1, 2, 3].map((sequence) => sealed(kit, sender, rtp(sequence)));
      for (const datagram of datagrams)
        expect(opened(kit, receiver, datagram)).toBeInstanceOf(Buffer);
      for (const datagram of datagrams) {
        expect(opened(kit, receiver, datagram)).toBe(REFUSED.replayed);
      }
      const control = sealed(kit, sender, report(SSRC), 'rtcp');
      expect(opened(kit, receiver, control, 'rtcp')).toEqual(report(SSRC));
      expect(opened(kit, receiver, control, 'rtcp')).toBe(REFUSED.replayed);
    });

    test('follows the sequence number around, with late packets on either side of the turn', () => {
      const { sender, receiver } = pair();
      for (let number = 65_000; number < 205_000; number += 7_000) {
        const [first, second] = [number, number + 1].map((one) => sealed(kit, sender, rtp(one)));
        expect(opened(kit, receiver, second!)).toEqual(rtp(number + 1));
        expect(opened(kit, receiver, first!)).toEqual(rtp(number));
      }
    });

    test('takes packets around the first turn in any order', () => {
      const { sender, receiver } = pair();
      const [a, b, c, d] = [65_534, 65_535, 65_536, 65_537].map((one) => ({
        clear: rtp(one),
        datagram: sealed(kit, sender, rtp(one)),
      }));
      for (const { clear, datagram } of [a!, c!, b!, d!]) {
        expect(opened(kit, receiver, datagram)).toEqual(clear);
      }
    });

    test('finds the key by its identifier, and wants one that it has', () => {
      const [one, two] = [newKeys(suite).masters[0]!, newKeys(suite).masters[0]!];
      const marked = (master: typeof one, mki: number) => ({
        ...master,
        mki: Uint8Array.from([0, mki]),
      });
      const receiver = new SrtpReceiver(kit, {
        suite: suite.name,
        masters: [marked(one, 1), marked(two, 2)],
      });
      const sender = new SrtpSender(kit, { suite: suite.name, masters: [two] });
      const bare = sealed(kit, sender, rtp(1));
      const control = sealed(kit, sender, report(SSRC), 'rtcp');
      const withMki = (datagram: Buffer, tag: number, mki: number) => {
        const at = suite.cipher === 'gcm' ? datagram.length : datagram.length - tag;
        return Buffer.concat([
          datagram.subarray(0, at),
          Buffer.from([0, mki]),
          datagram.subarray(at),
        ]);
      };
      expect(opened(kit, receiver, withMki(bare, suite.rtpTag, 3))).toBe(REFUSED.unauthentic);
      expect(opened(kit, receiver, withMki(bare, suite.rtpTag, 1))).toBe(REFUSED.unauthentic);
      expect(opened(kit, receiver, withMki(bare, suite.rtpTag, 2))).toEqual(rtp(1));
      expect(opened(kit, receiver, withMki(control, suite.rtcpTag, 2), 'rtcp')).toEqual(
        report(SSRC),
      );
    });
  });

  const suite = suiteNamed('AES_CM_128_HMAC_SHA1_80')!;

  test('a sender lets a packet that is there twice leave once, and a late one late', () => {
    const sender = new SrtpSender(kit, newKeys(suite));
    const leaves = (sequence: number) => sealed(kit, sender, rtp(sequence)).length > 0;
    expect([1, 2, 4, 4, 3, 3, 70, 6].map(leaves)).toEqual([
      true,
      true,
      true,
      false,
      true,
      false,
      true,
      true,
    ]);
  });

  test('a sender numbers on what begins anew', () => {
    const keys = newKeys(suite);
    const [sender, receiver] = [new SrtpSender(kit, keys), new SrtpReceiver(kit, keys)];
    const heard = [40_000, 40_001, 17_000, 17_001, 17_002, 5, 6].map((sequence) => {
      const clear = opened(kit, receiver, sealed(kit, sender, rtp(sequence)));
      return typeof clear === 'number' ? clear : clear.readUInt16BE(2);
    });
    expect(heard).toEqual([40_000, 40_001, 40_002, 40_003, 40_004, 40_005, 40_006]);
  });

  test('a sender keeps sources apart', () => {
    const keys = newKeys(suite);
    const [sender, receiver] = [new SrtpSender(kit, keys), new SrtpReceiver(kit, keys)];
    for (let i = 0; i < 20; i++) {
      for (const [at, ssrc] of [1, 0xffff_ffff, 3].entries()) {
        const clear = rtp(65_530 + i * (1 + at), ssrc);
        expect(opened(kit, receiver, sealed(kit, sender, clear))).toEqual(clear);
      }
    }
  });

  test('new keys are taken while packets with those before still come, which end with the first new one', () => {
    const [oldKeys, newer] = [newKeys(suite), newKeys(suite)];
    const before = new SrtpReceiver(kit, oldKeys);
    const [oldSender, sender] = [new SrtpSender(kit, oldKeys), new SrtpSender(kit, newer)];
    expect(opened(kit, before, sealed(kit, oldSender, rtp(1)))).toEqual(rtp(1));
    const receiver = new SrtpReceiver(kit, newer, before);
    expect(opened(kit, receiver, sealed(kit, oldSender, rtp(2)))).toEqual(rtp(2));
    expect(opened(kit, receiver, sealed(kit, sender, rtp(3)))).toEqual(rtp(3));
    expect(opened(kit, receiver, sealed(kit, oldSender, rtp(4)))).toBe(REFUSED.unauthentic);
  });

  test('new keys are taken in the round that the source was in, and in its first', () => {
    const [oldKeys, newer] = [newKeys(suite), newKeys(suite)];
    for (const goesOn of [true, false]) {
      const before = new SrtpReceiver(kit, oldKeys);
      const [oldSender, sender] = [new SrtpSender(kit, oldKeys), new SrtpSender(kit, newer)];
      for (const sequence of [65_000, 65_600]) {
        opened(kit, before, sealed(kit, oldSender, rtp(sequence)));
        if (goesOn) sealed(kit, sender, rtp(sequence));
      }
      const receiver = new SrtpReceiver(kit, newer, before);
      for (const sequence of [65_700, 65_701]) {
        expect(opened(kit, receiver, sealed(kit, sender, rtp(sequence)))).toEqual(rtp(sequence));
      }
    }
  });

  test('whatever comes is refused without harm', () => {
    const keys = SUITES.map((one) => newKeys(one));
    const receivers = keys.map((one) => new SrtpReceiver(kit, one));
    const senders = keys.map((one) => new SrtpSender(kit, one));
    const anything = fc.uint8Array({ maxLength: 300 }).map((octets) => Buffer.from(octets));
    const versioned = anything.map((octets) => {
      if (octets.length > 0) octets[0] = 0x80 | (octets[0]! & 0x3f);
      return octets;
    });
    fc.assert(
      fc.property(
        fc.oneof(anything, versioned),
        fc.constantFrom('rtp', 'rtcp'),
        (datagram, kind) => {
          for (const receiver of receivers) {
            expect(opened(kit, receiver, datagram, kind as 'rtp')).toBeLessThan(0);
          }
          for (const sender of senders) sealed(kit, sender, datagram, kind as 'rtp');
        },
      ),
    );
    for (const [i, receiver] of receivers.entries()) {
      const fresh = new SrtpSender(kit, keys[i]!);
      expect(opened(kit, receiver, sealed(kit, fresh, rtp(1)))).toEqual(rtp(1));
    }
  });
});
