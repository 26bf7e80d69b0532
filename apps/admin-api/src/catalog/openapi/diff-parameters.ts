// Compares the parameters of an operation in two documents, by name and place; those of the path by position.
import type { ChangeCode } from './changes.ts'
import type { Comparison, OperationPair } from './diff-operation.ts'
import type { Placed } from './flat-schema.ts'
import type { ImportedParameter } from './imported-document.ts'
import { isObject, own } from './json.ts'
import { parsePath } from './path-template.ts'
import { at } from './pointer.ts'

export function compareParameters({ old, now }: OperationPair, comparison: Comparison): void {
  const { log } = comparison
  const names = renamed(old.path, now.path)
  const successors = new Map(now.parameters.map((parameter) => [keyOf(parameter, parameter.name), parameter]))
  const known = new Set<string>()
  for (const parameter of old.parameters) {
    const name = (parameter.in === 'path' ? names.get(parameter.name) : undefined) ?? parameter.name
    const key = keyOf(parameter, name)
    known.add(key)
    const successor = successors.get(key)
    if (successor) compareOne(parameter, successor, now.key, comparison)
    else if (parameter.in !== 'path') {
      const message = `The ${parameter.in} parameter "${parameter.name}" is gone`
      log.add('parameter-removed', message, now.key, parameter.pointer, null)
    }
  }
  for (const parameter of now.parameters) {
    // The path itself states which path parameters there are; declaring one later changes nothing.
    if (known.has(keyOf(parameter, parameter.name)) || parameter.in === 'path') continue
    const code = parameter.required ? 'parameter-added-required' : 'parameter-added-optional'
    log.add(
      code,
      `The ${parameter.in} parameter "${parameter.name}" is new`,
      now.key,
      null,
      parameter.pointer,
    )
  }
}

function compareOne(
  old: ImportedParameter,
  now: ImportedParameter,
  operation: string,
  { log, schemas, used }: Comparison,
): void {
  const what = `${now.in} parameter "${now.name}"`
  const say = (code: ChangeCode, message: string): void =>
    log.add(code, message, operation, old.pointer, now.pointer)
  if (old.name !== now.name) {
    say('path-parameter-renamed', `The path parameter "${old.name}" is called "${now.name}" now`)
  }
  if (now.required && !old.required) say('parameter-required', `The ${what} is required now`)
  if (!now.required && old.required) say('parameter-optional', `The ${what} is no longer required`)
  if (now.deprecated && !old.deprecated) say('parameter-deprecated', `The ${what} is deprecated now`)
  if (old.description !== now.description)
    say('parameter-text-changed', `The description of the ${what} changed`)
  if (written(old) !== written(now) && (composite(old) || composite(now))) {
    say('parameter-style-changed', `The ${what} is written as ${written(now)} instead of ${written(old)}`)
  }
  used.push({ pair: schemas.compare(schemaOf(old), schemaOf(now), 'request'), operation })
}

/** Header names are case-insensitive (RFC 9110, 5.1). */
function keyOf(parameter: ImportedParameter, name: string): string {
  return `${parameter.in} ${parameter.in === 'header' ? name.toLowerCase() : name}`
}

/** Old name → new name of each path parameter, by position. */
function renamed(before: string, after: string): Map<string, string> {
  const [old, now] = [parsePath(before), parsePath(after)]
  if ('problem' in old || 'problem' in now) return new Map()
  return new Map(old.parameters.map((name, index) => [name, now.parameters[index] ?? name]))
}

function written({ contentType, style, explode }: ImportedParameter): string {
  return contentType ?? `${style}, explode ${explode}`
}

/** Style and explode only show in lists and objects. */
function composite({ schema, contentType }: ImportedParameter): boolean {
  if (contentType !== null) return true
  const type = own(schema ?? undefined, 'type')
  return type === 'array' || type === 'object' || (isObject(schema) && type === undefined)
}

function schemaOf({ schema, contentType, pointer }: ImportedParameter): Placed | undefined {
  if (schema === null) return undefined
  const owner = contentType === null ? pointer : at(pointer, 'content', contentType)
  return { schema, pointer: `${owner}/schema` }
}
