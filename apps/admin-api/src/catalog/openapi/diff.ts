// Two imported documents → what changes for clients: the preview of a re-import and the comparison of two versions.
import { type Change, ChangeLog } from './change-log.ts'
import type { ChangeCode, ChangeLevel } from './changes.ts'
import { type Comparison, compareOperations, type OperationPair } from './diff-operation.ts'
import { SchemaDiff } from './diff-schema.ts'
import type { ImportedDocument, ImportedOperation, ImportedSecurityScheme } from './imported-document.ts'
import { canonical } from './json.ts'
import { parsePath } from './path-template.ts'
import { at } from './pointer.ts'
import { Refs } from './refs.ts'

export interface DocumentDiff {
  /** The files are the same, byte for byte. */
  identical: boolean
  counts: Record<ChangeLevel, number>
  /** Breaking first, then in document order. */
  changes: Change[]
  operations: {
    added: string[]
    removed: string[]
    /** With the gravest level of their changes. */
    changed: { key: string; level: ChangeLevel }[]
    unchangedCount: number
  }
}

/** What a client of `before` meets when `after` takes its place; nothing when the files are the same, byte for byte. */
export function diffDocuments(before: ImportedDocument, after: ImportedDocument): DocumentDiff {
  const log = new ChangeLog(before, after)
  const pairs = pairOperations(before, after)
  const identical = before.sha256 === after.sha256
  if (!identical) {
    const schemas = new SchemaDiff(new Refs(before.document), new Refs(after.document))
    const comparison: Comparison = { before, after, log, schemas, used: [] }
    compareDocuments(comparison)
    comparePresence(comparison)
    for (const pair of pairs) compareOperations(pair, comparison)
    for (const { pair, operation } of comparison.used) {
      for (const change of schemas.changesBelow(pair)) {
        log.add(change.code, change.message, operation, change.before, change.after)
      }
    }
  }
  return summarize(identical, log.sorted(), pairs)
}

function pairOperations(before: ImportedDocument, after: ImportedDocument): OperationPair[] {
  const successors = new Map(after.operations.map((operation) => [route(operation), operation]))
  return before.operations.flatMap((old) => {
    const now = successors.get(route(old))
    return now ? [{ old, now }] : []
  })
}

/** The same for paths that differ only in the names of their parameters. */
function route({ method, path }: ImportedOperation): string {
  const template = parsePath(path)
  return `${method} ${'problem' in template ? path : template.shape}`
}

function comparePresence({ before, after, log }: Comparison): void {
  const [had, has] = [before, after].map(({ operations }) => new Set(operations.map(route)))
  for (const old of before.operations) {
    if (!has?.has(route(old))) log.add('operation-removed', `${old.key} is gone`, old.key, old, null)
  }
  for (const now of after.operations) {
    if (!had?.has(route(now))) log.add('operation-added', `${now.key} is new`, now.key, null, now)
  }
}

function compareDocuments({ before, after, log }: Comparison): void {
  for (const key of ['title', 'version', 'summary', 'description'] as const) {
    if (before.info[key] === after.info[key]) continue
    const versions = `Version ${before.info.version} became ${after.info.version}`
    const message = key === 'version' ? versions : `The ${key} of the API changed`
    log.add('info-changed', message, null, at('/info', key), at('/info', key))
  }
  const [had, has] = [before, after].map(({ servers }) => servers.map(({ url }) => url).join(', '))
  if (had !== has) log.add('servers-changed', `Servers ${had} became ${has}`, null, '/servers', '/servers')
  const schemes = new Map(after.securitySchemes.map((scheme) => [scheme.name, scheme]))
  for (const scheme of before.securitySchemes) {
    const successor = schemes.get(scheme.name)
    // A scheme that is gone shows in the operations that named it.
    if (!successor || use(scheme) === use(successor)) continue
    const pointer = at('/components/securitySchemes', scheme.name)
    log.add('security-scheme-changed', `The security scheme "${scheme.name}" changed`, null, pointer, pointer)
  }
}

function use(scheme: ImportedSecurityScheme): string {
  return canonical([scheme.type, scheme.in, scheme.parameterName, scheme.scheme, scheme.flows.toSorted()])
}

function summarize(identical: boolean, changes: Change[], pairs: OperationPair[]): DocumentDiff {
  const gravest = new Map<string, ChangeLevel>()
  for (const { operations, level } of changes) {
    for (const key of operations) if (!gravest.has(key)) gravest.set(key, level)
  }
  const changed = pairs.flatMap(({ now: { key } }) => {
    const level = gravest.get(key)
    return level ? [{ key, level }] : []
  })
  const keys = (code: ChangeCode): string[] => {
    return changes.filter((change) => change.code === code).flatMap(({ operations }) => operations)
  }
  const count = (level: ChangeLevel): number => changes.filter((change) => change.level === level).length
  return {
    identical,
    counts: { breaking: count('breaking'), 'non-breaking': count('non-breaking'), docs: count('docs') },
    changes,
    operations: {
      added: keys('operation-added'),
      removed: keys('operation-removed'),
      changed,
      unchangedCount: pairs.length - changed.length,
    },
  }
}
