// ICAP (RFC 3507): the content travels as the body of an HTTP message, and 204 says that nothing about it has to change.
import type { ScanVerdict } from '@gatewright/shared/policies/virus-scanner-port'
import { askScanner, piecesOf } from './exchange.ts'
import type { Destination } from './scanners.ts'

/** Throws when there is no verdict. */
export async function scanWithIcap(
  to: Destination,
  url: URL,
  method: 'reqmod' | 'respmod',
  content: Uint8Array,
  signal: AbortSignal,
): Promise<ScanVerdict> {
  const answer = await askScanner(to, message(url, method, content), hasHeads, signal)
  const [head = '', ...rest] = answer.split('\r\n\r\n')
  const status = /^ICAP\/1\.0 (\d{3})/.exec(head)?.[1]
  if (status === '204') return { kind: 'clean' }
  const signature = signatureOf(head)
  // We ask for 204: whoever sends a message instead has found something, also where the fields do not say what.
  if (status === '200' || status === '403')
    return {
      kind: 'found',
      signature: signature ?? signatureOf(rest[0] ?? '') ?? 'something that the scanner does not let pass',
    }
  if (status === '413') return { kind: 'too-large' }
  throw new Error(`it answered “${head.split('\r\n')[0]?.slice(0, 100)}”`)
}

/** The head of ICAP, and of the message in it where there is one: in it some servers name what they found. */
function hasHeads(answer: string): boolean {
  const parts = answer.split('\r\n\r\n').length - 1
  return parts >= (/^ICAP\/1\.0 200/.test(answer) ? 2 : 1)
}

/** Fields of the servers that are in use: draft-stecher-icap-subid, c-icap, Symantec, Kaspersky. */
function signatureOf(head: string): string | null {
  const named =
    /^X-Infection-Found:.*?Threat=([^;\r\n]{1,200})/im.exec(head) ??
    /^X-(?:Virus-ID|Virus-Name):[ \t]*([^\r\n]{1,200})/im.exec(head) ??
    /^X-Violations-Found:[^\r\n]*\r\n[ \t]+[^\r\n]*\r\n[ \t]+([^\r\n]{1,200})/im.exec(head)
  return named?.[1]?.trim().replace(/[^\x20-\x7e]/g, '?') ?? null
}

function* message(url: URL, method: 'reqmod' | 'respmod', content: Uint8Array): Generator<Uint8Array> {
  const length = `Content-Type: application/octet-stream\r\nContent-Length: ${content.length}\r\n\r\n`
  const request = `POST /upload HTTP/1.1\r\nHost: gatewright\r\n${method === 'reqmod' ? length : '\r\n'}`
  const response = `HTTP/1.1 200 OK\r\n${length}`
  const parts = method === 'reqmod' ? [request] : [request, response]
  const bodyAt = parts.join('').length
  const encapsulated =
    method === 'reqmod'
      ? `req-hdr=0, req-body=${bodyAt}`
      : `req-hdr=0, res-hdr=${request.length}, res-body=${bodyAt}`
  const head = [
    `${method.toUpperCase()} ${url.href} ICAP/1.0`,
    `Host: ${url.host}`,
    'User-Agent: gatewright',
    'Allow: 204',
    'Connection: close',
    `Encapsulated: ${encapsulated}`,
  ]
  yield Buffer.from(`${head.join('\r\n')}\r\n\r\n${parts.join('')}`)
  for (const piece of piecesOf(content)) {
    yield Buffer.from(`${piece.length.toString(16)}\r\n`)
    yield piece
    yield Buffer.from('\r\n')
  }
  yield Buffer.from('0\r\n\r\n')
}
