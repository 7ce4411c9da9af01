import { join } from 'node:path';
import type { Ids } from '../../core';

/** `20261122-140307-9f3a1c2b`: the UTC second a recording began in, and eight digits of chance. */
const ID = /^(\d{4})(\d{2})(\d{2})-(\d{6})-([0-9a-f]{8})$/;

/** What people said is for its owner and its group: nobody else may read it. */
export const PRIVATE_FILE = 0o640;
export const PRIVATE_DIRECTORY = 0o750;

export const WAV = '.wav';
export const PCAP = '.pcap';
export const SIDECAR = '.json';
/** Of files that are being written. */
export const PART = '.part';

export function newId(now: Date, ids: Ids): string {
  const digits = now.toISOString().replace(/\D/g, '');
  return `${digits.slice(0, 8)}-${digits.slice(8, 14)}-${ids.token(4)}`;
}

/** `<directory>/2026/11/22/140307-9f3a1c2b`, to which file endings are added; undefined for no id. */
export function basePath(directory: string, id: string): string | undefined {
  const parts = ID.exec(id);
  if (!parts) return undefined;
  const [, year = '', month = '', day = '', time, token] = parts;
  return join(directory, year, month, day, `${time}-${token}`);
}

/** The id of a recording by the day it lies in and its file name without ending. */
export function idOf(year: string, month: string, day: string, name: string): string | undefined {
  const id = `${year}${month}${day}-${name}`;
  return ID.test(id) ? id : undefined;
}

/** When the recording of this id began, to the second. */
export function beginningOf(id: string): Date | undefined {
  const parts = ID.exec(id);
  if (!parts) return undefined;
  const [, year, month, day, time = ''] = parts;
  const clock = time.replace(/(..)(..)(..)/, '$1:$2:$3');
  return new Date(`${year}-${month}-${day}T${clock}Z`);
}
