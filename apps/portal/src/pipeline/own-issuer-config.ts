// What the configuration of `jwt` is once it takes tokens of the team's own authorisation server.
import type { Json } from '../forms/schema-model.ts'

interface Server {
  readonly issuer: string
  readonly audience: string
}

const isObject = (value: Json | undefined): value is { [name: string]: Json } =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

/** Names that are nobody's (RFC 2606): a policy begins with such a provider, for people to put their own in its place. */
const isPlaceholder = (issuer: string) =>
  issuer === '' || /^https:\/\/(?:[^/]+\.)?example\.com(?:\/|$)/.test(issuer)

/** Undefined when it takes them already. */
export function withOwnIssuer(config: Json, { issuer, audience }: Server): Json | undefined {
  const settings = isObject(config) ? config : {}
  const rows = Array.isArray(settings.issuers) ? settings.issuers : []
  const issuers = rows.filter(
    (row) => isObject(row) && typeof row.issuer === 'string' && !isPlaceholder(row.issuer),
  )
  if (issuers.some((row) => isObject(row) && row.issuer === issuer)) return undefined
  return { ...settings, issuers: [...issuers, { issuer, audiences: [audience] }] }
}
