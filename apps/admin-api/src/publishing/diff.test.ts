import { describe, expect, test } from 'vitest'
import { diff } from './diff.ts'

describe('diff', () => {
  test('equal values, in whatever order their members stand, have none', () => {
    expect(diff({ a: 1, b: [{ c: 2 }] }, { b: [{ c: 2 }], a: 1 })).toEqual([])
  })

  test('members are compared one by one, to any depth', () => {
    expect(diff({ a: { b: 1, c: 2 }, d: null }, { a: { b: 1, c: 3, e: true }, d: 'x' })).toEqual([
      { kind: 'changed', pointer: 'a/c', before: 2, after: 3 },
      { kind: 'added', pointer: 'a/e', after: true },
      { kind: 'changed', pointer: 'd', before: null, after: 'x' },
    ])
  })

  test('plain lists are compared as a whole', () => {
    expect(diff({ tags: ['a'] }, { tags: ['a', 'b'] })).toEqual([
      { kind: 'changed', pointer: 'tags', before: ['a'], after: ['a', 'b'] },
    ])
  })

  test('items with names are followed by name: changed, added, removed and moved are told apart', () => {
    const before = {
      policies: [
        { name: 'cors', on: true },
        { name: 'key', on: true },
        { name: 'old', on: true },
      ],
    }
    const after = {
      policies: [
        { name: 'key', on: false },
        { name: 'cors', on: true },
        { name: 'new', on: true },
      ],
    }
    expect(diff(before, after)).toEqual([
      { kind: 'removed', pointer: 'policies/old', before: { name: 'old', on: true } },
      { kind: 'changed', pointer: 'policies/key/on', before: true, after: false },
      { kind: 'added', pointer: 'policies/new', after: { name: 'new', on: true } },
      { kind: 'moved', pointer: 'policies', before: ['cors', 'key'], after: ['key', 'cors'] },
    ])
  })

  test('an item added in the middle moves nothing', () => {
    const before = { policies: [{ name: 'a' }, { name: 'b' }] }
    const after = { policies: [{ name: 'a' }, { name: 'x' }, { name: 'b' }] }
    expect(diff(before, after)).toEqual([{ kind: 'added', pointer: 'policies/x', after: { name: 'x' } }])
  })
})
