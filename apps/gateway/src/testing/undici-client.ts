// The reference that our own upstream client is compared with: undici behind the same interface.
import { PassThrough } from 'node:stream'
import { type Dispatcher, Pool } from 'undici'
import {
  noBody,
  type UpstreamCall,
  type UpstreamClient,
  type UpstreamObserver,
  type UpstreamRequest,
  unknownLength,
} from '../upstream/call.ts'

export class UndiciClient implements UpstreamClient {
  readonly #pool: Pool

  constructor(origin: string) {
    this.#pool = new Pool(origin, { connections: 8 })
  }

  start(request: UpstreamRequest, observer: UpstreamObserver): UpstreamCall {
    const { bodyLength, timeouts } = request
    const body = bodyLength === noBody ? null : new PassThrough()
    const headers = [...request.headers]
    if (bodyLength >= 0) headers.push('Content-Length', String(bodyLength))
    const handler = new ObserverHandler(observer)
    this.#pool.dispatch(
      {
        method: request.method,
        path: request.target,
        headers,
        body,
        headersTimeout: timeouts.firstByteMs,
        bodyTimeout: timeouts.idleMs,
      },
      handler,
    )
    if (bodyLength === 0) body?.end()
    return {
      write: (chunk) => body?.write(chunk) ?? true,
      end: () => void body?.end(),
      resume: () => handler.controller?.resume(),
      cancel: () => handler.controller?.abort(new Error('cancelled')),
    }
  }

  close(): Promise<void> {
    return this.#pool.destroy()
  }
}

class ObserverHandler implements Dispatcher.DispatchHandler {
  controller: Dispatcher.DispatchController | null = null
  readonly #observer: UpstreamObserver

  constructor(observer: UpstreamObserver) {
    this.#observer = observer
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    this.controller = controller
  }

  onResponseStart(
    controller: Dispatcher.DispatchController,
    status: number,
    _headers: unknown,
    reason = '',
  ): void {
    const fields = textsOf(controller.rawHeaders)
    if (status < 200) this.#observer.onInterim(status, fields)
    else this.#observer.onHead(status, reason, fields, lengthIn(fields))
  }

  onResponseData(controller: Dispatcher.DispatchController, chunk: Buffer): void {
    if (!this.#observer.onBody(chunk, 0, chunk.length)) controller.pause()
  }

  onResponseEnd(controller: Dispatcher.DispatchController): void {
    this.#observer.onEnd(textsOf(controller.rawTrailers))
  }

  onResponseError(_controller: Dispatcher.DispatchController, error: Error): void {
    this.#observer.onFailure({ kind: 'closed_early', detail: error.message })
  }
}

function textsOf(raw: Dispatcher.DispatchController['rawHeaders']): string[] {
  return Array.isArray(raw)
    ? raw.map((item) => (typeof item === 'string' ? item : item.toString('latin1')))
    : []
}

function lengthIn(fields: readonly string[]): number {
  const at = fields.findIndex((field, i) => i % 2 === 0 && field.toLowerCase() === 'content-length')
  return at < 0 ? unknownLength : Number(fields[at + 1])
}
