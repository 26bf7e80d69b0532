// How a target is asked whether it is well: by HTTP, by a mere connection, or by gRPC's own health service.
import { connect as connectHttp2, constants } from 'node:http2'
import type { Socket } from 'node:net'
import { noBody, type UpstreamFailure } from '../call.ts'
import type { Deadlines } from '../deadlines.ts'
import { dial, type Origin, openEvent } from '../dial.ts'
import { Http1Client } from '../http1-client.ts'
import { readHealthReply, writeHealthRequest } from './grpc-health.ts'
import type { ActiveHealth, Probe } from './probing.ts'

/** Whom to ask: as requests would reach it, and no other way. */
export interface ProbedTarget {
  readonly origin: Origin
  /** Value of `Host`. */
  readonly authority: string
  readonly pathPrefix: string
}

const userAgent = 'gatewright-health'

export function createProbe(settings: ActiveHealth, target: ProbedTarget, deadlines: Deadlines): Probe {
  switch (settings.kind) {
    case 'http':
      return httpProbe(settings, target, deadlines)
    case 'tcp':
      return tcpProbe(settings, target)
    case 'grpc':
      return grpcProbe(settings, target)
  }
}

function httpProbe(settings: ActiveHealth, target: ProbedTarget, deadlines: Deadlines): Probe {
  const { timeoutMs, statusMin, statusMax } = settings
  const client = new Http1Client(target.origin, deadlines, {
    connectionsMax: 1,
    waitingMax: 1,
    keepAliveMs: 0,
    warm: 0,
  })
  const request = {
    method: 'GET',
    target: `${target.pathPrefix}${settings.path}`,
    // A new connection each time: whether new ones are taken is half of the question.
    headers: ['Host', target.authority, 'User-Agent', userAgent, 'Connection', 'close'],
    bodyLength: noBody,
    timeouts: { connectMs: 0, firstByteMs: 0, idleMs: 0, totalMs: timeoutMs },
  }
  return () =>
    new Promise((resolve) => {
      const call = client.start(request, {
        onHead(status) {
          resolve(status >= statusMin && status <= statusMax ? null : `status ${status}`)
          call.cancel()
        },
        onFailure: (failure) => resolve(reasonOf(failure, timeoutMs)),
        onInterim: () => undefined,
        onBody: () => true,
        onEnd: () => undefined,
        onLull: () => undefined,
        onDrain: () => undefined,
      })
    })
}

function reasonOf({ kind, detail }: UpstreamFailure, timeoutMs: number): string {
  return kind === 'total_timeout' ? noAnswerWithin(timeoutMs) : detail
}

function tcpProbe({ timeoutMs }: ActiveHealth, { origin }: ProbedTarget): Probe {
  return () =>
    new Promise((resolve) => {
      const socket: Socket = dial({ ...origin, tls: null }, { alpn: '' })
      const timer = setTimeout(() => settle(noAnswerWithin(timeoutMs)), timeoutMs)
      function settle(problem: string | null): void {
        clearTimeout(timer)
        socket.destroy()
        resolve(problem)
      }
      socket.once('connect', () => settle(null))
      socket.on('error', (error: NodeJS.ErrnoException) => settle(error.code ?? error.message))
    })
}

/** grpc.health.v1.Health/Check: TLS with ALPN h2, or HTTP/2 with prior knowledge. */
function grpcProbe({ timeoutMs, service }: ActiveHealth, { origin, authority }: ProbedTarget): Probe {
  const scheme = origin.tls === null ? 'http' : 'https'
  const body = writeHealthRequest(service)
  return () =>
    new Promise((resolve) => {
      const socket = dial(origin, { alpn: 'h2' })
      const timer = setTimeout(() => settle(noAnswerWithin(timeoutMs)), timeoutMs)
      function settle(problem: string | null): void {
        clearTimeout(timer)
        socket.destroy()
        resolve(problem)
      }
      socket.on('error', (error: NodeJS.ErrnoException) => settle(error.code ?? error.message))
      socket.once('close', () => settle('connection closed before it answered'))
      socket.once(openEvent(origin), () => {
        const session = connectHttp2(`${scheme}://${authority}`, { createConnection: () => socket })
        session.on('error', (error) => settle(error.message))
        const stream = session.request({
          ':method': 'POST',
          ':path': '/grpc.health.v1.Health/Check',
          ':scheme': scheme,
          'content-type': 'application/grpc',
          te: 'trailers',
          'user-agent': userAgent,
        })
        const reply = readHealthReply((problem) => {
          settle(problem)
          session.destroy()
        })
        stream.on('response', (headers) => reply.head(headers))
        stream.on('trailers', (trailers) => reply.trailers(trailers))
        stream.on('data', (chunk: Buffer) => reply.data(chunk))
        stream.on('close', () => reply.end())
        stream.on('error', (error) => settle(error.message))
        stream.on('aborted', () => settle(`reset with code ${stream.rstCode ?? constants.NGHTTP2_CANCEL}`))
        stream.end(body)
      })
    })
}

const noAnswerWithin = (timeoutMs: number) => `no answer within ${timeoutMs} ms`
