// A client that leaves while a policy waits: what its request holds was given back, and nothing more is taken for it.
import { once } from 'node:events'
import { connect } from 'node:net'
import { expect, it } from 'vitest'
import type { Chain } from '../config/generation.ts'
import { emptyChain, type RigOptions, startRig } from '../testing/gateway.fixture.ts'

const facts = { policy: 'limit', type: 'limit', scope: 'route', stage: 'admit' }

/** A client leaves while the first policy waits; answers how much the second one holds when all is over. */
async function heldAfterLeaving(
  options: (chain: Chain) => RigOptions,
): Promise<{ held: number; seen: number }> {
  const asked = Promise.withResolvers<void>()
  const answered = Promise.withResolvers<undefined>()
  let held = 0
  const chain: Chain = {
    ...emptyChain,
    request: [
      () => {
        asked.resolve()
        return answered.promise
      },
      () => {
        held++
        return undefined
      },
    ],
    requestSteps: [facts, facts],
    done: [
      () => {
        held = Math.max(0, held - 1)
      },
    ],
  }
  const rig = await startRig(options(chain))
  const client = connect(rig.port, '127.0.0.1')
  client.write('GET / HTTP/1.1\r\nHost: a\r\n\r\n')
  await asked.promise
  client.destroy()
  await once(client, 'close')
  await rig.over(1)
  answered.resolve(undefined)
  await new Promise((resolve) => setImmediate(resolve))
  await rig.close()
  return { held, seen: rig.seen.length }
}

it('a policy behind one that waited takes nothing for a client that left', async () => {
  expect(await heldAfterLeaving((chain) => ({ route: { chain } }))).toEqual({ held: 0, seen: 0 })
})

it('a traced request does not either', async () => {
  expect(await heldAfterLeaving((chain) => ({ route: { chain }, traced: true }))).toEqual({
    held: 0,
    seen: 0,
  })
})

it('nor do the policies of a plan that a caller turns out to have', async () => {
  const options = (chain: Chain): RigOptions => ({
    route: { chain, identifiedAt: 1, plans: new Map([['pla_1', chain]]) },
  })
  expect(await heldAfterLeaving(options)).toEqual({ held: 0, seen: 0 })
})

it('a policy that fails when its client has left changes nothing about what is over', async () => {
  const asked = Promise.withResolvers<void>()
  const answered = Promise.withResolvers<undefined>()
  const ran: string[] = []
  const chain: Chain = {
    ...emptyChain,
    request: [
      () => {
        asked.resolve()
        return answered.promise
      },
    ],
    requestSteps: [facts],
    response: [() => void ran.push('response')],
    responseSteps: [facts],
    done: [() => void ran.push('done')],
  }
  const rig = await startRig({ route: { chain } })
  const client = connect(rig.port, '127.0.0.1')
  client.write('GET / HTTP/1.1\r\nHost: a\r\n\r\n')
  await asked.promise
  client.destroy()
  const [outcome] = await rig.over(1)
  answered.reject(new Error('too late'))
  await new Promise((resolve) => setImmediate(resolve))
  await rig.close()
  expect(rig.logged).toMatchObject([{ requestId: outcome?.ctx.requestId }])
  expect(outcome?.ctx.status).toBe(outcome?.status)
  expect(ran).toEqual(['done'])
})
