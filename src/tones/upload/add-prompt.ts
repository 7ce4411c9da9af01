import { Fault } from '../../core';
import {
  type Author,
  entryName,
  type NewPrompt,
  planChanges,
  type SettingsProblem,
  type SettingsStore,
} from '../../policy';
import { type Upload, uploadedPrompt } from './upload';

/**
 * Makes or changes a prompt of one's own. Resolves with what was wrong, of the file as of the settings;
 * empty when it is done.
 */
export async function addPrompt(
  store: SettingsStore,
  author: Author,
  key: string,
  upload: Upload,
): Promise<readonly SettingsProblem[]> {
  let prompt: NewPrompt;
  try {
    prompt = await uploadedPrompt(key, upload);
  } catch (error) {
    if (!(error instanceof Fault)) throw error;
    const entry = entryName('prompt', key);
    // The fault names the prompt, and so does what shows the problem.
    const message = (error.detail ?? error.message).replace(`${entry}: `, '');
    return [{ wish: 0, entry, message }];
  }
  const wish = { do: 'put-prompt', key, prompt } as const;
  return store.change(author, (book) => planChanges(book, [wish], author));
}
