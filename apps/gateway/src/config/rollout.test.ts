// Either all workers run a snapshot or none, and a worker that comes back meanwhile gets what came of it.
import { pino } from 'pino'
import { expect, it } from 'vitest'
import { type SnapshotParcel, SnapshotRefused } from './parts.ts'
import { createRollout } from './rollout.ts'

const log = pino({ level: 'silent' })
const identity = (revision: number) => ({ revision, hash: String(revision) })
const parcel = (revision: number): SnapshotParcel => ({
  ...identity(revision),
  bytes: new SharedArrayBuffer(0),
  offsets: new Uint32Array(1),
})

it('I11: a worker that comes back waits for the rollout under way and gets what is live after it', async () => {
  const compiled = Promise.withResolvers<void>()
  const said: string[] = []
  const rollout = createRollout(
    {
      prepare: async ({ revision }) => {
        if (revision === 2) await compiled.promise
      },
      commit: async ({ revision }) => void said.push(`all serve ${revision}`),
      abort: () => undefined,
    },
    log,
    () => undefined,
  )
  const bringUp = () =>
    rollout.withCurrent(async ({ parcel }) => void said.push(`one gets ${parcel.revision}`))
  await bringUp()
  await rollout.apply(identity(1), () => parcel(1))
  const second = rollout.apply(identity(2), () => parcel(2))
  const first = bringUp()
  const third = rollout.apply(identity(3), () => parcel(3))
  compiled.resolve()
  await Promise.all([second, first, third])
  expect(said).toEqual(['all serve 1', 'all serve 2', 'one gets 2', 'all serve 3'])
})

it('I11: what a worker refuses is served by none, and what was live stays current', async () => {
  const served: number[] = []
  const given: number[] = []
  const rollout = createRollout(
    {
      prepare: async ({ revision }) => {
        if (revision === 2) throw new SnapshotRefused('tenant acme: no')
      },
      commit: async ({ revision }) => void served.push(revision),
      abort: () => undefined,
    },
    log,
    () => undefined,
  )
  await rollout.apply(identity(1), () => parcel(1))
  expect(await rollout.apply(identity(2), () => parcel(2))).toBe(false)
  await rollout.withCurrent(async ({ parcel }) => void given.push(parcel.revision))
  expect([served, given, rollout.refusal?.reason]).toEqual([[1], [1], 'tenant acme: no'])
  expect([rollout.needs(identity(2)), rollout.needs(identity(3))]).toEqual([false, true])
})

it('C6: what was refused for something that may come is tried again after some seconds', async () => {
  let nowMs = 0
  let isMissing = true
  const rollout = createRollout(
    {
      prepare: async () => {
        if (isMissing) throw new SnapshotRefused('Vault is away', { isPassing: true })
      },
      commit: async () => undefined,
      abort: () => undefined,
    },
    log,
    () => undefined,
    () => nowMs,
  )
  await rollout.apply(identity(1), () => parcel(1))
  nowMs = 9_999
  expect(rollout.needs(identity(1))).toBe(false)
  nowMs = 10_000
  expect(rollout.needs(identity(1))).toBe(true)
  isMissing = false
  expect(await rollout.apply(identity(1), () => parcel(1))).toBe(true)
  expect([rollout.needs(identity(1)), rollout.refusal]).toEqual([false, null])
})
