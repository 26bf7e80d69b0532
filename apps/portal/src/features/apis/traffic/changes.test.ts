import { plainTraffic, type Traffic } from '@gatewright/shared/model/traffic'
import { expect, test } from 'vitest'
import { trafficChanges } from './changes.ts'

const split: Traffic = {
  ...plainTraffic,
  shares: [
    { upstream: 'default', weight: 90 },
    { upstream: 'canary', weight: 10 },
  ],
}

test('traffic without shares is all to default, so a first split names both sides', () => {
  expect(trafficChanges(plainTraffic, split)).toEqual([
    { kind: 'share', upstream: 'default', before: 100, after: 90 },
    { kind: 'share', upstream: 'canary', before: 0, after: 10 },
  ])
  expect(trafficChanges(split, split)).toEqual([])
})

test('everything else is told by its name', () => {
  const guarded: Traffic = {
    ...split,
    shares: [...split.shares].reverse(),
    rules: [{ when: { on: 'header', name: 'x-try', values: ['1'] }, upstream: 'canary' }],
    stickiness: { by: 'address' },
    guard: { errorPercent: 5, p95Ms: null, minRequests: 20, windowMs: 10_000 },
    mirror: { upstream: 'canary', percent: 100 },
  }
  expect(trafficChanges(split, guarded)).toEqual([
    { kind: 'returnsTo', upstream: 'canary' },
    { kind: 'rules', before: 0, after: 1 },
    { kind: 'stickiness' },
    { kind: 'guard', turned: 'on' },
    { kind: 'mirror', turned: 'on' },
  ])
  expect(
    trafficChanges(guarded, { ...guarded, guard: null, mirror: { upstream: 'default', percent: 1 } }),
  ).toEqual([
    { kind: 'guard', turned: 'off' },
    { kind: 'mirror', turned: 'changed' },
  ])
})
