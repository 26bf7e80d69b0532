import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { expect, test } from 'vitest'
import { startBalancer } from './balancer.ts'

test('requests on one connection go to each target in turn, bodies and all', async () => {
  const servers = await Promise.all(['a', 'b', 'c'].map(startEcho))
  await using balancer = await startBalancer(servers.map(({ url }) => url))
  const answers: string[] = []
  for (let i = 0; i < 6; i++) {
    const response = await fetch(`${balancer.url}/x?i=${i}`, { method: 'POST', body: `body ${i}` })
    answers.push(await response.text())
  }
  expect(answers).toEqual(['a', 'b', 'c', 'a', 'b', 'c'].map((name, i) => `${name} POST /x?i=${i} body ${i}`))
  await Promise.all(servers.map(({ stop }) => stop()))
})

test('a target that cannot be reached is a 502', async () => {
  const { url, stop } = await startEcho('gone')
  await stop()
  await using balancer = await startBalancer([url])
  expect((await fetch(balancer.url)).status).toBe(502)
})

async function startEcho(name: string) {
  const server = createServer(async (request, response) => {
    let body = ''
    for await (const chunk of request) body += chunk
    response.end(`${name} ${request.method} ${request.url} ${body}`)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const stop = () => new Promise((resolve) => server.close(resolve).closeAllConnections())
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, stop }
}
