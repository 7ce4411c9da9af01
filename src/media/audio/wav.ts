/** PCM of a WAV file, a channel an array, all of one length. */
export interface Wav {
  /** Samples a second. */
  readonly rate: number;
  readonly channels: readonly Int16Array[];
}

const PCM = 1;
const EXTENSIBLE = 0xfffe;

/**
 * Reads a RIFF/WAVE file of 16-bit PCM. A data chunk that promises more than the file holds, as a
 * writer leaves it that was killed, is read as far as it goes.
 * @throws Error that says what is wrong with the file.
 */
export function readWav(file: Buffer): Wav {
  const form = file.toString('latin1', 0, 4);
  // RF64 (EBU Tech 3306) is RIFF beyond 4 GiB: its data chunk says 0xffffffff, and goes as far as it goes.
  if (
    file.length < 12 ||
    (form !== 'RIFF' && form !== 'RF64') ||
    file.toString('latin1', 8, 12) !== 'WAVE'
  ) {
    throw new Error('not a RIFF/WAVE file');
  }
  let format: { channels: number; rate: number } | undefined;
  for (let at = 12; at + 8 <= file.length; ) {
    const id = file.toString('latin1', at, at + 4);
    const size = file.readUInt32LE(at + 4);
    const body = at + 8;
    if (id === 'fmt ') {
      if (size < 16 || body + 16 > file.length) throw new Error('its fmt chunk is too short');
      const tag = file.readUInt16LE(body);
      const bits = file.readUInt16LE(body + 14);
      if ((tag !== PCM && tag !== EXTENSIBLE) || bits !== 16) {
        throw new Error(`only 16-bit PCM is read, this is format ${tag} with ${bits} bits`);
      }
      format = { channels: file.readUInt16LE(body + 2), rate: file.readUInt32LE(body + 4) };
      if (format.channels < 1 || format.rate < 1) throw new Error('it has no channels or no rate');
    } else if (id === 'data') {
      if (!format) throw new Error('its data chunk comes before its fmt chunk');
      return {
        rate: format.rate,
        channels: split(file, body, Math.min(size, file.length - body), format.channels),
      };
    }
    at = body + size + (size % 2);
  }
  throw new Error('it has no data chunk');
}

/** Writes a RIFF/WAVE file of 16-bit PCM; shorter channels are filled up with silence. */
export function writeWav({ rate, channels }: Wav): Buffer {
  const frames = Math.max(0, ...channels.map((channel) => channel.length));
  const bytes = frames * channels.length * 2;
  const file = Buffer.alloc(WAV_HEADER_BYTES + bytes);
  wavHeader({ rate, channels: channels.length, dataBytes: bytes }).copy(file);
  channels.forEach((channel, index) => {
    for (let frame = 0; frame < channel.length; frame++) {
      file.writeInt16LE(channel[frame]!, WAV_HEADER_BYTES + (frame * channels.length + index) * 2);
    }
  });
  return file;
}

export const WAV_HEADER_BYTES = 44;

/** The canonical header of a 16-bit PCM file whose data chunk has `dataBytes` octets. */
export function wavHeader(of: { rate: number; channels: number; dataBytes: number }): Buffer {
  const header = Buffer.alloc(WAV_HEADER_BYTES);
  header.write('RIFF', 0, 'latin1');
  header.writeUInt32LE(Math.min(0xffffffff, 36 + of.dataBytes), 4);
  header.write('WAVEfmt ', 8, 'latin1');
  header.writeUInt32LE(16, 16);
  header.writeUInt16LE(PCM, 20);
  header.writeUInt16LE(of.channels, 22);
  header.writeUInt32LE(of.rate, 24);
  header.writeUInt32LE(of.rate * of.channels * 2, 28);
  header.writeUInt16LE(of.channels * 2, 32);
  header.writeUInt16LE(16, 34);
  header.write('data', 36, 'latin1');
  header.writeUInt32LE(Math.min(0xffffffff, of.dataBytes), 40);
  return header;
}

export const GROWING_WAV_HEADER_BYTES = 80;

const UNKNOWN = 0xffffffff;
/** Of the ds64 chunk without a table: RIFF size, data size, sample count, table length. */
const DS64_BYTES = 28;

/**
 * The header of a file that grows. It keeps room for 64-bit sizes (EBU Tech 3306): below 4 GiB that is
 * a JUNK chunk in a plain RIFF file, above it the ds64 chunk of an RF64 file. Until the size is known
 * (`dataBytes` undefined), it says that the data go on to the end of the file.
 */
export function growingWavHeader(of: {
  rate: number;
  channels: number;
  dataBytes: number | undefined;
}): Buffer {
  const { rate, channels, dataBytes } = of;
  const header = Buffer.alloc(GROWING_WAV_HEADER_BYTES);
  const riffBytes = (dataBytes ?? UNKNOWN) + GROWING_WAV_HEADER_BYTES - 8;
  const large = dataBytes !== undefined && riffBytes >= UNKNOWN;
  header.write(large ? 'RF64' : 'RIFF', 0, 'latin1');
  header.writeUInt32LE(Math.min(UNKNOWN, riffBytes), 4);
  header.write(large ? 'WAVEds64' : 'WAVEJUNK', 8, 'latin1');
  header.writeUInt32LE(DS64_BYTES, 16);
  if (large) {
    header.writeBigUInt64LE(BigInt(riffBytes), 20);
    header.writeBigUInt64LE(BigInt(dataBytes), 28);
    header.writeBigUInt64LE(BigInt(dataBytes / (2 * channels)), 36);
  }
  // The fmt chunk and the head of the data chunk are those of the canonical header.
  const canonical = wavHeader({
    rate,
    channels,
    dataBytes: large ? UNKNOWN : (dataBytes ?? UNKNOWN),
  });
  canonical.copy(header, 48, 12);
  return header;
}

function split(file: Buffer, start: number, bytes: number, count: number): Int16Array[] {
  const frames = Math.floor(bytes / (count * 2));
  return Array.from({ length: count }, (_, index) => {
    const channel = new Int16Array(frames);
    for (let frame = 0; frame < frames; frame++) {
      channel[frame] = file.readInt16LE(start + (frame * count + index) * 2);
    }
    return channel;
  });
}
