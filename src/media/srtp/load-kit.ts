import type { CryptoKit } from './kit';
import { NativeKit } from './native-kit';
import { NodeKit } from './node-kit';

let kit: CryptoKit | undefined;

/** The kit of this thread: the fastest that can be had. */
export function loadKit(): CryptoKit {
  if (kit) return kit;
  try {
    kit = new NativeKit();
  } catch {
    kit = new NodeKit();
  }
  return kit;
}
