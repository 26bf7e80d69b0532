// An upstream that sends and takes a gigabyte at the pace of the other side, and how much memory that costs who stands between.
import { createServer, request } from 'node:http'
import { Readable, Writable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { freePort } from '../scripts/stack/ports.ts'
import { machine } from './machine.ts'
import { paths } from './program.ts'

const bodyBytes = 1024 ** 3
const chunk = Buffer.alloc(64 * 1024, 'x')

export interface LargeBodies {
  readonly url: string
  close(): void
}

export async function startLargeBodies(): Promise<LargeBodies> {
  const server = createServer((incoming, response) => {
    if (incoming.method === 'GET') {
      response.writeHead(200, { 'Content-Length': bodyBytes })
      void pipeline(body(), response).catch(() => response.destroy())
      return
    }
    let received = 0
    incoming.on('data', (data: Buffer) => {
      received += data.length
    })
    incoming.on('end', () => response.end(String(received)))
  })
  const port = await freePort()
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve))
  return {
    url: `http://127.0.0.1:${port}`,
    close() {
      server.close()
      server.closeAllConnections()
    },
  }
}

export interface LargeBodyFigures {
  readonly downloadExtraMb: number
  readonly uploadExtraMb: number
}

/** Megabytes that the process held at most beyond what it held before the first of both transfers. */
export async function measureLargeBodies(origin: string, pid: number): Promise<LargeBodyFigures> {
  const before = machine.memoryMb([pid])
  return {
    downloadExtraMb: await extraMb(pid, before, () => download(origin)),
    uploadExtraMb: await extraMb(pid, before, () => upload(origin)),
  }
}

async function extraMb(pid: number, before: number, transfer: () => Promise<number>): Promise<number> {
  machine.forgetPeak([pid])
  const transferred = await transfer()
  if (transferred !== bodyBytes) throw new Error(`${transferred} bytes came through instead of ${bodyBytes}`)
  return machine.peakMb([pid]) - before
}

function download(origin: string): Promise<number> {
  return new Promise((resolve, reject) => {
    const call = request(`${origin}${paths.large}`, (response) => {
      let received = 0
      const sink = new Writable({
        write(data: Buffer, _, done) {
          received += data.length
          done()
        },
      })
      pipeline(response, sink).then(() => resolve(received), reject)
    })
    call.on('error', reject)
    call.end()
  })
}

function upload(origin: string): Promise<number> {
  return new Promise((resolve, reject) => {
    const headers = { 'Content-Length': bodyBytes }
    const call = request(`${origin}${paths.large}`, { method: 'POST', headers }, (response) => {
      let text = ''
      response.on('data', (data: Buffer) => {
        text += data
      })
      response.on('end', () => resolve(Number(text)))
    })
    call.on('error', reject)
    pipeline(body(), call).catch(reject)
  })
}

function body(): Readable {
  let left = bodyBytes
  return new Readable({
    highWaterMark: 256 * 1024,
    read() {
      if (left === 0) {
        this.push(null)
        return
      }
      left -= chunk.length
      this.push(chunk)
    },
  })
}
