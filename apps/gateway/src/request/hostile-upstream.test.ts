// What an API's own backend may do to the gateway it shares with others, and to the portal beside it: nothing.
import { afterEach, expect, it } from 'vitest'
import { emptyChain, type Rig, type RigOptions, startRig } from '../testing/gateway.fixture.ts'

const rigs: Rig[] = []
afterEach(async () => {
  for (const rig of rigs.splice(0)) await rig.close()
})
async function open(options: RigOptions = {}): Promise<Rig> {
  const rig = await startRig(options)
  rigs.push(rig)
  return rig
}

/** Answers every request with these very bytes. */
const answering = (bytes: string): RigOptions => ({
  upstream: (request) => request.socket.end(bytes),
})
const ok = 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok'
const get = (lines = '') => `GET /a HTTP/1.1\r\nHost: api.example:8000\r\n${lines}\r\n`

it('D7 a hint that can be read in many ways does not stall the worker', async () => {
  const many = ';a=b'.repeat(60)
  for (const link of [`</x>${many};"`, `</x>${many};c="d e"`]) {
    const rig = await open(answering(`HTTP/1.1 103 Early Hints\r\nLink: ${link}\r\n\r\n${ok}`))
    expect(await rig.raw(get())).toMatch(/^HTTP\/1\.1 (?:103|200) /)
    expect((await rig.over(1))[0]?.status).toBe(200)
  }
})

it('D7 a Link field of nothing but brackets does not stall the worker', async () => {
  const rig = await open(answering(ok.replace('\r\n\r\n', `\r\nLink: ${'<'.repeat(60_000)}\r\n\r\n`)))
  const startedAt = performance.now()
  expect(await rig.raw(get())).toMatch(/^HTTP\/1\.1 200 /)
  // Quadratic, it took ten seconds.
  expect(performance.now() - startedAt).toBeLessThan(3_000)
})

it('A7 hints tell no address of the upstream', async () => {
  const rig: Rig = await open({
    upstream: (request, response) => {
      response.writeEarlyHints({ link: `<http://${request.headers.host}/style.css>; rel=preload` })
      response.end('ok')
    },
  })
  const answer = await rig.raw(get())
  expect(answer).toContain('103')
  expect(answer).not.toContain(String(rig.upstreamPort))
})

it('C17 the portal’s cookies, which browsers send to every port of a host, never reach an API', async () => {
  const rig = await open()
  await rig.raw(
    get('Cookie: a=1; __Host-gw_session=secret; gw_csrf=secret; b=2\r\nCookie: gw_session=secret\r\n'),
  )
  const { headers = [] } = rig.seen[0] ?? {}
  expect(headers.join('\n')).not.toContain('secret')
  expect(headers.filter((_, i) => headers[i - 1]?.toLowerCase() === 'cookie')).toEqual(['a=1; b=2'])
})

it('C17 nor by a policy that writes the cookies anew', async () => {
  const rig = await open({
    route: {
      chain: {
        ...emptyChain,
        request: [(ctx) => void ctx.upstreamHeaders.set('cookie', ctx.header('cookie') ?? '')],
        requestSteps: [{ policy: 'p', type: 'p', scope: 'route', stage: 'shape' }],
      },
    },
  })
  await rig.raw(get('Cookie: a=1; gw_session=secret\r\n'))
  expect(rig.seen[0]?.headers.join('\n')).not.toContain('secret')
})

it('C17 and an API cannot set them', async () => {
  const rig = await open({
    upstream: (_, response) =>
      response
        .setHeader('Set-Cookie', ['gw_session=fixed; Path=/', '__Host-gw_session=fixed', 'mine=1'])
        .end('ok'),
  })
  const answer = await rig.raw(get())
  expect(answer).not.toContain('fixed')
  expect(answer).toContain('mine=1')
})

it('C17 nor can one of its policies', async () => {
  const rig = await open({
    route: {
      chain: {
        ...emptyChain,
        response: [
          (ctx) => {
            ctx.replyHeaders.append('set-cookie', 'gw_csrf=fixed; Path=/')
            ctx.replyHeaders.append('set-cookie', 'mine=1')
          },
        ],
      },
    },
  })
  const answer = await rig.raw(get())
  expect(answer).not.toContain('fixed')
  expect(answer).toContain('mine=1')
})

const loopback = ['127.0.0.1', 'localhost', '[::ffff:127.0.0.1]']
it.each(['http', 'https'].flatMap((scheme) => loopback.map((host) => `${scheme}://${host}`)))(
  'D7 a forbidden address is not connected to, also not as %s',
  async (origin) => {
    const rig = await open({
      forbidden: ['127.0.0.0/8', '::1'],
      document: { targets: [{ url: `${origin}:9`, weight: 1, region: null }] },
    })
    expect(await rig.raw(get())).toMatch(/^HTTP\/1\.1 502 /)
    expect(rig.logged).toContainEqual(
      expect.objectContaining({ kind: 'unreachable', detail: expect.stringContaining('ERR_IP_BLOCKED') }),
    )
  },
)
