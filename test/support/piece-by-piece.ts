import { correlate } from '../../src/media';

/** Half a second at 8 kHz. */
const PIECE = 4_000;

/**
 * How well half seconds of what was spoken are heard, both at 8 kHz, but for the worst `but`: a program that speaks in
 * real time is held up now and then on a busy machine, and says the rest later.
 */
export function pieceByPiece(spoken: Int16Array, heard: Int16Array, but: number): number {
  const pieces = Array.from({ length: Math.floor(spoken.length / PIECE) }, (_, n) =>
    spoken.subarray(n * PIECE, (n + 1) * PIECE),
  );
  const found = pieces.map((piece) => correlate(piece, heard, 8000).coefficient);
  return found.sort((a, b) => a - b)[but] ?? 0;
}
