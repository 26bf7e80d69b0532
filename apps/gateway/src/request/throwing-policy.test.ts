// A policy with a bug costs the request it ran for, and nothing else: not the gateway, not the request beside it.
import fc from 'fast-check'
import { afterAll, beforeAll, expect, it } from 'vitest'
import type { Chain } from '../config/generation.ts'
import { emptyChain, type Rig, startRig } from '../testing/gateway.fixture.ts'

const later = () => new Promise((resolve) => setImmediate(resolve))

/** Ways to fail; the name is what a request asks for. */
const failures: Readonly<Record<string, () => unknown>> = {
  error: () => {
    throw new Error('secret detail')
  },
  nothing: () => {
    throw undefined
  },
  text: () => {
    throw 'secret detail'
  },
  type: () => (null as unknown as { at: () => void }).at(),
  depth: () => {
    const deeper = (): number => deeper() + 1
    return deeper()
  },
  rejected: async () => {
    await later()
    throw new Error('secret detail')
  },
  promise: () => Promise.reject(new Error('secret detail')),
  verdict: () => ({ kind: 'nonsense' }),
  number: () => 42,
}
const harmless = 'none'
const names = [harmless, ...Object.keys(failures)]

/** Fails as its request says: `/phase/failure`. */
const step = (phase: string) =>
  ((ctx: { path: string }) => {
    const [, asked, failure = ''] = ctx.path.split('/')
    return asked === phase ? failures[failure]?.() : undefined
  }) as never

const facts = { policy: 'broken', type: 'broken', scope: 'route', stage: 'shape' }
const chain: Chain = {
  ...emptyChain,
  request: [step('request')],
  requestSteps: [facts],
  response: [step('response')],
  responseSteps: [facts],
  done: [step('done')],
}

let rig: Rig
// As a worker does: what a policy starts and does not await fails unheard.
const ignore = () => undefined
beforeAll(async () => {
  process.on('unhandledRejection', ignore)
  rig = await startRig({ route: { chain } })
})
afterAll(async () => {
  await rig.close()
  process.off('unhandledRejection', ignore)
})

it('I17 whatever a policy throws, in whatever phase, its request gets 500 and its neighbour what it asked for', async () => {
  const request = fc.tuple(fc.constantFrom('request', 'response', 'done'), fc.constantFrom(...names))
  await fc.assert(
    fc.asyncProperty(fc.array(request, { minLength: 1, maxLength: 12 }), async (asked) => {
      const answers = await Promise.all(
        asked.map(([phase, failure]) =>
          rig.raw(`GET /${phase}/${failure} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n`),
        ),
      )
      for (const [i, [phase, failure]] of asked.entries()) {
        const answer = answers[i] as string
        // What comes of a response phase or of one after the reply is not waited for, and not looked at.
        const isHarmless =
          failure === harmless ||
          phase === 'done' ||
          (phase === 'response' && ['rejected', 'promise', 'verdict', 'number'].includes(failure))
        expect(answer, `${phase}/${failure}`).toMatch(isHarmless ? /^HTTP\/1\.1 200 / : /^HTTP\/1\.1 500 /)
        if (!isHarmless) expect(answer).toContain('"code":"internal_error"')
        expect(answer).not.toContain('secret')
      }
    }),
    { seed: 17, numRuns: 150, interruptAfterTimeLimit: 20_000 },
  )
  expect(await rig.raw('GET /none HTTP/1.1\r\nHost: a\r\n\r\n')).toMatch(/^HTTP\/1\.1 200 /)
  expect(rig.leases()).toBe(0)
})
