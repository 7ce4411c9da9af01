import { RtpPacket as ForeignPacket, SrtcpSession, SrtpSession } from 'werift-rtp';
import { newKeys, SrtpReceiver, SrtpSender, suiteNamed } from '../../../src/media/srtp';
import { kits, opened, report, rtp, sealed } from './support';

/** The numbers by which DTLS-SRTP, and so werift, knows them. */
const PROFILES = [
  ['AES_CM_128_HMAC_SHA1_80', 1],
  ['AEAD_AES_128_GCM', 7],
] as const;
const SSRC = 0x1234_5678;

describe.each(kits)('with the %s kit and werift-rtp at the other end', (_name, kit) => {
  describe.each(PROFILES)('%s', (name, profile) => {
    const suite = suiteNamed(name)!;

    const call = () => {
      const [ours, theirs] = [newKeys(suite), newKeys(suite)];
      const [local, remote] = [theirs.masters[0]!, ours.masters[0]!];
      const keys = {
        localMasterKey: Buffer.from(local.key),
        localMasterSalt: Buffer.from(local.salt),
        remoteMasterKey: Buffer.from(remote.key),
        remoteMasterSalt: Buffer.from(remote.salt),
      };
      return {
        sender: new SrtpSender(kit, ours),
        receiver: new SrtpReceiver(kit, theirs),
        srtp: new SrtpSession({ keys, profile }),
        srtcp: new SrtcpSession({ keys, profile }),
      };
    };

    test('it opens what we seal, around the turn of the sequence number', () => {
      const { sender, srtp } = call();
      for (let sequence = 65_530; sequence < 65_545; sequence++) {
        const clear = srtp.decrypt(sealed(kit, sender, rtp(sequence)));
        expect(clear.equals(rtp(sequence))).toBe(true);
      }
    });

    test('we open what it seals, around the turn of the sequence number', () => {
      const { receiver, srtp } = call();
      for (let sequence = 65_530; sequence < 65_545; sequence++) {
        const { payload, header } = ForeignPacket.deSerialize(rtp(sequence));
        const datagram = Buffer.from(srtp.encrypt(payload, header));
        expect(opened(kit, receiver, datagram)).toEqual(rtp(sequence));
      }
    });

    test('reports go both ways', () => {
      const { sender, receiver, srtcp } = call();
      for (let lost = 0; lost < 3; lost++) {
        const clear = report(SSRC, lost);
        expect(srtcp.decrypt(sealed(kit, sender, clear, 'rtcp')).equals(clear)).toBe(true);
        expect(opened(kit, receiver, Buffer.from(srtcp.encrypt(clear)), 'rtcp')).toEqual(clear);
      }
    });
  });
});
