/** The WebAssembly build of libopus, which the package ships without types of its own. */
declare module '@evan/opus/wasm/index.js' {
  /** Throws what libopus says is wrong. */
  export class Encoder {
    constructor(options: {
      channels: 1 | 2;
      application: 'voip' | 'audio' | 'restricted_lowdelay';
      sample_rate: number;
    });
    /** A control of `opus_defines.h`, by its number. */
    ctl(request: number, value: number): number;
    /** `pcm`: interleaved 16-bit samples of one packet. */
    encode(pcm: ArrayBufferView): Uint8Array;
    drop(): void;
  }

  export class Decoder {
    constructor(options: { channels: 1 | 2; sample_rate: number });
    ctl(request: number, value: number): number;
    /** Octets of interleaved 16-bit samples, little-endian. */
    decode(packet: ArrayBufferView): Uint8Array;
    drop(): void;
  }
}
