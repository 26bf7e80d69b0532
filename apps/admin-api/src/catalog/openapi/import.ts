// The front door of the import engine: bytes in, a document that the catalogue can use or a refusal with its true reason out.
import { checkDocument } from './check.ts'
import { Findings, type Place } from './findings.ts'
import type {
  ImportedDocument,
  ImportedInfo,
  ImportedSecurityScheme,
  ImportedTag,
  ImportRefusal,
} from './imported-document.ts'
import { entriesAt, isObject, type JsonObject, kindOf, listAt, objectAt, own, textAt } from './json.ts'
import { readOperations } from './operations.ts'
import { at } from './pointer.ts'
import { type ReadOptions, readDocument, type SourceDocument } from './read.ts'
import { Refs } from './refs.ts'
import { Servers } from './servers.ts'
import { suggest } from './suggestion.ts'
import { type Upgraded, upgradeSwagger } from './upgrade.ts'

export interface ImportOptions extends ReadOptions {
  /** Where the bytes came from: relative server URLs are resolved against it. */
  sourceUrl?: string
}

/** Whatever the bytes hold, an answer and no exception; seconds of work for megabytes, so ask a `DocumentReader` for it. */
export function importDocument(
  bytes: Uint8Array,
  options: ImportOptions = {},
): ImportedDocument | ImportRefusal {
  const source = readDocument(bytes, options)
  if (!source.ok) return source
  const paths = own(source.document, 'paths')
  if (paths !== undefined && !isObject(paths)) {
    const message = `"paths" should be an object, but is ${kindOf(paths)}`
    return { ok: false, code: 'paths-invalid', message, pointer: '/paths', ...source.locate('/paths') }
  }
  const { document, findings, locate } = toVersion3(source)
  reportReading(source, findings)
  const sourceUrl = options.sourceUrl ?? null
  const refs = new Refs(document)
  const servers = new Servers(document, sourceUrl, findings)
  const { dialect } = source
  const operations = readOperations({ document, dialect, refs, findings, locate }, servers)
  checkDocument({ document, dialect, refs, findings, operations })
  const securitySchemes = readSecuritySchemes(document, refs)
  const info = readInfo(document, source)
  return {
    ok: true,
    format: source.format,
    version: source.version,
    dialect,
    sha256: source.sha256,
    sizeBytes: source.sizeBytes,
    sourceUrl,
    info,
    tags: readTags(document),
    servers: servers.root,
    securitySchemes,
    operations,
    webhookCount: countWebhooks(document, refs),
    suggestion: suggest(info, servers.root, operations, securitySchemes),
    document,
    locate,
    ...findings.result(),
  }
}

function toVersion3(source: SourceDocument): {
  document: JsonObject
  findings: Findings
  locate(pointer: string): Place
} {
  const original = (pointer: string): Place => ({ pointer, ...source.locate(pointer) })
  let upgraded: Upgraded = { document: source.document, origin: (pointer) => pointer }
  const locate = (pointer: string): Place => original(upgraded.origin(pointer))
  const findings = new Findings(locate)
  if (source.dialect === '2.0') {
    upgraded = upgradeSwagger(source.document, (code, pointer, message) => {
      findings.reportAt(code, original(pointer), message)
    })
  }
  return { document: upgraded.document, findings, locate }
}

function reportReading(source: SourceDocument, findings: Findings): void {
  const key = source.dialect === '2.0' ? 'swagger' : 'openapi'
  if (typeof own(source.document, key) !== 'string') {
    const place = { pointer: `/${key}`, ...source.locate(`/${key}`) }
    findings.reportAt(
      'version-not-text',
      place,
      `"${key}" should be the text "${source.version}", but is a number`,
    )
  }
  for (const pointer of source.unsafeKeys) {
    findings.reportAt(
      'unsafe-key',
      { pointer, ...source.locate(pointer) },
      'A member whose name nothing may have was dropped',
    )
  }
}

function readInfo(document: JsonObject, source: SourceDocument): ImportedInfo {
  const info = own(document, 'info')
  const scalar = (key: string): string | null => {
    const value = own(info, key)
    if (typeof value === 'string') return value
    // `version: 1.10` in YAML is a number; what its author wrote is still there.
    return typeof value === 'number' ? source.writtenAt(at('/info', key)) : null
  }
  return {
    title: scalar('title')?.trim() || 'Untitled API',
    version: scalar('version')?.trim() ?? '',
    summary: textAt(info, 'summary') ?? null,
    description: textAt(info, 'description') ?? null,
  }
}

function readTags(document: JsonObject): ImportedTag[] {
  const tags = new Map<string, ImportedTag>()
  for (const tag of listAt(document, 'tags')) {
    const name = textAt(tag, 'name')
    if (name === undefined || tags.has(name)) continue
    tags.set(name, {
      name,
      summary: textAt(tag, 'summary') ?? null,
      description: textAt(tag, 'description') ?? null,
      parent: textAt(tag, 'parent') ?? null,
    })
  }
  return [...tags.values()]
}

function readSecuritySchemes(document: JsonObject, refs: Refs): ImportedSecurityScheme[] {
  const components = objectAt(document, 'components')
  return entriesAt(components, 'securitySchemes').flatMap(([name, written]) => {
    const scheme = refs.object(written, at('/components/securitySchemes', name))?.value
    if (!scheme) return []
    return [
      {
        name,
        type: textAt(scheme, 'type') ?? '',
        description: textAt(scheme, 'description') ?? null,
        in: textAt(scheme, 'in') ?? null,
        parameterName: textAt(scheme, 'name') ?? null,
        scheme: textAt(scheme, 'scheme')?.toLowerCase() ?? null,
        flows: entriesAt(scheme, 'flows').map(([flow]) => flow),
      },
    ]
  })
}

function countWebhooks(document: JsonObject, refs: Refs): number {
  let count = 0
  for (const [name, item] of entriesAt(document, 'webhooks')) {
    const found = refs.object(item, at('/webhooks', name))?.value ?? {}
    for (const method of ['get', 'put', 'post', 'delete', 'options', 'head', 'patch', 'trace', 'query']) {
      if (objectAt(found, method)) count++
    }
  }
  return count
}
