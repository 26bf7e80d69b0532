// Pieces of bodies that share memory: many replies at once, read at different paces and broken off, and none sees another's bytes.
import { createServer, get, type IncomingMessage, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, describe, expect, it } from 'vitest'
import { writePiece } from './body-pieces.ts'

let server: Server | null = null
afterEach(() => {
  server?.closeAllConnections()
  server?.close()
})

/** Answers `/<byte>/<pieces>/<length>` with so many pieces of that byte, all read from one buffer that is overwritten after each. */
async function listen(): Promise<string> {
  const source = Buffer.alloc(64 * 1024)
  const created = createServer(async (request, response) => {
    const [byte = 0, pieces = 0, length = 0] = (request.url ?? '').slice(1).split('/').map(Number)
    for (let i = 0; i < pieces && !response.destroyed; i++) {
      source.fill(byte)
      const goesOn = writePiece(response, source, 10, 10 + length)
      source.fill(0)
      if (!goesOn)
        await Promise.race([
          new Promise((resolve) => response.once('drain', resolve)),
          new Promise((resolve) => response.once('close', resolve)),
        ])
    }
    response.end()
  })
  server = created
  await new Promise<void>((resolve) => created.listen(0, '127.0.0.1', resolve))
  return `http://127.0.0.1:${(created.address() as AddressInfo).port}`
}

const call = (url: string) =>
  new Promise<IncomingMessage>((resolve, reject) => get(url, resolve).on('error', reject))

/** The bytes that occur in a body, and its length. */
async function read(url: string): Promise<{ bytes: number[]; length: number }> {
  const bytes = new Set<number>()
  let length = 0
  for await (const chunk of await call(url)) {
    for (const byte of chunk as Buffer) bytes.add(byte)
    length += (chunk as Buffer).length
    // Others are served meanwhile.
    await new Promise((resolve) => setImmediate(resolve))
  }
  return { bytes: [...bytes], length }
}

describe('pieces of bodies', () => {
  it.each([1, 4_095, 4_096, 60_000])(
    'of %i bytes arrive whole and unmixed, many replies at once',
    async (length) => {
      const url = await listen()
      const broken = Array.from({ length: 4 }, async (_, i) => {
        const response = await call(`${url}/${200 + i}/100/60000`)
        response.once('data', () => response.destroy())
        response.on('error', () => undefined)
        await new Promise((resolve) => response.once('close', resolve))
      })
      const whole = Array.from({ length: 12 }, (_, i) => read(`${url}/${i + 1}/40/${length}`))
      await Promise.all(broken)
      expect(await Promise.all(whole)).toEqual(
        Array.from({ length: 12 }, (_, i) => ({ bytes: [i + 1], length: 40 * length })),
      )
    },
  )
})
