import { readFileSync } from 'node:fs';
import { join } from 'node:path';

/**
 * Reads a message written in the conventions of RFC 4475 §2: lines end in CRLF, `<allOneLine>`
 * joins its lines, `<hex>` holds bytes, `<repeat count=n>` repeats its text.
 */
export function tortureMessage(name: string): Buffer {
  const text = readFileSync(join(__dirname, 'torture', `${name}.txt`), 'latin1');
  const joined = text.replace(/<allOneLine>\n([\s\S]*?)\n<\/allOneLine>/g, (_, lines: string) =>
    lines.replaceAll('\n', ''),
  );
  const bytes = joined
    .replaceAll('\n', '\r\n')
    .replace(/<repeat count=(\d+)>(.*?)<\/repeat>/g, (_, count: string, what: string) =>
      what.repeat(Number(count)),
    )
    .replace(/<hex>([0-9A-F]*)<\/hex>/g, (_, hex: string) =>
      Buffer.from(hex, 'hex').toString('latin1'),
    );
  return Buffer.from(bytes, 'latin1');
}
