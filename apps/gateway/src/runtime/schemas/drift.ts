// Where messages differ from what the document says of them: counted per version, place and rule, never with what was sent.
import type { DriftRecord } from '@gatewright/shared/model/drift'
import type { DriftLog } from '@gatewright/shared/policies/schema-port'
import { dropOldest } from '../oldest.ts'

const versionsMax = 500
const recordsMax = 500
const pointerCharsMax = 200

export interface DriftCounts extends DriftLog {
  /** What was seen of one version, in no order; null = nothing. */
  of(versionId: string): readonly DriftRecord[] | null
}

type Counted = { -readonly [Key in keyof DriftRecord]: DriftRecord[Key] }

export function createDriftLog(now: () => number = Date.now): DriftCounts {
  const versions = new Map<string, Map<string, Counted>>()

  return {
    note(route, direction, faults) {
      let records = versions.get(route.versionId)
      if (records === undefined) {
        if (versions.size >= versionsMax) dropOldest(versions)
        records = new Map()
        versions.set(route.versionId, records)
      }
      const { method, template } = route
      for (const { in: place, pointer: sent, code: rule } of faults) {
        const pointer = withoutIndexes(sent)
        const key = keyOf({ direction, method, template, in: place, rule, pointer })
        const record = records.get(key)
        if (record) {
          record.count++
          record.lastAt = now()
        } else if (records.size < recordsMax) {
          const at = now()
          records.set(key, {
            direction,
            method,
            template,
            in: place,
            pointer,
            rule,
            count: 1,
            firstAt: at,
            lastAt: at,
          })
        }
      }
    },
    of(versionId) {
      const records = versions.get(versionId)
      return records ? [...records.values()] : null
    },
  }
}

/** The hundredth entry of a list is wrong as the first one is; names that callers make up are cut. */
function withoutIndexes(pointer: string): string {
  return pointer.replaceAll(/\/\d+(?=\/|$)/g, '/*').slice(0, pointerCharsMax)
}

/** What several workers counted, as one list; what was seen most often comes first. */
export function mergeDrift(lists: readonly (readonly DriftRecord[])[]): DriftRecord[] {
  const merged = new Map<string, Counted>()
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

function keyOf({ direction, method, template, in: place, rule, pointer }: Place): string {
  return `${direction} ${method} ${template} ${place} ${rule} ${pointer}`
}
