// Compares how callers of an operation prove themselves in two documents.
import type { ChangeCode } from './changes.ts'
import type { Comparison, OperationPair } from './diff-operation.ts'
import type { ImportedOperation } from './imported-document.ts'

type Alternative = ImportedOperation['security']['alternatives'][number]

export function compareSecurity({ old, now }: OperationPair, { log }: Comparison): void {
  const say = (code: ChangeCode, message: string): void => log.add(code, message, now.key, old, now)
  if (isPublic(old) || isPublic(now)) {
    if (!isPublic(now)) say('security-added', `${now.key} asks for credentials now`)
    else if (!isPublic(old)) say('security-removed', `${now.key} is public now`)
    return
  }
  const successors = new Map(
    now.security.alternatives.map((alternative) => [names(alternative), alternative]),
  )
  for (const alternative of old.security.alternatives) {
    const name = names(alternative)
    const successor = successors.get(name)
    if (!successor) {
      say('security-alternative-removed', `${now.key} no longer accepts ${name}`)
      continue
    }
    const [had, has] = [scopes(alternative), scopes(successor)]
    const added = has.filter((scope) => !had.includes(scope))
    const gone = had.filter((scope) => !has.includes(scope))
    if (added.length > 0) say('security-scopes-added', `${now.key} needs further scopes: ${added.join(', ')}`)
    if (gone.length > 0) say('security-scopes-removed', `${now.key} no longer needs: ${gone.join(', ')}`)
  }
  const had = new Set(old.security.alternatives.map(names))
  for (const name of successors.keys()) {
    if (!had.has(name)) say('security-alternative-added', `${now.key} also accepts ${name}`)
  }
}

/** Nothing is required, or nothing is one of the alternatives. */
function isPublic({ security }: ImportedOperation): boolean {
  return security.alternatives.length === 0 || security.alternatives.some((schemes) => schemes.length === 0)
}

function names(alternative: Alternative): string {
  const sorted = alternative.map(({ scheme }) => scheme).sort()
  return sorted.join(' and ')
}

function scopes(alternative: Alternative): string[] {
  return alternative.flatMap(({ scheme, scopes: list }) => list.map((scope) => `${scheme} ${scope}`))
}
