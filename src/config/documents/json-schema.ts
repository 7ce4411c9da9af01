import type { z } from 'zod';
import { inputSchema } from '../key-tree';

type JsonSchema = z.core.JSONSchema.BaseSchema;

/** JSON Schema of the configuration file, for editors. Secrets are left out: none belongs there. */
export function jsonSchema(): JsonSchema {
  const { $schema, ...rest } = inputSchema();
  return {
    $schema,
    title: 'Twintrack configuration',
    ...withoutSecrets(rest),
  };
}

function withoutSecrets(json: JsonSchema): JsonSchema {
  const { properties, anyOf, items, ...rest } = json;
  const result: JsonSchema = { ...rest };
  if (properties) {
    result.properties = Object.fromEntries(
      Object.entries(properties).flatMap(([name, inner]) =>
        typeof inner === 'object' && inner.secret !== true ? [[name, withoutSecrets(inner)]] : [],
      ),
    );
  }
  if (anyOf) result.anyOf = anyOf.map(withoutSecrets);
  if (typeof items === 'object' && !Array.isArray(items)) result.items = withoutSecrets(items);
  return result;
}
