import { buildRtcp, buildRtp } from '../../../src/media';
import type { SrtpReceiver, SrtpSender } from '../../../src/media/srtp';
import { type CryptoKit, PLAIN_AT, SEALED_AT } from '../../../src/media/srtp/kit';
import { NativeKit } from '../../../src/media/srtp/native-kit';
import { NodeKit } from '../../../src/media/srtp/node-kit';

export const kits: ReadonlyArray<readonly [string, CryptoKit]> = [
  ['native', new NativeKit()],
  ['node', new NodeKit()],
];

export function rtp(sequence: number, ssrc = 0x1234_5678, size = 160): Buffer {
  return buildRtp({
    marker: false,
    payloadType: 8,
    sequence: sequence & 0xffff,
    timestamp: (160 * sequence) >>> 0,
    ssrc,
    payload: Buffer.alloc(size, sequence & 0xff),
  });
}

export function report(ssrc: number, lost = 0): Buffer {
  const block = {
    ssrc: 1,
    fractionLost: 0,
    lost,
    highestSequence: 2,
    jitter: 3,
    lastSr: 4,
    delaySinceLastSr: 5,
  };
  return buildRtcp([{ kind: 'receiver-report', ssrc, reports: [block] }]);
}

/** The protected packet, or what was said in place of one. */
export function sealed(
  kit: CryptoKit,
  sender: SrtpSender,
  clear: Buffer,
  kind: 'rtp' | 'rtcp' = 'rtp',
): Buffer {
  const length =
    kind === 'rtp'
      ? sender.protectRtp(clear, 0, clear.length)
      : sender.protectRtcp(clear, 0, clear.length);
  return Buffer.from(kit.bytes.subarray(SEALED_AT, SEALED_AT + Math.max(0, length)));
}

/** The packet in the clear, or why there is none. */
export function opened(
  kit: CryptoKit,
  receiver: SrtpReceiver,
  datagram: Buffer,
  kind: 'rtp' | 'rtcp' = 'rtp',
): Buffer | number {
  const memory = Buffer.concat([Buffer.alloc(3), datagram]);
  const length =
    kind === 'rtp'
      ? receiver.unprotectRtp(memory, 3, datagram.length)
      : receiver.unprotectRtcp(memory, 3, datagram.length);
  return length < 0 ? length : Buffer.from(kit.bytes.subarray(PLAIN_AT, PLAIN_AT + length));
}
