import { createServer } from 'node:net'
import { connect } from 'node:tls'
import { beforeAll, describe, expect, it } from 'vitest'
import { listen } from '../testing/gateway.fixture.ts'
import { readServerName } from './client-hello.ts'

/** What a client of OpenSSL sends first. */
async function helloOf(servername: string | undefined): Promise<Buffer> {
  const server = createServer()
  const port = await listen(server)
  const bytes = new Promise<Buffer>((resolve) => {
    server.on('connection', (socket) => {
      socket.on('error', () => undefined)
      socket.once('data', (piece) => {
        resolve(piece)
        socket.destroy()
      })
    })
  })
  connect({ port, host: '127.0.0.1', ...(servername === undefined ? {} : { servername }) }).on(
    'error',
    () => undefined,
  )
  const hello = await bytes
  server.close()
  return hello
}

describe('C12 the host that a client asks for', () => {
  let hello = Buffer.alloc(0)
  beforeAll(async () => {
    hello = Buffer.from(await helloOf('API.example.com'))
  })

  it('is read from the first message, in lower case, and only when all of it is there', async () => {
    expect(readServerName(hello)).toEqual({ kind: 'named', name: 'api.example.com' })
    for (let i = 0; i < hello.length; i++) expect(readServerName(hello.subarray(0, i))).toBe('incomplete')
    expect(readServerName(await helloOf(undefined))).toEqual({ kind: 'named', name: null })
  })

  it('is found when the message is cut into several records', () => {
    const message = hello.subarray(5)
    for (const size of [1, 3, 50]) {
      const records: Buffer[] = []
      for (let i = 0; i < message.length; i += size) {
        const part = message.subarray(i, i + size)
        records.push(Buffer.from([22, 3, 1, 0, part.length]), part)
      }
      expect(readServerName(Buffer.concat(records))).toEqual({ kind: 'named', name: 'api.example.com' })
    }
  })

  it('crumbs without end are given up before they cost anything', () => {
    const crumb = Buffer.from([22, 3, 1, 0, 1, 1])
    expect(readServerName(Buffer.concat(Array.from({ length: 2_700 }, () => crumb)))).toBe('other')
    const empty = Buffer.from([22, 3, 1, 0, 0])
    expect(readServerName(Buffer.concat(Array.from({ length: 3_000 }, () => empty)))).toBe('incomplete')
    expect(readServerName(Buffer.concat(Array.from({ length: 3_300 }, () => empty)))).toBe('other')
  })

  it('of anything else nothing is believed, and nothing throws', () => {
    expect(readServerName(Buffer.from('GET / HTTP/1.1\r\n'))).toBe('other')
    expect(readServerName(Buffer.from([22, 3, 1, 0, 4, 2, 0, 0, 0]))).toBe('other')
    expect(readServerName(Buffer.from([22, 3, 1, 0, 4, 1, 255, 255, 255]))).toBe('other')
    let seed = 7
    const random = (max: number) => {
      seed = (seed * 1_103_515_245 + 12_345) % 2_147_483_648
      return seed % max
    }
    for (let i = 0; i < 20_000; i++) {
      const bent = Buffer.from(hello)
      for (let n = random(4); n >= 0; n--) bent[random(bent.length)] = random(256)
      readServerName(bent.subarray(0, random(bent.length + 1)))
    }
  })
})
