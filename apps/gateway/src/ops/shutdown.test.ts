import { once } from 'node:events'
import { Agent, type IncomingMessage, request, type ServerResponse } from 'node:http'
import { connect } from 'node:net'
import { afterEach, describe, expect, it } from 'vitest'
import { type Rig, startRig } from '../testing/gateway.fixture.ts'
import { drain } from './shutdown.ts'

const rigs: Rig[] = []
afterEach(async () => {
  for (const rig of rigs.splice(0)) await rig.close()
})

async function open() {
  const waiting: ServerResponse[] = []
  const rig = await startRig({ upstream: (_, response) => waiting.push(response) })
  rigs.push(rig)
  const agent = new Agent({ keepAlive: true })
  async function call() {
    const sent = request({ port: rig.port, agent }).end()
    const answered = once(sent, 'response') as Promise<[IncomingMessage]>
    answered.catch(() => undefined)
    await expect.poll(() => waiting.length).toBeGreaterThan(0)
    return { answered, response: waiting.shift() as ServerResponse }
  }
  return { server: rig.server, call, agent }
}

describe('drain', () => {
  it('I9 lets a request finish, then closes its kept connection', async () => {
    const { server, call } = await open()
    const { answered, response } = await call()
    const drained = drain(server, 5_000)
    response.end('done')
    const [message] = await answered
    expect(message.statusCode).toBe(200)
    message.resume()
    expect(await drained).toBe(0)
  })

  it('cuts what does not finish in time, and says how much', async () => {
    const { server, call } = await open()
    const { answered } = await call()
    expect(await drain(server, 50)).toBe(1)
    await expect(answered).rejects.toThrow()
  })

  it('I9 answers a request that was on its way on a kept connection', async () => {
    const { server, call, agent } = await open()
    const first = await call()
    first.response.end()
    const [message] = await first.answered
    message.resume()
    await once(message, 'end')
    const drained = drain(server, 5_000)
    const second = await call()
    second.response.end('still')
    expect((await second.answered)[0].statusCode).toBe(200)
    agent.destroy()
    expect(await drained).toBe(0)
  })

  it('closes connections that carry nothing after a moment', async () => {
    const { server, call, agent } = await open()
    const { answered, response } = await call()
    response.end()
    const [message] = await answered
    message.resume()
    await once(message, 'end')
    expect(await drain(server, 5_000, 50)).toBe(0)
    agent.destroy()
  })

  it('I9 leaves a reply to a client that still sends, until it has read it', async () => {
    const rig = await startRig({ match: () => null })
    rigs.push(rig)
    const client = connect({ host: '127.0.0.1', port: rig.port, allowHalfOpen: true })
    let isReset = false
    client.on('error', () => {
      isReset = true
    })
    client.write('POST / HTTP/1.1\r\nHost: a\r\nConnection: close\r\nContent-Length: 100000\r\n\r\n')
    await rig.over(1)
    const drained = drain(rig.server, 5_000, 1)
    // Several sweeps of idle connections pass by.
    for (let i = 0; i < 30; i++) {
      client.write('x')
      await new Promise((resolve) => setTimeout(resolve, 10))
    }
    expect(isReset).toBe(false)
    let text = ''
    client.setEncoding('latin1').on('data', (piece) => {
      text += piece
    })
    client.on('end', () => client.end())
    expect(await drained).toBe(0)
    expect(text).toMatch(/^HTTP\/1\.1 404 /)
  })
})
