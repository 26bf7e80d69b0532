// httpxy in front of UPSTREAM on PORT, its connections to the upstream kept.
import { Agent, createServer } from 'node:http'
import { createProxyServer } from 'httpxy'

const proxy = createProxyServer({
  target: process.env.UPSTREAM ?? '',
  agent: new Agent({ keepAlive: true, maxSockets: 128 }),
  xfwd: true,
})
createServer((request, response) => void proxy.web(request, response)).listen(
  Number(process.env.PORT),
  '127.0.0.1',
)
