import type { ExplainedCall, Explanation, SettingsStore } from '../../policy';

/** Settings for the HTTP side. */
export interface SettingsSource {
  readonly store: SettingsStore;
  /** Whether the source of announcements speaks words, so that a prompt may be text. */
  readonly speaks: boolean;
  /** Why both sides of a call are recorded or not, by the settings of `at`, or of now. */
  explain(call: ExplainedCall & { readonly at: Date | undefined }): Promise<readonly Explanation[]>;
}
