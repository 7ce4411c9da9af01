import { constants } from 'node:fs';
import { type FileHandle, mkdir, open } from 'node:fs/promises';
import { dirname } from 'node:path';

/** Where lines go. */
export interface Sink {
  /** Whether what was written last, by this process or one before it, ended in the middle of a line. */
  readonly torn: boolean;
  /** Writes from the beginning of `bytes`; gives how many were written, or rejects if none were. */
  write(bytes: Buffer): Promise<number>;
  close(): Promise<void>;
}

/** Records name people: their file is for its owner, and for a group that may read. */
const FILE_MODE = 0o640;
const DIRECTORY_MODE = 0o750;

const LINE_FEED = 0x0a;

/** Opens a file to append to it, with the folders on the way. */
export async function openFile(path: string): Promise<Sink> {
  await mkdir(dirname(path), { recursive: true, mode: DIRECTORY_MODE });
  const flags = constants.O_RDWR | constants.O_APPEND | constants.O_CREAT;
  const handle = await open(path, flags, FILE_MODE);
  try {
    return {
      torn: await endsInsideLine(handle),
      write: async (bytes) => (await handle.write(bytes)).bytesWritten,
      close: () => handle.close(),
    };
  } catch (error) {
    await handle.close();
    throw error;
  }
}

/** Standard output as a place for records. It is nobody's to close. */
export async function openStandardOutput(): Promise<Sink> {
  return {
    torn: false,
    write: (bytes) =>
      new Promise((resolve, reject) => {
        process.stdout.write(bytes, (error) => (error ? reject(error) : resolve(bytes.length)));
      }),
    close: async () => {},
  };
}

/** A process that was killed may have left half a line. */
async function endsInsideLine(handle: FileHandle): Promise<boolean> {
  const stats = await handle.stat();
  if (!stats.isFile() || stats.size === 0) return false;
  const { buffer } = await handle.read(Buffer.alloc(1), 0, 1, stats.size - 1);
  return buffer[0] !== LINE_FEED;
}
