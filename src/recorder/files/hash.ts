import { createHash } from 'node:crypto';
import { open } from 'node:fs/promises';

const PIECE_BYTES = 2 ** 20;

/** The SHA-256 of a file, hexadecimal. Rejects with the system's error. */
export async function sha256Of(path: string): Promise<string> {
  const file = await open(path);
  try {
    const { size } = await file.stat();
    const piece = Buffer.allocUnsafe(Math.min(Math.max(size, 1), PIECE_BYTES));
    const hash = createHash('sha256');
    for (;;) {
      const { bytesRead } = await file.read(piece, 0, piece.length);
      if (bytesRead === 0) return hash.digest('hex');
      hash.update(piece.subarray(0, bytesRead));
    }
  } finally {
    await file.close();
  }
}
