import {
  mergeMetadata,
  type Party,
  parseMetadata,
  partiesOf,
  type RecordingMetadata,
} from '../../siprec';
import type { MetadataDocument } from '../recording';

/** Documents kept as received; what comes after them is read, and kept no more. */
const MAX_DOCUMENTS = 500;
const MAX_CHARACTERS = 2 ** 21;

/** What the client has said about the call: RFC 7866 §9. Every document is kept, readable or not. */
export class Knowledge {
  readonly #documents: MetadataDocument[] = [];
  #characters = 0;
  #metadata: RecordingMetadata | undefined;
  /** An update without an offer must not name labels (RFC 7866 §9.1): they hold as they were. */
  readonly #labels = new Map<string, string>();
  /** Whoever took part, as last described. */
  readonly #everyone = new Map<string, Party>();
  /** Something was missed: a document that could not be read, or a partial one before a complete one. */
  #incomplete = true;

  get documents(): readonly MetadataDocument[] {
    return this.#documents;
  }

  /** Everybody who took part at any time. */
  get parties(): readonly Party[] {
    return [...this.#everyone.values()];
  }

  /** A full snapshot is wanted: RFC 7866 §9.2. */
  get incomplete(): boolean {
    return this.#incomplete;
  }

  /** Takes a document; gives why it could not be read. */
  learn(document: string, method: string, receivedAt: Date): string | undefined {
    const problem = this.#read(document);
    if (
      this.#documents.length < MAX_DOCUMENTS &&
      this.#characters + document.length <= MAX_CHARACTERS
    ) {
      this.#characters += document.length;
      this.#documents.push({
        receivedAt: receivedAt.toISOString(),
        method,
        document,
        ...(problem !== undefined && { problem }),
      });
    }
    return problem;
  }

  #read(document: string): string | undefined {
    const parsed = parseMetadata(document);
    switch (parsed.kind) {
      case 'recording':
        if (parsed.metadata.mode === 'complete') this.#incomplete = false;
        this.#metadata = this.#labelled(mergeMetadata(this.#metadata, parsed.metadata));
        for (const party of partiesOf(this.#metadata)) this.#meet(party);
        return undefined;
      case 'snapshot-request':
        return 'a request for a snapshot, which is for a recorder to send';
      case 'refused':
        this.#incomplete = true;
        return parsed.problem;
    }
  }

  /** A party that stops sending, or leaves, was heard where it was heard. */
  #meet(party: Party): void {
    const before = this.#everyone.get(party.participantId);
    const sends = [...new Set([...(before?.sends ?? []), ...party.sends])];
    const { name = before?.name } = party;
    this.#everyone.set(party.participantId, { ...party, name, sends });
  }

  #labelled(metadata: RecordingMetadata): RecordingMetadata {
    const streams = metadata.streams.map((stream) => {
      if (stream.label !== undefined) this.#labels.set(stream.id, stream.label);
      const label = this.#labels.get(stream.id);
      return label === undefined ? stream : { ...stream, label };
    });
    return { ...metadata, streams };
  }
}
