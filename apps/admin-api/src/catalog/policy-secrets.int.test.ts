// Secrets in configurations of policies, over HTTP on a real Postgres: what is kept, what is shown, and who may name what gateways hold.
import { randomBytes } from 'node:crypto'
import { policySecretPlace } from '@gatewright/shared/sealing/policy-secret'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { Database } from '../infra/database.ts'
import { Sealer } from '../infra/sealer.ts'
import { buildSnapshot } from '../publishing/snapshot.ts'
import { readSnapshotRows } from '../publishing/snapshot-rows.ts'
import { rotateSecrets } from '../rotate-secrets.ts'
import { type Caller, startTestApp, type TestApp } from '../testing/app.fixture.ts'
import { createOffer, type Offer, onceOnly } from '../testing/offer.fixture.ts'

const key = randomBytes(32).toString('base64')
let app: TestApp
let database: Database
let acme: Offer
let evil: Offer
let admin: Caller
beforeAll(async () => {
  app = await startTestApp({ SECRETS_KEY: key })
  database = app.get(Database)
  acme = await createOffer(app, 'acme')
  evil = await createOffer(app, 'evil')
  admin = await app.admin()
})
afterAll(() => app?.close())

interface Chain {
  readonly policies: readonly { name: string; config: Config }[]
  readonly version: number
}
interface Config {
  readonly request: { readonly setSecret: readonly { name: string; value: string }[] }
}

const headers = (value: string, field = 'Authorization', name = 'backend') => ({
  type: 'headers',
  name,
  config: { request: { setSecret: [{ name: field, value }] } },
})
const chainOf = ({ tenant, versionId }: Offer) => `/tenants/${tenant}/policies/version/${versionId}`
const read = (offer: Offer) => offer.owner.must<Chain>('GET', chainOf(offer))
const write = (offer: Offer, policies: readonly unknown[], by = offer.owner) =>
  by.send<Chain & { errors?: { code: string; pointer: string }[] }>('PUT', chainOf(offer), {
    body: { policies: [{ type: 'api-key', config: {} }, ...policies] },
    version: '*',
  })
const kept = ({ policies }: Chain) => policies[1]?.config.request.setSecret[0]?.value ?? ''

/** Everything that Postgres holds, as text. */
async function wholeDatabase(): Promise<string> {
  const { rows } = await database.pool.query<{ name: string }>(
    `SELECT quote_ident(tablename) AS name FROM pg_tables WHERE schemaname = 'public'`,
  )
  const texts = await Promise.all(
    rows.map(({ name }) => database.pool.query<{ text: string }>(`SELECT t::text AS text FROM ${name} t`)),
  )
  return texts.flatMap(({ rows: found }) => found.map(({ text }) => text)).join('\n')
}

describe('C6 a secret in the configuration of a policy', () => {
  it('is stored sealed alone: no answer, draft, revision, export, difference or audit entry holds it', async () => {
    const secret = 'Bearer open-sesame-1'
    const saved = await write(acme, [headers(secret)])
    expect(saved.status).toBe(200)
    expect(kept(saved.body)).toMatch(/^sealed:sec_\w{22}$/)
    expect(await read(acme)).toMatchObject({ policies: saved.body.policies })
    const at = '/tenants/acme/apis/books/versions/v1'
    const answers = [
      await acme.owner.must('POST', `${at}/publish`, {
        body: { environments: ['prod'] },
        headers: onceOnly(),
      }),
      await acme.owner.must('GET', '/tenants/acme/manifest'),
      await acme.owner.must('GET', '/tenants/acme/audit'),
      await acme.owner.must('GET', '/tenants/acme/environments/prod/revisions'),
    ]
    expect(JSON.stringify(answers)).toContain('sealed:sec_')
    expect(JSON.stringify(answers)).not.toContain('open-sesame')
    expect(await wholeDatabase()).not.toContain('open-sesame')
  })

  it('is what gateways get, sealed to its tenant and its kind of policy', async () => {
    const environment = await database.everything.environment.findFirstOrThrow({ where: { name: 'prod' } })
    const snapshot = buildSnapshot(await readSnapshotRows(database.everything, environment.id))
    const version = snapshot.versions.find(
      ({ apiName, basePath }) => apiName === 'books' && basePath === '/acme/books',
    )
    const use = version?.policies.find(({ type }) => type === 'headers')
    const text = JSON.stringify(use?.config)
    const [, id = '', envelope = ''] = /"sealed:(\w+):([^"]+)"/.exec(text) ?? []
    const place = policySecretPlace({ tenantId: version?.tenantId ?? '', type: 'headers' }, id)
    expect(app.get(Sealer).open(envelope, place)).toBe('Bearer open-sesame-1')
  })

  it('stays as it was when its placeholder or the same text is sent, in any order, and is another one when it differs', async () => {
    const before = kept(await read(acme))
    const unchanged = await write(acme, [headers(before)])
    expect(kept(unchanged.body)).toBe(before)
    const again = await write(acme, [headers('Bearer open-sesame-1')])
    expect(kept(again.body)).toBe(before)
    const two = await write(acme, [
      {
        ...headers('another'),
        config: {
          request: {
            setSecret: [
              { name: 'X-Other', value: 'another' },
              { name: 'Authorization', value: before },
            ],
          },
        },
      },
    ])
    expect(two.body.policies[1]?.config.request.setSecret[1]?.value).toBe(before)
    const changed = await write(acme, [headers('Bearer open-sesame-2')])
    expect(kept(changed.body)).not.toBe(before)
  })

  it('cannot be had by whoever knows its placeholder: not by another tenant, nor in another chain', async () => {
    const placeholder = kept(await read(acme))
    for (const text of [placeholder, `${placeholder}:gws1.a.b.c`, 'sealed:', 'sealed:sec_0']) {
      const stolen = await write(evil, [headers(text)])
      expect(stolen.status, text).toBe(400)
      expect(stolen.body.errors).toMatchObject([
        { code: 'unknown_secret', pointer: '/policies/1/config/request/setSecret/0/value' },
      ])
    }
    const elsewhere = await acme.owner.send('PUT', `/tenants/acme/policies/plan/${acme.planId}`, {
      body: { policies: [headers(placeholder)] },
      version: '*',
    })
    expect(elsewhere.status).toBe(400)
  })

  it('of a manifest is taken out before anything is compared: applied twice it changes nothing the second time', async () => {
    const apply = (manifest: unknown, how = 'apply') =>
      acme.owner.must<{ changes: unknown[] }>('POST', `/tenants/acme/manifest/${how}`, {
        body: { manifest, prune: false, ...(how === 'apply' ? { note: '' } : {}) },
      })
    const manifest = { gatewright: 1, policies: [headers('Bearer open-sesame-3')] }
    const planned = await apply(manifest, 'diff')
    expect(planned.changes).toHaveLength(1)
    expect(JSON.stringify(planned)).not.toContain('open-sesame')
    const applied = await apply(manifest)
    expect(JSON.stringify(applied)).not.toContain('open-sesame')
    expect((await apply(manifest)).changes).toEqual([])
    const auditor = await app.member(acme.owner, 'acme', 'auditor')
    const guessed = await auditor.must<{ changes: unknown[] }>('POST', '/tenants/acme/manifest/diff', {
      body: { manifest, prune: false },
    })
    // Who may only read is not told that a guess is right.
    expect(guessed.changes).not.toEqual([])
    const { manifest: exported } = await acme.owner.must<{ manifest: object }>(
      'GET',
      '/tenants/acme/manifest',
    )
    expect((await apply(exported)).changes).toEqual([])
    const foreign = await evil.owner.send('POST', '/tenants/evil/manifest/apply', {
      body: {
        manifest: { gatewright: 1, policies: (exported as { policies: unknown }).policies },
        prune: false,
        note: '',
      },
    })
    expect(foreign).toMatchObject({ status: 400, body: { errors: [{ code: 'unknown_secret' }] } })
    expect(await wholeDatabase()).not.toContain('open-sesame')
  })

  it('that gateways hold is named by platform admins alone, and stays when others save the rest', async () => {
    for (const text of ['env:GATEWRIGHT_SECRET_A', 'file:token', 'vault:kv/data/a#b']) {
      const refused = await write(acme, [headers(text)])
      expect(refused).toMatchObject({ status: 400, body: { errors: [{ code: 'platform_only' }] } })
    }
    const named = 'env:GATEWRIGHT_SECRET_A'
    expect((await write(acme, [headers(named)], admin)).status).toBe(200)
    const rest = { type: 'cors', name: 'rest', config: {} }
    expect((await write(acme, [headers(named), rest])).status).toBe(200)
    // In other settings the secret could go where its owner never meant it to.
    for (const chain of [[headers(named, 'X-Other')], [headers(named), headers(named, 'X-Other', 'second')]])
      expect(await write(acme, chain)).toMatchObject({
        status: 400,
        body: { errors: [{ code: 'platform_only' }] },
      })
    expect((await write(acme, [])).status).toBe(200)
    const set = (value: string, by: Caller) =>
      by.send<Chain>('PUT', '/policies/global', {
        body: { policies: [headers(value)] },
        version: '*',
      })
    const answer = await set('env:GATEWRIGHT_SECRET_A', admin)
    expect(answer.status).toBe(200)
    const inherited = JSON.stringify(await read(acme))
    expect(inherited).toContain('env:GATEWRIGHT_SECRET_A')
    expect((await set('for-all-1', admin)).status).toBe(200)
    const shown = JSON.stringify(await read(acme))
    expect(shown).not.toContain('for-all-1')
    // What a tenant sees of everybody's chain opens nothing in its own.
    const [placeholder = ''] = /sealed:sec_\w+/.exec(shown.slice(shown.indexOf('inherited'))) ?? []
    expect((await write(acme, [headers(placeholder)])).status).toBe(400)
  })

  it('is sealed anew when keys change, and a revision brings it to gateways', async () => {
    const next = randomBytes(32).toString('base64')
    const revision = async () =>
      (await database.everything.environment.findFirstOrThrow({ where: { name: 'prod' } })).revision
    const before = await revision()
    const source = { DATABASE_URL: app.databaseUrl, SECRETS_KEY: `${next},${key}`, LOG_LEVEL: 'silent' }
    const said: string[] = []
    expect(
      await rotateSecrets(source, { log: (line) => said.push(line), error: (line) => said.push(line) }),
    ).toBe(0)
    expect(await revision()).toBe(before + 1)
    const sealer = new Sealer({ SECRETS_KEY: next })
    const rows = await database.everything.policySecret.findMany()
    expect(rows.length).toBeGreaterThan(3)
    for (const { id, sealed, tenantId, type } of rows)
      expect(sealer.open(sealed, policySecretPlace({ tenantId, type }, id))).toMatch(/sesame|for-all|another/)
  })
})
