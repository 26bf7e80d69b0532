// @fastify/http-proxy in front of UPSTREAM on PORT, its undici pool as large as ours.
import proxy from '@fastify/http-proxy'
import fastify from 'fastify'

const server = fastify()
server.register(proxy, {
  upstream: process.env.UPSTREAM ?? '',
  undici: { connections: 128, pipelining: 1 },
})
await server.listen({ host: '127.0.0.1', port: Number(process.env.PORT) })
