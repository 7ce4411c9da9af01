import { execFileSync } from 'node:child_process';
import { join } from 'node:path';

const SCHEMA = join(__dirname, 'rfc7865.xsd');

/**
 * Why xmllint finds the document invalid against the schema of RFC 7865, '' when it is valid. Throws when
 * xmllint is missing (Debian: libxml2-utils).
 */
export function schemaErrors(document: string): string {
  try {
    execFileSync('xmllint', ['--nonet', '--noout', '--schema', SCHEMA, '-'], {
      input: document,
      stdio: ['pipe', 'pipe', 'pipe'],
    });
    return '';
  } catch (error) {
    const failure = error as { code?: string; stderr?: Buffer };
    if (failure.code === 'ENOENT') {
      throw new Error('xmllint is missing: apt-get install libxml2-utils');
    }
    return failure.stderr?.toString() || String(error);
  }
}
