import type { RecordingMetadata } from './model';

/**
 * How metadata is said to a recorder. A dialect gives ids and elements their form on the wire; what is
 * said and when is the recording session's business.
 */
export interface MetadataDialect {
  readonly name: string;
  /** Content-Type of the body part. */
  readonly contentType: string;
  /**
   * The document as text. Ids of the model are UUIDs, times are instants; text that XML 1.0 cannot carry
   * is left out of names and escaped in addresses.
   */
  write(metadata: RecordingMetadata): string;
}
