import { expect, it } from 'vitest'
import { publishedKeys, stateOf } from './keys.ts'

const at = (minutes: number) => new Date(Date.UTC(2026, 0, 1, 0, minutes))
const key = (id: string, signsFrom: number, endsAt: number | null) => ({
  id,
  signsFrom: at(signsFrom),
  endsAt: endsAt === null ? null : at(endsAt),
})

it('C2 the newest key that may sign comes first, one that may not yet is published, one that has ended is not', () => {
  const keys = [key('next', 20, null), key('ended', -90, 5), key('old', -60, 100), key('current', 0, 100)]
  const now = at(10)
  expect(publishedKeys(keys, now).map(({ id }) => id)).toEqual(['current', 'old', 'next'])
  expect(keys.map((it) => stateOf(it, keys, now))).toEqual(['next', 'ending', 'ending', 'signing'])
  expect(publishedKeys(keys, at(20)).map(({ id }) => id)).toEqual(['next', 'current', 'old'])
})
