import { G722Decoder, G722Encoder } from '../../../src/media';

// koffi's types are a module's, its entry point is not.
const koffi: typeof import('koffi', { with: { 'resolution-mode': 'import' }}) = require('koffi');

/** The G.722 of spandsp, which Debian installs with baresip: a party that shares no line with us. */
const spandsp = koffi.load('libspandsp.so.2');
const encodeInit = spandsp.func('void *g722_encode_init(void *, int, int)');
const encode = spandsp.func('int g722_encode(void *, _Out_ uint8_t *, const int16_t *, int)');
const decodeInit = spandsp.func('void *g722_decode_init(void *, int, int)');
const decode = spandsp.func('int g722_decode(void *, _Out_ int16_t *, const uint8_t *, int)');

const RATE = 16_000;

/** Speech-like trouble: tones, noise from soft to clipping, silence, steps; the same on every run. */
function material(): Int16Array {
  let seed = 12_345;
  const random = (): number => {
    seed = (Math.imul(seed, 1_103_515_245) + 12_345) & 0x7fffffff;
    return seed / 0x40000000 - 1;
  };
  return Int16Array.from({ length: 4 * RATE }, (_, n) => {
    const second = Math.floor(n / RATE);
    const loud = 32_767 * ((n % RATE) / RATE);
    if (second === 0) return loud * random();
    if (second === 1) return n % 4000 < 2000 ? 0 : Math.sign(random()) * 32_767;
    if (second === 2) return loud * Math.sin((2 * Math.PI * 440 * n) / RATE);
    return loud * Math.sin((2 * Math.PI * (n % RATE) * (n % RATE)) / 2 / RATE);
  });
}

describe('G.722', () => {
  it('encodes bit by bit as spandsp does', () => {
    const samples = material();
    const theirs = new Uint8Array(samples.length / 2);
    encode(encodeInit(null, 64_000, 0), theirs, samples, samples.length);
    expect(Buffer.compare(new G722Encoder().encode(samples), theirs)).toBe(0);
  });

  it('decodes any octets bit by bit as spandsp does', () => {
    const speech = new G722Encoder().encode(material());
    const noise = Uint8Array.from({ length: 20_000 }, (_, n) => Math.imul(n, 2_654_435_761) >>> 24);
    const payload = Uint8Array.from([...speech, ...noise]);
    const theirs = new Int16Array(payload.length * 2);
    decode(decodeInit(null, 64_000, 0), theirs, payload, payload.length);
    // Where the sum leaves 16 bits it wraps around; the Recommendation saturates (§4.4, RECA).
    const ours = new G722Decoder().decode(payload);
    const clipped = ours.filter((sample) => sample === 32_767 || sample === -32_768).length;
    const elsewhere = ours.findIndex(
      (sample, at) => sample !== theirs[at] && sample !== 32_767 && sample !== -32_768,
    );
    expect(elsewhere).toBe(-1);
    expect(clipped).toBeLessThan(ours.length / 4);
  });

  it('goes on where the packet before ended', () => {
    const samples = material();
    const whole = new G722Decoder().decode(new G722Encoder().encode(samples));
    const encoder = new G722Encoder();
    const decoder = new G722Decoder();
    const pieces: number[] = [];
    for (let at = 0; at < samples.length; at += 320) {
      pieces.push(...decoder.decode(encoder.encode(samples.subarray(at, at + 320))));
    }
    expect(pieces).toEqual([...whole]);
  });

  it('leaves out an odd sample at the end', () => {
    expect(new G722Encoder().encode(new Int16Array(321))).toHaveLength(160);
  });
});
