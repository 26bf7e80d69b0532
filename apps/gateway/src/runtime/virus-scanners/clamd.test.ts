import { once } from 'node:events'
import { type AddressInfo, createServer } from 'node:net'
import { expect, test } from 'vitest'
import { createBlockList } from '../../upstream/forbidden.ts'
import { scanWithClamd } from './clamd.ts'

test('a scanner that breaks off what is too long for it is not taken for one that is away', async () => {
  const server = createServer((socket) => {
    socket.on('error', () => undefined)
    socket.once('data', () => socket.resetAndDestroy())
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  const to = { host: '127.0.0.1', port, blockList: createBlockList([]) }
  const scan = (content: Uint8Array) => scanWithClamd(to, content, AbortSignal.timeout(5_000))
  expect(await scan(new Uint8Array(3_000_000))).toEqual({ kind: 'too-large' })
  server.close()
  await once(server, 'close')
  await expect(scan(new Uint8Array(10))).rejects.toThrow()
})
