import { describe, expect, it } from 'vitest'
import { createId, idSchema } from './ids.ts'

describe('ids', () => {
  it('sort by the millisecond they were made in', () => {
    const early = createId('api', 1_700_000_000_000)
    const late = createId('api', 1_700_000_000_001)
    expect(early < late).toBe(true)
  })

  it('carry their kind, which the schema checks', () => {
    expect(idSchema('api').safeParse(createId('api')).success).toBe(true)
    expect(idSchema('api').safeParse(createId('sub')).success).toBe(false)
    expect(idSchema('api').safeParse('api_ILOU').success).toBe(false)
  })

  it('do not repeat', () => {
    const made = new Set(Array.from({ length: 10_000 }, () => createId('req', 0)))
    expect(made.size).toBe(10_000)
  })
})
