import type { Headers } from '../../ua';
import type { CallFacts } from './call-facts';
import type { RecordingMetadata } from './model';

export type DialectName = 'rfc7865' | 'broadworks';

/**
 * How a recorder is spoken to. A dialect gives ids and elements their form on the wire, and says how the
 * message around them is put together; what is said and when is the recording session's business.
 */
export interface MetadataDialect {
  readonly name: DialectName;
  /** Content-Type of the body part. */
  readonly contentType: string;
  /** Which part of the body is the first. */
  readonly first: 'description' | 'metadata';
  /** Updates say what has changed, or everything each time. */
  readonly updates: 'partial' | 'complete';
  /** Feature parameters of our Contact, in every message; `+sip.src` among them: RFC 7866 §6.1.1. */
  readonly contact: string;
  /** More headers of the INVITE, or others than usual. `localhost` stands for our own address. */
  headers(facts: CallFacts): Headers;
  /**
   * The document as text. Ids of the model are UUIDs, times are instants; text that XML 1.0 cannot carry
   * is left out of names and escaped in addresses.
   */
  write(metadata: RecordingMetadata, facts: CallFacts): string;
}
