import { createServer, type RequestListener } from 'node:http'
import { BlockList, type Server } from 'node:net'
import { afterEach, expect, it } from 'vitest'
import { viaName } from '../../request/headers.ts'
import { listen } from '../../testing/gateway.fixture.ts'
import { DiscoveryFailure } from './discoverer.ts'
import { createRegistryClient, parseAnswer, urlBelow } from './registry-client.ts'

let server: Server | null = null
afterEach(() => server?.close())

async function ask(
  answer: RequestListener,
  { timeoutMs = 5_000, forbidden = new BlockList(), host = '127.0.0.1', scheme = 'http' } = {},
) {
  const registry = createServer(answer)
  server = registry
  let connections = 0
  registry.on('connection', () => connections++)
  const url = new URL(`${scheme}://${host}:${await listen(registry)}/`)
  const signal = new AbortController().signal
  const query = { url, access: { token: null, ca: null }, timeoutMs, signal }
  const client = createRegistryClient(forbidden)
  return {
    host: url.host,
    connections: () => connections,
    got: client.get(query),
    lines: async () => {
      const heard: string[] = []
      return { status: await client.lines(query, (line) => heard.push(line)), heard }
    },
    end: () => registry.closeAllConnections(),
  }
}

it('a redirect is an answer like any other: it is not followed', async () => {
  const { got } = await ask((_, response) =>
    response.writeHead(302, { Location: 'http://169.254.169.254/' }).end(),
  )
  expect((await got).status).toBe(302)
})

it('says that a gateway asks, so that what is not for tenants can refuse', async () => {
  let via: string | undefined
  const { got } = await ask((request, response) => {
    via = request.headers.via
    response.end()
  })
  await got
  expect(via).toBe(`1.1 ${viaName}`)
})

it('a question is put below the address of a registry, whatever else that says', () => {
  expect(urlBelow('http://consul:8500', '/v1/x').href).toBe('http://consul:8500/v1/x')
  expect(urlBelow('http://consul:8500/ui/?dc=a#b', '/v1/x').href).toBe('http://consul:8500/ui/v1/x')
})

it('an answer that does not end is cut at its size', async () => {
  const { got, host } = await ask((_, response) => {
    const more = () => {
      while (!response.destroyed && response.write('x'.repeat(65_536)));
    }
    response.on('drain', more)
    more()
  })
  await expect(got).rejects.toThrow(`The answer of ${host} is larger than 8388608 bytes`)
})

it('a stream of lines that does not end is cut at its size too', async () => {
  const { got, lines, host } = await ask((_, response) => {
    const more = () => {
      while (!response.destroyed && response.write(`${'x'.repeat(65_535)}\n`));
    }
    response.on('drain', more)
    more()
  })
  await expect(got).rejects.toThrow('larger than')
  await expect(lines()).rejects.toThrow(`The answer of ${host} is larger than 8388608 bytes`)
})

it('an answer that trickles is cut at its time', async () => {
  const { got, host, end } = await ask((_, response) => response.write('['), { timeoutMs: 100 })
  await expect(got).rejects.toThrow(`${host} did not answer within 100 ms`)
  end()
})

it.each([
  ['http', '127.0.0.1'],
  ['http', 'localhost'],
  ['https', '127.0.0.1'],
  ['https', 'localhost'],
])('a registry at a forbidden address is not called, not by a name either: %s://%s', async (scheme, host) => {
  const forbidden = new BlockList()
  forbidden.addSubnet('127.0.0.0', 8)
  forbidden.addAddress('::1', 'ipv6')
  const called = await ask((_, response) => response.end(), { forbidden, host, scheme })
  await expect(called.got).rejects.toThrow(`${called.host} is at an address that gateways may not call`)
  expect(called.connections()).toBe(0)
})

it('lines arrive one by one, however they were cut; those of another status are not read', async () => {
  const { got, lines } = await ask((_, response) => {
    response.write('{"a":1}\n{"b"')
    setImmediate(() => response.end(':"ü"}\n\n'))
  })
  await got
  expect(await lines()).toEqual({ status: 200, heard: ['{"a":1}', '{"b":"ü"}'] })
  server?.close()
  const refused = await ask((_, response) => response.writeHead(403).end('no\n'))
  await refused.got
  expect(await refused.lines()).toEqual({ status: 403, heard: [] })
})

it('what is no JSON is not shown: it may be the answer of something that is no registry', () => {
  const parse = () => parseAnswer('<html>internal</html>', new URL('http://intranet:80/'))
  expect(parse).toThrow(DiscoveryFailure)
  expect(parse).toThrow('intranet does not answer JSON')
})
