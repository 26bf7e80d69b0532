import { createServer, type RequestListener, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, describe, expect, it } from 'vitest'
import { type FetchOptions, fetchDocument } from './fetch-document.ts'

const servers: Server[] = []

afterEach(() => {
  for (const server of servers.splice(0)) {
    server.closeAllConnections()
    server.close()
  }
})

async function serve(listener: RequestListener): Promise<number> {
  const server = createServer(listener)
  servers.push(server)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return (server.address() as AddressInfo).port
}

const loopback: FetchOptions = { allow: ['127.0.0.1'] }
const named = (address: string): FetchOptions => ({ resolve: async () => [{ address, family: 4 }] })

describe('F8: import from a URL', () => {
  it('fetches the bytes, and says where they came from after redirects', async () => {
    const port = await serve((incoming, reply) => {
      if (incoming.url === '/start') reply.writeHead(302, { location: '/v3/openapi.json' }).end()
      else reply.setHeader('content-type', 'application/json').end('{"openapi":"3.0.0"}')
    })
    const result = await fetchDocument(`http://127.0.0.1:${port}/start`, loopback)
    expect(result).toMatchObject({
      ok: true,
      url: `http://127.0.0.1:${port}/v3/openapi.json`,
      contentType: 'application/json',
    })
    expect(result.ok && new TextDecoder().decode(result.bytes)).toBe('{"openapi":"3.0.0"}')
  })

  it('connects to the address that was checked, and resolves a name once', async () => {
    let host = ''
    const port = await serve((incoming, reply) => {
      host = incoming.headers.host ?? ''
      reply.end('ok')
    })
    let lookups = 0
    const resolve = async () => {
      lookups++
      // A rebinding name: fine when looked at first, the metadata service when connected to.
      return [{ address: lookups === 1 ? '127.0.0.1' : '169.254.169.254', family: 4 }]
    }
    const result = await fetchDocument(`http://specs.test:${port}/`, { allow: ['127.0.0.0/8'], resolve })
    expect(result.ok).toBe(true)
    expect({ lookups, host }).toEqual({ lookups: 1, host: `specs.test:${port}` })
  })

  it.each([
    ['nonsense', 'not a url', 'url-invalid'],
    ['a relative URL', '/openapi.json', 'url-invalid'],
    ['a file', 'file:///etc/passwd', 'url-scheme'],
    ['a data URL', 'data:text/plain,x', 'url-scheme'],
    ['credentials', 'https://user:secret@example.com/', 'url-credentials'],
    ['loopback', 'http://127.0.0.1/', 'private-address'],
    ['loopback in hexadecimal', 'http://0x7f.1/', 'private-address'],
    ['loopback as one number', 'http://2130706433/', 'private-address'],
    ['loopback in octal', 'http://0177.0.0.1/', 'private-address'],
    ['loopback in IPv6', 'http://[::1]/', 'private-address'],
    ['loopback, IPv4-mapped', 'http://[::ffff:127.0.0.1]/', 'private-address'],
    ['this host', 'http://0.0.0.0/', 'private-address'],
    ['cloud metadata', 'http://169.254.169.254/latest/meta-data/', 'private-address'],
    ['a private network', 'https://192.168.0.1/', 'private-address'],
  ])('refuses %s', async (_, url, code) => {
    expect(await fetchDocument(url)).toMatchObject({ ok: false, code })
  })

  it.each(['10.0.0.1', '127.0.0.1', '169.254.169.254', '::1', 'fd00::1', '::ffff:10.0.0.1'])(
    'refuses a name that resolves to %s',
    async (address) => {
      const result = await fetchDocument('http://specs.test/', named(address))
      expect(result).toEqual({
        ok: false,
        code: 'private-address',
        message: 'specs.test resolves to an address that imports may not reach',
      })
    },
  )

  it('refuses a name of which only one address is private', async () => {
    const resolve = async () => ['93.184.215.14', '10.0.0.1'].map((address) => ({ address, family: 4 }))
    expect(await fetchDocument('http://specs.test/', { resolve })).toMatchObject({ code: 'private-address' })
  })

  it('refuses localhost by the system resolver', async () => {
    expect(await fetchDocument('http://localhost/')).toMatchObject({ code: 'private-address' })
  })

  it.each([
    ['an address', 'http://10.0.0.1/'],
    ['a scheme', 'file:///etc/passwd'],
    ['credentials', 'http://a:b@127.0.0.1/'],
  ])('checks redirects again: %s', async (_, location) => {
    const port = await serve((_incoming, reply) => reply.writeHead(307, { location }).end())
    const result = await fetchDocument(`http://127.0.0.1:${port}/`, loopback)
    expect(result).toMatchObject({
      ok: false,
      code: expect.stringMatching(/^(private-address|url-scheme|url-credentials)$/),
    })
  })

  it('refuses a redirect to a name inside', async () => {
    const port = await serve((_incoming, reply) =>
      reply.writeHead(301, { location: 'http://inside.test/' }).end(),
    )
    const result = await fetchDocument(`http://127.0.0.1:${port}/`, { ...loopback, ...named('10.0.0.1') })
    expect(result).toMatchObject({ code: 'private-address', message: expect.stringContaining('inside.test') })
  })

  it('follows five redirects and not six', async () => {
    const port = await serve((incoming, reply) => {
      const left = Number(incoming.url?.slice(1))
      if (left > 0) reply.writeHead(302, { location: `/${left - 1}` }).end()
      else reply.end('here')
    })
    expect(await fetchDocument(`http://127.0.0.1:${port}/5`, loopback)).toMatchObject({ ok: true })
    expect(await fetchDocument(`http://127.0.0.1:${port}/6`, loopback)).toMatchObject({ code: 'redirects' })
  })

  it('stops at the size limit, by the announced length and by the bytes that come', async () => {
    const announced = await serve((_incoming, reply) =>
      reply.writeHead(200, { 'content-length': '1000' }).end('x'.repeat(1000)),
    )
    expect(
      await fetchDocument(`http://127.0.0.1:${announced}/`, { ...loopback, maxBytes: 999 }),
    ).toMatchObject({ code: 'too-large' })
    let closed: () => void = () => {}
    const gone = new Promise<void>((resolve) => {
      closed = resolve
    })
    const endless = await serve((_incoming, reply) => {
      const more = () => {
        while (reply.write('x'.repeat(16_384)));
      }
      reply.on('drain', more).on('close', () => closed())
      more()
    })
    expect(
      await fetchDocument(`http://127.0.0.1:${endless}/`, { ...loopback, maxBytes: 100_000 }),
    ).toMatchObject({ code: 'too-large' })
    await gone
  })

  it('stops at the time limit, before and amid the answer', async () => {
    const silent = await serve(() => {})
    expect(await fetchDocument(`http://127.0.0.1:${silent}/`, { ...loopback, timeoutMs: 150 })).toMatchObject(
      { code: 'timeout' },
    )
    const slow = await serve((_incoming, reply) => void reply.write('{'))
    expect(await fetchDocument(`http://127.0.0.1:${slow}/`, { ...loopback, timeoutMs: 150 })).toMatchObject({
      code: 'timeout',
    })
    const never = { resolve: () => new Promise<never>(() => {}), timeoutMs: 150 }
    expect(await fetchDocument('http://specs.test/', never)).toMatchObject({ code: 'timeout' })
  })

  it('says what went wrong otherwise', async () => {
    const missing = await serve((_incoming, reply) => reply.writeHead(404).end())
    expect(await fetchDocument(`http://127.0.0.1:${missing}/a?token=secret`, loopback)).toEqual({
      ok: false,
      code: 'status',
      message: `http://127.0.0.1:${missing}/a answered with status 404`,
    })
    const packed = await serve((_incoming, reply) =>
      reply.writeHead(200, { 'content-encoding': 'gzip' }).end('x'),
    )
    expect(await fetchDocument(`http://127.0.0.1:${packed}/`, loopback)).toMatchObject({ code: 'encoding' })
    const nowhere = await serve((_incoming, reply) => reply.writeHead(302).end())
    expect(await fetchDocument(`http://127.0.0.1:${nowhere}/`, loopback)).toMatchObject({ code: 'redirects' })
    const broken = await serve((incoming) => void incoming.socket.destroy())
    expect(await fetchDocument(`http://127.0.0.1:${broken}/`, loopback)).toMatchObject({
      code: 'connection-failed',
    })
    const none = { resolve: async () => Promise.reject(new Error('ENOTFOUND')) }
    expect(await fetchDocument('http://nowhere.test/', none)).toMatchObject({ code: 'dns-failed' })
  })
})
