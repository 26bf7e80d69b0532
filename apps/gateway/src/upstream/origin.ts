// From the settings of an upstream to where its sockets go, and whom they trust there.
import { type BlockList, isIP } from 'node:net'
import type { UpstreamSettings } from '@gatewright/shared/model/upstream'
import type { Origin } from './dial.ts'
import type { Trust } from './trust.ts'

/**
 * `hostName`: what the instance is called where its URL holds a bare address; null = by its URL. Names are checked against
 * `forbidden` by the socket, for every address they lead to.
 */
export function originOf(
  url: URL,
  hostName: string | null,
  { serverName }: Pick<UpstreamSettings['tls'], 'serverName'>,
  trust: Trust,
  forbidden: BlockList,
): Origin {
  const secure = url.protocol === 'https:'
  const host = url.hostname.replace(/^\[|\]$/g, '')
  const called = serverName ?? hostName ?? host
  return {
    host,
    port: url.port === '' ? (secure ? 443 : 80) : Number(url.port),
    tls: secure ? { serverName: isIP(called) === 0 ? called : '', trust } : null,
    forbidden,
  }
}
