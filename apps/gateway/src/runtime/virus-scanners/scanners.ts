// The virus scanners of a worker: what policies name, reached within bounds of time and number.
import type { BlockList } from 'node:net'
import type { Scanner, Scanners, ScanVerdict } from '@gatewright/shared/policies/virus-scanner-port'
import { scanWithClamd } from './clamd.ts'
import { scanWithIcap } from './icap.ts'

/** Scans of a worker at the same time at one scanner, and how many may wait for their turn. */
const atOnce = 16
const waitingMax = 64

interface ScannersLog {
  warn(fields: object, message: string): void
  info(fields: object, message: string): void
}

/** A connection to a scanner, to which a scan belongs. */
export type Destination =
  | { readonly path: string }
  | { readonly host: string; readonly port: number; readonly blockList: BlockList }

/** `forbidden`: addresses that no connection may lead to, whoever names them. */
export function createScanners(forbidden: BlockList, log: ScannersLog): Scanners {
  const turns = new Map<string, Turns>()
  return {
    open({ address, method, timeoutMs }, isPlatform): Scanner {
      const url = new URL(address)
      // Of the machine's own sockets, one could be that of its container runtime.
      if (url.host === '' && !isPlatform)
        throw new Error(`${address}: a socket of the machine can be named by a policy of the platform alone`)
      const to = destinationOf(url, forbidden)
      const queue = turns.get(address) ?? new Turns()
      turns.set(address, queue)
      let isAway = false

      async function scan(content: Uint8Array): Promise<ScanVerdict> {
        const signal = AbortSignal.timeout(timeoutMs)
        const leave = await queue.enter(signal)
        try {
          return url.protocol === 'icap:'
            ? await scanWithIcap(to, url, method, content, signal)
            : await scanWithClamd(to, content, signal)
        } finally {
          leave()
        }
      }

      return {
        async scan(content, requestId) {
          try {
            const verdict = await scan(content)
            if (verdict.kind === 'found')
              log.warn({ scanner: address, signature: verdict.signature, requestId }, 'A virus was found')
            if (isAway) log.info({ scanner: address }, 'A virus scanner answers again')
            isAway = false
            return verdict
          } catch (error) {
            // Once per outage.
            if (!isAway)
              log.warn(
                { scanner: address, reason: (error as Error).message },
                'A virus scanner does not answer',
              )
            isAway = true
            return { kind: 'unavailable' }
          }
        },
      }
    },
  }
}

function destinationOf(url: URL, blockList: BlockList): Destination {
  if (url.host === '') return { path: decodeURIComponent(url.pathname) }
  const host = url.hostname.replace(/^\[|\]$/g, '')
  return { host, port: Number(url.port) || (url.protocol === 'icap:' ? 1344 : 3310), blockList }
}

/** So many at a time, the others in the order in which they came. */
class Turns {
  #inside = 0
  readonly #waiting: (() => void)[] = []

  /** Answers how to leave. Throws when too many wait already, or it took too long. */
  async enter(signal: AbortSignal): Promise<() => void> {
    if (this.#inside >= atOnce) {
      if (this.#waiting.length >= waitingMax) throw new Error('too many scans wait already')
      await this.#turn(signal)
    }
    this.#inside++
    return () => {
      this.#inside--
      this.#waiting.shift()?.()
    }
  }

  #turn(signal: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      const go = () => {
        signal.removeEventListener('abort', give)
        resolve()
      }
      const give = () => {
        const at = this.#waiting.indexOf(go)
        if (at >= 0) this.#waiting.splice(at, 1)
        reject(new Error('the scan did not get its turn in time'))
      }
      signal.addEventListener('abort', give, { once: true })
      this.#waiting.push(go)
    })
  }
}
