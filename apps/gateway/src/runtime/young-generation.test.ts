// Emptying the young generation ahead of time: a short collection, and of that generation alone.
import { constants, type PerformanceEntry, PerformanceObserver } from 'node:perf_hooks'
import { describe, expect, it } from 'vitest'
import { collectYoungGeneration } from './young-generation.ts'

type GcEntry = PerformanceEntry & { readonly detail: { readonly kind: number } }

describe('the young generation', () => {
  it('is collected when asked, and the old one is left alone', async () => {
    collectYoungGeneration()
    const kinds: number[] = []
    const observer = new PerformanceObserver((list) => {
      for (const entry of list.getEntries()) kinds.push((entry as GcEntry).detail.kind)
    })
    observer.observe({ entryTypes: ['gc'] })
    collectYoungGeneration()
    while (kinds.length === 0) await new Promise((resolve) => setImmediate(resolve))
    observer.disconnect()
    expect(kinds).toContain(constants.NODE_PERFORMANCE_GC_MINOR)
    expect(kinds).not.toContain(constants.NODE_PERFORMANCE_GC_MAJOR)
  })
})
