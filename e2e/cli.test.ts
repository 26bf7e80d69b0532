// The command line against the running product: what CI pipelines use, with their exit codes.
import { execFile } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { parse, stringify } from 'yaml'
import { root } from '../scripts/stack/stack.ts'
import { call, type Rig, startRig, tenant } from './rig.ts'

let rig: Rig
let folder: string
beforeAll(async () => {
  rig = await startRig({ gateways: 1, balancer: false })
  folder = mkdtempSync(join(tmpdir(), 'gatewright-cli-'))
})
afterAll(async () => {
  await rig?.[Symbol.asyncDispose]()
  rmSync(folder, { recursive: true, force: true })
})

interface Ended {
  readonly code: number
  readonly stdout: string
  readonly stderr: string
}

function gatewright(args: readonly string[], { stdin = '', env = {} } = {}): Promise<Ended> {
  return new Promise((resolve) => {
    const child = execFile(
      process.execPath,
      [join(root, 'packages/cli/dist/main.js'), ...args],
      { env: { PATH: process.env.PATH, XDG_CONFIG_HOME: folder, ...env } },
      (error, stdout, stderr) =>
        resolve({ code: typeof error?.code === 'number' ? error.code : error ? 1 : 0, stdout, stderr }),
    )
    child.stdin?.end(stdin)
  })
}

const file = (name: string) => join(folder, name)

describe('gatewright', () => {
  it('login keeps a token that only its owner can read', async () => {
    const { stdout, code } = await gatewright(
      ['login', '--url', rig.stack.adminUrl, '--tenant', tenant, '--token-stdin'],
      {
        stdin: rig.owner.token,
      },
    )
    expect(code).toBe(0)
    expect(stdout).toContain('owner@rig.example')
    expect(statSync(file('gatewright/config.json')).mode & 0o777).toBe(0o600)
  })

  it('login by password makes a token and forgets the password', async () => {
    const { email, password } = rig.stack.platformAdmin
    const { code, stdout } = await gatewright(
      ['login', '--url', rig.stack.adminUrl, '--email', email, '--password-stdin'],
      {
        stdin: password,
        env: { XDG_CONFIG_HOME: file('admin') },
      },
    )
    expect(code).toBe(0)
    expect(stdout).toContain(email)
    expect(readFileSync(file('admin/gatewright/config.json'), 'utf8')).not.toContain(password)
  })

  it('I2 imports and publishes a document, live when it returns', async () => {
    const { code, stdout, stderr } = await gatewright([
      'import',
      'openapi',
      join(root, 'examples/bookstore/openapi.yaml'),
      ...['--name', 'shop', '--base-path', '/shop', '--upstream', rig.stack.upstreamUrl],
      ...['--publish', rig.stack.environment],
    ])
    expect({ code, stderr }).toMatchObject({ code: 0 })
    expect(stdout).toMatch(/published shop\/\w+\n.*\nprod: live on 1 of 1 gateways/)
    expect(await call(`${rig.stack.gatewayUrl}/shop/books/bk_dune`)).toBe(401)
  })

  it('I1 exports what it can apply: diff finds nothing, and says so with exit code 0', async () => {
    expect((await gatewright(['export', '--file', file('site.yaml')])).code).toBe(0)
    expect(await gatewright(['validate', file('site.yaml')])).toMatchObject({ code: 0 })
    expect(await gatewright(['diff', file('site.yaml')])).toMatchObject({ code: 0, stdout: 'no changes\n' })
  })

  it('I5 diff exits 2 on a change, apply --wait makes it live', async () => {
    const site = parse(readFileSync(file('site.yaml'), 'utf8'))
    const route = site.apis[0].versions[0].routes.find(
      ({ method, path }: { method: string; path: string }) => method === 'GET' && path === '/books/{bookId}',
    )
    route.public = true
    writeFileSync(file('site.yaml'), stringify(site))
    const differs = await gatewright(['diff', file('site.yaml')])
    expect(differs.code).toBe(2)
    expect(differs.stdout).toContain(
      '~ apis/shop/versions/v1/routes/GET /books/{bookId}/public: false → true',
    )
    const applied = await gatewright(['apply', file('site.yaml'), '--wait', '--note', 'open the catalogue'])
    expect(applied).toMatchObject({ code: 0 })
    expect(applied.stdout).toContain('prod: live on 1 of 1 gateways')
    expect(await call(`${rig.stack.gatewayUrl}/shop/books/bk_dune`)).toBe(200)
  })

  it('I24 what the command line changed is in the audit log as such', async () => {
    const { data } = await rig.owner.client.audit.list({ tenant, action: 'manifests.apply' })
    expect(data[0]).toMatchObject({ actor: { kind: 'cli' }, reason: 'open the catalogue' })
    expect(data[0]?.changes.map(({ before, after }) => [before, after])).toContainEqual([false, true])
  })

  it('explains why a request is refused', async () => {
    const { code, stdout } = await gatewright(['explain', 'GET', '/shop/authors'])
    expect(code).toBe(0)
    expect(stdout).toContain('refused credential_missing')
    expect(stdout).toMatch(/answer 401 credential_missing/)
  })

  it('names a typo with its line and column, and exits 1', async () => {
    writeFileSync(file('typo.yaml'), 'gatewright: 1\napis:\n  - name: x\n    titel: X\n')
    const { code, stderr } = await gatewright(['validate', file('typo.yaml')])
    expect(code).toBe(1)
    expect(stderr).toContain(`${file('typo.yaml')}:4:5 /apis/0/titel: unknown key "titel"`)
  })

  it('says what to do when it is not signed in, or the server is not there', async () => {
    const nobody = await gatewright(['export'], { env: { XDG_CONFIG_HOME: file('nobody') } })
    expect(nobody).toMatchObject({ code: 1 })
    expect(nobody.stderr).toContain('gatewright login')
    const nowhere = await gatewright(['export', '--url', 'http://127.0.0.1:9', '--tenant', tenant], {
      env: { GATEWRIGHT_TOKEN: 'gwp_any' },
    })
    expect(nowhere.code).toBe(1)
    expect(nowhere.stderr).toContain('cannot reach http://127.0.0.1:9')
    const revoked = await gatewright(['export'], { env: { GATEWRIGHT_TOKEN: 'gwp_wrong' } })
    expect(revoked.code).toBe(1)
    expect(revoked.stderr).toContain('token_invalid')
  })
})
