// Who is blocked: by address, credential and application, for whom, and until which millisecond.

import type { BlockRecord } from '@gatewright/shared/model/block'
import { expect, it } from 'vitest'
import { Blocklist, differenceOf } from './blocklist.ts'

const record = (id: string, value: string, more: Partial<BlockRecord> = {}): BlockRecord => ({
  id,
  tenantId: 'ten_1',
  kind: 'address',
  value,
  source: 'shield',
  expiresAt: null,
  ...more,
})
const principal = {
  kind: 'application',
  tenantId: 'ten_2',
  credentialId: 'key_1',
  applicationId: 'app_1',
  applicationName: 'a',
  subscriptionId: 'sub_1',
  planId: 'pln_1',
  planName: 'free',
  tryIt: false,
} as const

function listOf(...put: BlockRecord[]) {
  const list = new Blocklist()
  list.change({ isAll: true, put, drop: [] })
  return list
}

it('D12: an address is found in every range it is in, and for the tenant that said so', () => {
  const list = listOf(
    record('a', '192.0.2.0/24'),
    record('b', '198.51.100.7'),
    record('c', '2001:db8::/32'),
    record('d', '203.0.113.0/25', { tenantId: null }),
  )
  const at = (address: string, tenant = 'ten_1') => list.ofAddress(address, tenant, 0)?.id ?? null
  expect(['192.0.2.255', '198.51.100.7', '2001:db8:ff::1', '203.0.113.127'].map((it) => at(it))).toEqual([
    'a',
    'b',
    'c',
    'd',
  ])
  expect(['192.0.3.0', '198.51.100.8', '2001:db9::', '203.0.113.128', 'nothing'].map((it) => at(it))).toEqual(
    [null, null, null, null, null],
  )
  expect([at('192.0.2.1', 'ten_2'), at('203.0.113.1', 'ten_2')]).toEqual([null, 'd'])
})

it('D12: a credential and an application are blocked at the APIs of the tenant that said so', () => {
  const key = listOf(record('a', 'key_1', { kind: 'credential' }))
  const app = listOf(record('b', 'app_1', { kind: 'application' }))
  expect(key.ofCaller(principal, 'ten_1', 0)?.id).toBe('a')
  expect(app.ofCaller(principal, 'ten_1', 0)?.id).toBe('b')
  expect(app.ofCaller(principal, 'ten_2', 0)).toBeNull()
  expect(app.ofCaller({ ...principal, applicationId: 'app_2' }, 'ten_1', 0)).toBeNull()
})

it('D12: a block ends in the millisecond it says, and another one of the same address goes on', () => {
  const list = listOf(record('a', '192.0.2.1', { expiresAt: 1_000 }))
  expect(list.ofAddress('192.0.2.1', 'ten_1', 999)?.id).toBe('a')
  expect(list.ofAddress('192.0.2.1', 'ten_1', 1_000)).toBeNull()
  list.change({ isAll: false, put: [record('b', '192.0.2.1', { source: 'other' })], drop: [] })
  expect(list.ofAddress('192.0.2.1', 'ten_1', 1_000)?.id).toBe('b')
})

it('D12: what is changed, dropped or replaced leaves nothing behind', () => {
  const list = listOf(record('a', '192.0.2.0/24'), record('b', 'key_1', { kind: 'credential' }))
  list.change({ isAll: false, put: [record('a', '192.0.2.0/25')], drop: ['b', 'unknown'] })
  expect(list.ofAddress('192.0.2.200', 'ten_1', 0)).toBeNull()
  expect(list.ofAddress('192.0.2.1', 'ten_1', 0)?.id).toBe('a')
  expect(list.ofCaller(principal, 'ten_1', 0)).toBeNull()
  list.change({ isAll: true, put: [], drop: [] })
  expect([list.size, list.ofAddress('192.0.2.1', 'ten_1', 0)]).toEqual([0, null])
})

it('D12: a list that was read anew is told as what is other in it, and makes the old one the new one', () => {
  const byId = (...records: BlockRecord[]) => new Map(records.map((one) => [one.id, one]))
  const before = byId(record('a', '192.0.2.1'), record('b', '192.0.2.2'), record('c', '192.0.2.3'))
  const after = byId(
    record('b', '192.0.2.2'),
    record('c', '192.0.2.3', { expiresAt: 5 }),
    record('d', '192.0.2.4'),
  )
  const change = differenceOf(before, after)
  expect(change).toEqual({ isAll: false, put: [after.get('c'), after.get('d')], drop: ['a'] })
  const list = listOf(...before.values())
  list.change(change)
  const blocked = ['192.0.2.1', '192.0.2.2', '192.0.2.3', '192.0.2.4'].filter(
    (address) => list.ofAddress(address, 'ten_1', 9) !== null,
  )
  expect(blocked).toEqual(['192.0.2.2', '192.0.2.4'])
  expect(differenceOf(after, byId(...after.values()))).toEqual({ isAll: false, put: [], drop: [] })
})
