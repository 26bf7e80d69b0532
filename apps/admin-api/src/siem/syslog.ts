// Syslog messages (RFC 5424) over TCP or TLS, octet-counted (RFC 6587 3.4.1, RFC 5425 4.3).

import { createConnection, isIP, type Socket } from 'node:net'
import { hostname } from 'node:os'
import { connect as connectTls } from 'node:tls'
import type { SinkTarget } from '@gatewright/shared/contract/event-sinks'
import { type OutboxEvent, recordOf } from './sink-event.ts'

type SyslogTarget = Extract<SinkTarget, { protocol: 'syslog' }>

/** Facility 13 is "log audit", 10 "security/authorization", 16 local; severity 4 is warning, 5 notice, 6 informational (RFC 5424 6.2.1). */
const priorities: Readonly<Record<string, number>> = {
  audit: 13 * 8 + 5,
  security: 10 * 8 + 4,
  traffic: 16 * 8 + 6,
}

const ourHost =
  hostname()
    .replace(/[^\x21-\x7e]/g, '')
    .slice(0, 255) || '-'

/** One message with its length before it. The text is JSON behind a byte order mark, as RFC 5424 6.4 wants UTF-8 to begin. */
export function syslogFrame(event: OutboxEvent): Buffer {
  const priority = priorities[event.kind] ?? 13 * 8 + 5
  // 1 … 2147483647, and then from 1 again (RFC 5424 7.3.1).
  const sequence = ((event.position - 1n) % 2_147_483_647n) + 1n
  const header = `<${priority}>1 ${event.at.toISOString()} ${ourHost} gatewright - ${event.kind}`
  const data = `[meta sequenceId="${sequence}"][origin software="gatewright"]`
  const message = Buffer.from(`${header} ${data} \uFEFF${JSON.stringify(recordOf(event))}`)
  return Buffer.concat([Buffer.from(`${message.length} `), message])
}

/**
 * Sends a batch over a connection of its own. Resolves when the receiver has read all of it: it sees our end of the stream behind the
 * last message and closes its side, which is the only answer that syslog has (ADR 81). Without `confirm`, when the kernel has taken it.
 * Throws when the receiver cannot be reached, breaks the connection, or does not close in time.
 */
export function sendSyslog(
  target: SyslogTarget,
  events: readonly OutboxEvent[],
  timeoutMs: number,
): Promise<void> {
  return new Promise((resolve, reject) => {
    const socket = open(target)
    const timer = setTimeout(
      () => fail(new Error(`no end of the connection within ${timeoutMs / 1000} s`)),
      timeoutMs,
    )
    let isWritten = false
    function fail(error: Error) {
      clearTimeout(timer)
      socket.destroy()
      reject(error)
    }
    function succeed() {
      clearTimeout(timer)
      socket.destroy()
      resolve()
    }
    socket.on('error', fail)
    socket.once(target.tls ? 'secureConnect' : 'connect', () => {
      socket.end(Buffer.concat(events.map(syslogFrame)), () => {
        isWritten = true
        if (!target.confirm) succeed()
      })
    })
    // A receiver that ends before it was given everything has not read everything.
    socket.once('end', () =>
      isWritten ? succeed() : fail(new Error('the receiver closed the connection too early')),
    )
    socket.once('close', () => fail(new Error('the receiver broke the connection')))
    socket.resume()
  })
}

function open({ host, port, tls, ca }: SyslogTarget): Socket {
  if (!tls) return createConnection({ host, port })
  return connectTls({
    host,
    port,
    minVersion: 'TLSv1.2',
    ...(isIP(host) === 0 ? { servername: host } : {}),
    ...(ca === null ? {} : { ca }),
  })
}
