export { changedFields, type Edit, type SettingsBook } from './book';
export { KEY_NAME, toDocument, valuesOf } from './document';
export {
  DEFAULTS,
  type Dialect,
  type EffectiveSettings,
  type Entry,
  EXTERNAL_TYPE,
  entryName,
  FIELDS,
  fieldOf,
  KINDS,
  type Kind,
  NO_CODE,
  ORGANIZATION_KEY,
  SETTINGS,
  SHIPPED_PROMPT,
  valuesInOrder,
} from './entries';
export { LARGEST_IMPORT, type RowProblem, type UsersFormat } from './exchange/rows';
export { exportUsers, type Imported, importUsers } from './exchange/users';
export {
  type ExplainedCall,
  type ExplainedField,
  type Explanation,
  explainCall,
  explainFields,
} from './explain';
export { type Field, toText } from './field';
export { type Author, planChanges, type SettingsProblem, showProblem, type Wish } from './plan';
export {
  type KeptSound,
  type NewPrompt,
  type OwnPrompt,
  ownPrompt,
  PROMPT_SETTINGS,
  type PromptMoment,
  promptNamed,
} from './prompts';
export { SettingsPolicy } from './settings-policy';
export { type AuditEntry, type AuditQuery, type SettingsStore, SettingsUnavailable } from './store';
export { openSettingsStore } from './store/open';
export { openPostgresSettings } from './store/postgres-store';
export { openSqliteSettings } from './store/sqlite-store';
