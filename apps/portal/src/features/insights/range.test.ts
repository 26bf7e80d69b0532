import { describe, expect, test } from 'vitest'
import { momentOf, rangeOf, rangeProblem, zoomedOut } from './range.ts'

const now = Date.parse('2026-11-21T12:00:00Z')

describe('the time range of insights', () => {
  test('reads what the server reads', () => {
    expect(momentOf('now', now)).toBe(now)
    expect(momentOf('now-6h', now)).toBe(now - 6 * 3_600_000)
    expect(momentOf('now-2w', now)).toBe(now - 14 * 86_400_000)
    expect(momentOf('2026-11-21T09:00:00Z', now)).toBe(now - 3 * 3_600_000)
    expect(momentOf('2026-11-21T11:00+02:00', now)).toBe(now - 3 * 3_600_000)
    for (const bad of ['', 'now-', 'now-6', 'yesterday', '2026-13-01T00:00:00Z', 'now+1h']) {
      expect(momentOf(bad, now), bad).toBeUndefined()
    }
  })

  test('names what is wrong', () => {
    expect(rangeProblem('now-1h', 'now', now)).toBeUndefined()
    expect(rangeProblem('x', 'now', now)).toBe('from')
    expect(rangeProblem('now-1h', 'x', now)).toBe('to')
    expect(rangeProblem('now', 'now-1h', now)).toBe('order')
    expect(rangeProblem('now-600d', 'now', now)).toBe('long')
  })

  test('a link that nobody can read shows the default', () => {
    expect(rangeOf('now-7d', undefined)).toEqual({ from: 'now-7d', to: 'now' })
    expect(rangeOf('bogus', 'x')).toEqual({ from: 'now-24h', to: 'now' })
  })

  test('zooming out ends at what the server answers', () => {
    const { from } = zoomedOut('now-500d', 'now', now)
    expect(rangeProblem(from, 'now', now)).toBeUndefined()
  })

  test('zooming out doubles the range and stays in the past', () => {
    expect(zoomedOut('2026-11-21T08:00:00Z', '2026-11-21T10:00:00Z', now)).toEqual({
      from: '2026-11-21T07:00:00.000Z',
      to: '2026-11-21T11:00:00.000Z',
    })
    expect(zoomedOut('now-2h', 'now', now)).toEqual({ from: '2026-11-21T09:00:00.000Z', to: 'now' })
  })
})
