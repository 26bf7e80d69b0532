// A policy's settings in one line, from its schema's own titles: "Calls 100 · Per 1 min".

import type { Format } from '../ui/format.ts'

const mostParts = 3

export function configSummary(
  config: Readonly<Record<string, unknown>>,
  schema: Readonly<Record<string, unknown>> | undefined,
  format: Pick<Format, 'count' | 'duration' | 'bytes' | 'percent'>,
): string {
  const properties = isRecord(schema?.properties) ? schema.properties : {}
  const names = [...new Set([...Object.keys(properties), ...Object.keys(config)])]
  const parts: string[] = []
  for (const name of names) {
    const value = config[name]
    const property = isRecord(properties[name]) ? properties[name] : {}
    if (value === undefined || value === null || isSecret(property)) continue
    // What the form shows first is always told; what it folds away only when it was changed.
    const isMain = property.group === undefined && typeof value !== 'boolean'
    if (!isMain && sameAs(value, property.default)) continue
    const told = tell(value, property, format)
    if (told === undefined) continue
    const title = typeof property.title === 'string' ? property.title : name
    parts.push(`${title} ${told}`)
    if (parts.length === mostParts) break
  }
  return parts.join(' · ')
}

function tell(
  value: unknown,
  property: Readonly<Record<string, unknown>>,
  format: Pick<Format, 'count' | 'duration' | 'bytes' | 'percent'>,
): string | undefined {
  if (typeof value === 'number') {
    if (property.widget === 'duration') return format.duration(value)
    if (property.widget === 'bytes') return format.bytes(value)
    if (property.widget === 'percent') return format.percent(value / 100)
    return format.count(value)
  }
  if (typeof value === 'string') return value === '' || value.length > 60 ? undefined : value
  if (typeof value === 'boolean') return value ? '✓' : '✗'
  if (Array.isArray(value)) {
    if (value.length === 0) return undefined
    return value.length <= 2 && value.every((entry) => typeof entry === 'string')
      ? value.join(', ')
      : String(value.length)
  }
  return undefined
}

/** Also one that may be left out; what somebody has just written is nobody else's to read. */
function isSecret({ secret, anyOf }: Readonly<Record<string, unknown>>): boolean {
  return secret === true || (Array.isArray(anyOf) && anyOf.some((one) => isRecord(one) && isSecret(one)))
}

function sameAs(value: unknown, fallback: unknown): boolean {
  return fallback !== undefined && JSON.stringify(value) === JSON.stringify(fallback)
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
