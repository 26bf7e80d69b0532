import { once } from 'node:events'
import { Agent, createServer, type IncomingMessage, request, type ServerResponse } from 'node:http'
import { describe, expect, it } from 'vitest'
import { listen } from '../testing/gateway.fixture.ts'
import { drain } from './shutdown.ts'

async function rig() {
  const waiting: ServerResponse[] = []
  const server = createServer((_, response) => waiting.push(response))
  const port = await listen(server)
  const agent = new Agent({ keepAlive: true })
  async function call() {
    const sent = request({ port, agent }).end()
    const answered = once(sent, 'response') as Promise<[IncomingMessage]>
    answered.catch(() => undefined)
    while (waiting.length === 0) await new Promise(setImmediate)
    return { answered, response: waiting.shift() as ServerResponse }
  }
  return { server, call, agent }
}

describe('drain', () => {
  it('I9 lets a request finish, then closes its kept connection', async () => {
    const { server, call } = await rig()
    const { answered, response } = await call()
    const drained = drain(server, 5_000)
    response.end('done')
    const [message] = await answered
    expect(message.statusCode).toBe(200)
    message.resume()
    expect(await drained).toBe(0)
  })

  it('cuts what does not finish in time, and says how much', async () => {
    const { server, call } = await rig()
    const { answered } = await call()
    expect(await drain(server, 50)).toBe(1)
    await expect(answered).rejects.toThrow()
  })

  it('I9 answers a request that was on its way on a kept connection', async () => {
    const { server, call, agent } = await rig()
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
    const { server, call, agent } = await rig()
    const { answered, response } = await call()
    response.end()
    const [message] = await answered
    message.resume()
    await once(message, 'end')
    expect(await drain(server, 5_000, 50)).toBe(0)
    agent.destroy()
  })
})
