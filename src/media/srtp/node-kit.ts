import { createCipheriv, createDecipheriv, createHmac } from 'node:crypto';
import { steady, steadyMemory } from '../octets';
import {
  type CounterMode,
  type CryptoKit,
  type Gcm,
  type HmacSha1,
  KIT_SIZE,
  MAC_AT,
  SEALED_AT,
  TAG_AT,
} from './kit';

const TAG = 16;

/** What `node:crypto` has, for where libcrypto cannot be called past it: a cipher made for every packet. */
export class NodeKit implements CryptoKit {
  readonly name = 'node';
  readonly bytes = steadyMemory(KIT_SIZE);
  readonly sealedBytes = steady(this.bytes.subarray(SEALED_AT));

  counterMode(key: Uint8Array): CounterMode {
    const { bytes } = this;
    const algorithm = `aes-${8 * key.length}-ctr`;
    const block = Buffer.alloc(16);
    return {
      apply(at, length, w0, w1, w2, w3) {
        writeWords(block, w0, w1, w2, w3);
        const cipher = createCipheriv(algorithm, key, block);
        cipher.update(bytes.subarray(at, at + length)).copy(bytes, at);
      },
      close() {},
    };
  }

  hmacSha1(key: Uint8Array): HmacSha1 {
    const { bytes } = this;
    return {
      digest(at, length) {
        const mac = createHmac('sha1', key).update(bytes.subarray(at, at + length));
        mac.digest().copy(bytes, MAC_AT);
      },
    };
  }

  gcm(key: Uint8Array): Gcm {
    const { bytes } = this;
    const algorithm = key.length === 16 ? 'aes-128-gcm' : 'aes-256-gcm';
    const nonce = Buffer.alloc(12);
    return {
      seal(aadAt, aadLength, at, length, ...words) {
        writeWords(nonce, ...words);
        const cipher = createCipheriv(algorithm, key, nonce);
        cipher.setAAD(bytes.subarray(aadAt, aadAt + aadLength));
        cipher.update(bytes.subarray(at, at + length)).copy(bytes, at);
        cipher.final();
        cipher.getAuthTag().copy(bytes, MAC_AT);
      },
      open(aadAt, aadLength, at, length, ...words) {
        writeWords(nonce, ...words);
        const cipher = createDecipheriv(algorithm, key, nonce);
        cipher.setAAD(bytes.subarray(aadAt, aadAt + aadLength));
        cipher.setAuthTag(bytes.subarray(TAG_AT, TAG_AT + TAG));
        const plain = cipher.update(bytes.subarray(at, at + length));
        try {
          cipher.final();
        } catch {
          return false;
        }
        plain.copy(bytes, at);
        return true;
      },
      close() {},
    };
  }
}

function writeWords(to: Buffer, ...words: number[]): void {
  words.forEach((word, i) => {
    to.writeInt32BE(word | 0, 4 * i);
  });
}
