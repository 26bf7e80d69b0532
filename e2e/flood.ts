// A flood from a thread of its own, so that what it costs its sender slows down nobody who measures. It goes where it is
// told: at its target, or into a sink beside it, which shows what a flood costs this machine when no gateway is in its way.
import { createServer } from 'node:net'
import { parentPort, workerData } from 'node:worker_threads'
import { Load, type LoadOptions } from './load.ts'

export type FloodOrder = 'target' | 'sink' | 'stop'

const options = workerData as LoadOptions
const refusal = 'HTTP/1.1 429 Too Many Requests\r\nContent-Length: 0\r\n\r\n'
let load: Load | null = null

const sink = createServer((socket) => {
  socket.on('error', () => undefined)
  socket.on('data', () => socket.write(refusal))
})
sink.listen(0, '127.0.0.1')

parentPort?.on('message', async (order: FloodOrder) => {
  if (order === 'stop') {
    parentPort?.postMessage(await load?.stop())
    return
  }
  const address = sink.address()
  if (address === null || typeof address === 'string') throw new Error('the sink has no port')
  const url = order === 'target' ? options.url : `http://127.0.0.1:${address.port}/`
  load = new Load({ ...options, url })
})
