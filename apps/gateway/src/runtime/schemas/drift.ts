// Where messages differ from what the document says of them: counted per version, place and rule, never with what was sent.
import type { DriftBatch, DriftRecord, JsonType } from '@gatewright/shared/model/drift'
import type { DriftLog } from '@gatewright/shared/policies/schema-port'
import { dropOldest } from '../oldest.ts'

const versionsMax = 500
const recordsMax = 500
const pointerCharsMax = 200
/** Records of one batch; the rest comes with the next one. */
const batchMax = 1_000

export interface DriftCounts extends DriftLog {
  /** What was seen of one version, in no order; null = nothing. */
  of(versionId: string): readonly DriftRecord[] | null
  /** What was counted since it was taken last, at most a batch of it. */
  take(): DriftBatch['records']
}

interface Counted extends Omit<DriftRecord, 'count' | 'lastAt'> {
  count: number
  lastAt: number
  /** How many of `count` were taken. */
  taken: number
}

export function createDriftLog(now: () => number = Date.now): DriftCounts {
  const versions = new Map<string, Map<string, Counted>>()
  /** Records that were counted in since they were taken, with their versions. */
  const fresh = new Map<Counted, string>()

  return {
    note(route, direction, faults, value) {
      let records = versions.get(route.versionId)
      if (records === undefined) {
        if (versions.size >= versionsMax) dropOldest(versions)
        records = new Map()
        versions.set(route.versionId, records)
      }
      const { method, template } = route
      for (const { in: place, pointer: sent, code: rule } of faults) {
        const pointer = place === 'status' ? sent : withoutNames(sent)
        const observed = place === 'body' && telling.has(rule) ? typeAt(value, sent) : null
        const key = keyOf({ direction, method, template, in: place, rule, pointer, observed })
        let record = records.get(key)
        const at = now()
        if (record === undefined) {
          if (records.size >= recordsMax) continue
          record = {
            ...{ direction, method, template, in: place, pointer, rule, observed },
            ...{ count: 0, firstAt: at, lastAt: at, taken: 0 },
          }
          records.set(key, record)
        }
        record.count++
        record.lastAt = at
        fresh.set(record, route.versionId)
      }
    },
    of(versionId) {
      const records = versions.get(versionId)
      return records ? [...records.values()].map(({ taken: _, ...record }) => record) : null
    },
    take() {
      const batch: DriftBatch['records'] = []
      for (const [counted, versionId] of fresh) {
        if (batch.length >= batchMax) break
        fresh.delete(counted)
        const { taken, ...record } = counted
        batch.push({ ...record, versionId, count: record.count - taken })
        counted.taken = record.count
      }
      return batch
    },
  }
}

/** Rules of which it helps to know what was there instead. */
const telling: ReadonlySet<string> = new Set([
  'type',
  'additionalProperties',
  'unevaluatedProperties',
  'enum',
  'const',
])

/** What is at a place of a JSON value; null = nothing is. */
function typeAt(value: unknown, pointer: string): JsonType | null {
  let at: unknown = value
  for (const part of pointer.split('/').slice(1)) {
    if (typeof at !== 'object' || at === null) return null
    const name = part.replaceAll('~1', '/').replaceAll('~0', '~')
    if (!Object.hasOwn(at, name)) return null
    at = (at as Record<string, unknown>)[name]
  }
  if (at === undefined) return null
  if (at === null) return 'null'
  if (Array.isArray(at)) return 'array'
  if (typeof at === 'number') return Number.isInteger(at) ? 'integer' : 'number'
  const type = typeof at
  return type === 'boolean' || type === 'string' || type === 'object' ? type : null
}

/**
 * The hundredth entry of a list is wrong as the first one is. Names of fields are what documents have, and may be what callers
 * made up: what does not look like one, an address or a number, is not kept.
 */
function withoutNames(pointer: string): string {
  const parts = pointer.split('/').slice(1)
  return parts
    .map((part) => (/^\d+$/.test(part) ? '/*' : isName(part) ? `/${part}` : '/{name}'))
    .join('')
    .slice(0, pointerCharsMax)
}

const isName = (part: string) =>
  /^[$@_]{0,2}[A-Za-z][A-Za-z0-9_.:~-]{0,63}$/.test(part) && !/\d{5}/.test(part)

/** What several workers counted, as one list; what was seen most often comes first. */
export function mergeDrift(lists: readonly (readonly DriftRecord[])[]): DriftRecord[] {
  const merged = new Map<string, { -readonly [Key in keyof DriftRecord]: DriftRecord[Key] }>()
  for (const record of lists.flat()) {
    const known = merged.get(keyOf(record))
    if (known === undefined) merged.set(keyOf(record), { ...record })
    else {
      known.count += record.count
      known.firstAt = Math.min(known.firstAt, record.firstAt)
      known.lastAt = Math.max(known.lastAt, record.lastAt)
    }
  }
  return [...merged.values()].sort((a, b) => b.count - a.count || (keyOf(a) < keyOf(b) ? -1 : 1))
}

type Place = Omit<DriftRecord, 'count' | 'firstAt' | 'lastAt'>

function keyOf({ direction, method, template, in: place, rule, pointer, observed }: Place): string {
  return `${direction} ${method} ${template} ${place} ${rule} ${observed} ${pointer}`
}
