// bot-filter: which names are turned away, which pass, and who only claims one.
import { expect, it } from 'vitest'
import { createContext, createDeps } from '../testing/policy.fixture.ts'
import { policy } from './bot-filter.ts'

const at = { id: 'pol_1', name: 'bots', scope: 'version', tenantId: 'ten_1', timeZone: 'UTC' } as const

function verdictOf(config: object, agent: string | undefined, clientAddress = '192.0.2.7') {
  const phases = policy.create(policy.spec.config.parse(config), createDeps(), at)
  const ctx = createContext({ clientAddress, header: agent === undefined ? {} : { 'user-agent': agent } })
  const verdict = phases.request?.(ctx)
  return { code: verdict && 'code' in verdict ? verdict.code : null, reports: ctx.reports }
}

const google = { allowed: [{ agent: 'Googlebot', ranges: ['66.249.64.0/19'] }], bots: 'block' }

it.each<[string, object, string | undefined, string | null]>([
  ['a scanner', {}, 'sqlmap/1.7.2#stable (https://sqlmap.org)', 'bot_blocked'],
  ['a scanner behind other words', {}, 'Mozilla/5.0 (compatible; Nikto/2.5.0)', 'bot_blocked'],
  ['a client that has a scanner inside its name', {}, 'unqualysed-app/1', null],
  ['a bot, where bots may call', {}, 'somebot/1', null],
  ['a bot, where they may not', { bots: 'block' }, 'somebot/1', 'bot_blocked'],
  ['an application', { bots: 'block' }, 'books-app/2.1', null],
  ['nobody, where that is allowed', {}, undefined, null],
  ['nobody', { nameless: 'block' }, undefined, 'bot_blocked'],
  ['spaces', { nameless: 'block' }, '   ', 'bot_blocked'],
  ['a scanner that is only looked for', { scanners: 'detect' }, 'nuclei', null],
])('D6: %s', (_, config, agent, code) => {
  expect(verdictOf(config, agent).code).toBe(code)
})

it('D6: a name of the list passes from its own addresses; from elsewhere it is forged', () => {
  expect(verdictOf(google, 'Mozilla/5.0 (compatible; Googlebot/2.1)', '66.249.66.1').code).toBeNull()
  const forged = verdictOf(google, 'Mozilla/5.0 (compatible; googleBOT/2.1)')
  expect(forged).toMatchObject({ code: 'bot_blocked', reports: [{ action: 'blocked', detail: 'forged' }] })
})

it('D6: detecting says so in the event alone', () => {
  expect(verdictOf({ scanners: 'detect' }, 'nuclei').reports).toMatchObject([
    { kind: 'bot', action: 'detected', detail: 'scanners' },
  ])
})
