// What the review card of an import is filled with, so that publishing needs no typing: name, path, version, upstream, authentication.
import type {
  ImportedInfo,
  ImportedOperation,
  ImportedSecurityScheme,
  ImportedServer,
  ImportSuggestion,
} from './imported-document.ts'

export function suggest(
  info: ImportedInfo,
  servers: ImportedServer[],
  operations: ImportedOperation[],
  schemes: ImportedSecurityScheme[],
): ImportSuggestion {
  const name = slug(info.title)
  return {
    name,
    displayName: info.title,
    basePath: `/${name}`,
    versionName: versionName(info.version, servers),
    upstreamUrls: upstreams(servers, operations),
    authentication: authentication(operations, schemes),
  }
}

function slug(title: string): string {
  const words = title
    .normalize('NFKD')
    .replace(/[\u0300-\u036f]/g, '')
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .slice(0, 48)
    .replace(/^-+|-+$/g, '')
  return words || 'api'
}

/** The major version of `info.version`; a date or a word as it is; else the `v2` of a server path; else `v1`. */
function versionName(version: string, servers: ImportedServer[]): string {
  const date = /^\d{4}-\d{2}(-\d{2})?/.exec(version)?.[0]
  if (date) return date
  const major = /^v?(\d{1,4})(?:\.|$|-)/i.exec(version)?.[1]
  if (major && major !== '0') return `v${major}`
  for (const server of servers) {
    const inPath = /\/(v\d+)(?:\/|$)/i.exec(server.url)?.[1]
    if (inPath) return inPath.toLowerCase()
  }
  return major === '0' ? 'v0' : 'v1'
}

/** Absolute servers of the document; where it has none, those that its operations name. */
function upstreams(servers: ImportedServer[], operations: ImportedOperation[]): string[] {
  const usable = (list: ImportedServer[]): string[] => {
    return list.filter((server) => server.absolute && !/[{}]/.test(server.url)).map((server) => server.url)
  }
  const own = usable(servers)
  return [
    ...new Set(own.length > 0 ? own : operations.flatMap((operation) => usable(operation.servers))),
  ].slice(0, 10)
}

function authentication(
  operations: ImportedOperation[],
  schemes: ImportedSecurityScheme[],
): ImportSuggestion['authentication'] {
  const kinds = new Map(schemes.map((scheme) => [scheme.name, kindOf(scheme)]))
  const votes = new Map<ImportSuggestion['authentication'][number], number>()
  for (const { security } of operations) {
    const named = security.alternatives.flat().flatMap(({ scheme }) => kinds.get(scheme) ?? [])
    for (const kind of named.length > 0 ? new Set(named) : ['none' as const])
      votes.set(kind, (votes.get(kind) ?? 0) + 1)
  }
  return [...votes].sort((a, b) => b[1] - a[1]).map(([kind]) => kind)
}

function kindOf(scheme: ImportedSecurityScheme): ImportSuggestion['authentication'][number] | undefined {
  if (scheme.type === 'http') return scheme.scheme === 'basic' ? 'basic' : 'bearer'
  if (scheme.type === 'apiKey' || scheme.type === 'oauth2') return scheme.type
  if (scheme.type === 'openIdConnect' || scheme.type === 'mutualTLS') return scheme.type
  return undefined
}
