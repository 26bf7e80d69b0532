import { expect, test } from 'vitest'
import { createFormat } from '../ui/format.ts'
import { configSummary } from './summary.ts'

const schema = {
  properties: {
    limit: { title: 'Calls' },
    windowMs: { title: 'Per', widget: 'duration', default: 60_000 },
    by: { title: 'Counted by', default: 'application', group: 'How it counts' },
    hosts: { title: 'Hosts' },
    share: { title: 'Share', widget: 'percent' },
    word: { title: 'Password', secret: true },
    other: { title: 'Other', anyOf: [{ type: 'string', secret: true }, { type: 'null' }] },
  },
}
const format = createFormat('en')

test('settings in one line, folded defaults and empty ones left out', () => {
  expect(configSummary({ share: 2.5 }, schema, format)).toBe('Share 2.5%')
  expect(configSummary({ limit: 1000, windowMs: 60_000, by: 'application' }, schema, format)).toBe(
    'Calls 1,000 · Per 1 min',
  )
  expect(configSummary({ by: 'address', hosts: ['a', 'b', 'c'], odd: 'x' }, schema, format)).toBe(
    'Counted by address · Hosts 3 · odd x',
  )
  expect(configSummary({ hosts: [], limit: null }, schema, format)).toBe('')
  expect(configSummary({ nested: { deep: 1 } }, undefined, format)).toBe('')
})

test('D9: no secret, whether it is one always or only when it is there', () => {
  expect(configSummary({ word: 'hunter2', other: 'hunter3', share: 1 }, schema, format)).toBe('Share 1%')
})
