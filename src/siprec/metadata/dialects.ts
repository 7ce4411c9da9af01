import { broadworks } from './broadworks';
import type { DialectName, MetadataDialect } from './dialect';
import { rfc7865 } from './rfc7865';

/** The dialects by the names that settings call them by. */
export const DIALECTS: Readonly<Record<DialectName, MetadataDialect>> = { rfc7865, broadworks };
