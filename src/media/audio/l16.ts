/** L16 (RFC 3551 §4.5.11): 16-bit PCM in network order, channels interleaved. */

/** To one channel: the mean of all. An incomplete frame at the end is left out. */
export function decodeL16(payload: Uint8Array, channels = 1): Int16Array {
  const frames = Math.floor(payload.length / (2 * channels));
  const samples = new Int16Array(frames);
  for (let frame = 0, at = 0; frame < frames; frame++) {
    let sum = 0;
    for (let channel = 0; channel < channels; channel++, at += 2) {
      sum += ((payload[at]! << 24) >> 16) | payload[at + 1]!;
    }
    samples[frame] = Math.round(sum / channels);
  }
  return samples;
}

/** From one channel. */
export function encodeL16(samples: Int16Array): Uint8Array {
  const payload = new Uint8Array(samples.length * 2);
  for (let at = 0; at < samples.length; at++) {
    payload[2 * at] = samples[at]! >> 8;
    payload[2 * at + 1] = samples[at]! & 0xff;
  }
  return payload;
}
