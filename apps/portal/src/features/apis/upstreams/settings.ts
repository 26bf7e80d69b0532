// The settings of an upstream as forms and summaries read them: the schema's members, and every default written out.

import { upstream as schema } from 'virtual:model-schemas'
import type { ApiVersion } from '@gatewright/shared/model/api'
import { type Json, readSchema } from '../../../forms/schema-model.ts'
import { filled } from '../../../forms/schema-value.ts'

export type Upstream = ApiVersion['upstreams'][number]
export type Settings = Omit<Upstream, 'name'>

export { schema }

const root = readSchema(schema)

export function settingsOf({ name: _name, ...settings }: Upstream): Settings {
  return settings
}

/** The form leaves out what is at its default; whoever reads settings wants all of them. */
export function whole(settings: Json): Settings {
  // The schema is that of the type, and every member of it has a default.
  return filled(root, settings) as unknown as Settings
}

/** Good enough to be typed on; the server judges. */
export const urlShape = /^https?:\/\/[^\s/]+/i
