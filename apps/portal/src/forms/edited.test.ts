import { expect, test } from 'vitest'
import { follow } from './edited.ts'

const untouched = { base: { path: '/a' }, version: 1, value: { path: '/a' } }
const touched = { base: { path: '/a' }, version: 1, value: { path: '/mine' } }

test('an untouched form follows the server', () => {
  expect(follow(untouched, { path: '/theirs' }, 2)).toEqual({
    base: { path: '/theirs' },
    version: 2,
    value: { path: '/theirs' },
  })
})

test('a change elsewhere in the resource keeps the edits and lets them be saved', () => {
  expect(follow(touched, { path: '/a' }, 2)).toEqual({ ...touched, version: 2 })
})

test('a change of the same fields keeps the edits and their version, so that the save is refused and not lost', () => {
  expect(follow(touched, { path: '/theirs' }, 2)).toBe(touched)
})

test('the own save that comes back ends the edit', () => {
  expect(follow(touched, { path: '/mine' }, 2)).toEqual({
    base: { path: '/mine' },
    version: 2,
    value: { path: '/mine' },
  })
})

test('the same version is never looked at twice', () => {
  expect(follow(touched, { path: '/a' }, 1)).toBe(touched)
})
