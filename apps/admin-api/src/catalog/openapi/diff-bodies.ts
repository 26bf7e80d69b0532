// Compares request bodies and responses of an operation in two documents: presence, media types, headers, schemas.
import type { ChangeCode } from './changes.ts'
import type { Comparison, OperationPair } from './diff-operation.ts'
import type { Direction } from './example.ts'
import type { Placed } from './flat-schema.ts'
import type {
  ImportedDocument,
  ImportedMedia,
  ImportedOperation,
  ImportedResponse,
} from './imported-document.ts'
import { own } from './json.ts'
import { at, valueAt } from './pointer.ts'

export function compareRequestBodies({ old, now }: OperationPair, comparison: Comparison): void {
  const [had, has] = [old.requestBody, now.requestBody]
  const { log } = comparison
  const say = (code: ChangeCode, message: string): void => {
    log.add(code, message, now.key, had ? old : null, has ? now : null)
  }
  if (had && has) {
    if (has.required && !had.required) say('request-body-required', `The body of ${now.key} is required now`)
    if (!has.required && had.required) say('request-body-optional', `The body of ${now.key} is optional now`)
    const places: Places = [`${old.pointer}/requestBody`, `${now.pointer}/requestBody`]
    compareContent([had.content, has.content], 'request', now.key, places, comparison)
  } else if (has) {
    const code = has.required ? 'request-body-added-required' : 'request-body-added-optional'
    say(code, `${now.key} takes a body now`)
  } else if (had) say('request-body-removed', `${now.key} no longer takes a body`)
}

export function compareResponses({ old, now }: OperationPair, comparison: Comparison): void {
  const { log } = comparison
  const successors = new Map(now.responses.map((response) => [response.status, response]))
  for (const response of old.responses) {
    const { status } = response
    const successor = successors.get(status)
    const places: Places = [placeOf(old, status), placeOf(now, status)]
    if (successor) compareResponse([response, successor], now.key, places, comparison)
    else {
      const code = /^[45]/.test(status) ? 'error-response-removed' : 'response-removed'
      log.add(code, `The response ${status} is gone`, now.key, places[0], null)
    }
  }
  const had = new Set(old.responses.map((response) => response.status))
  for (const { status } of now.responses) {
    if (had.has(status)) continue
    log.add('response-added', `The response ${status} is new`, now.key, null, placeOf(now, status))
  }
}

/** Pointers in the older and in the newer document. */
type Places = [before: string, after: string]

/** An operation stands at the same pointer in the model and in the file as received, also for Swagger 2.0. */
function placeOf(operation: ImportedOperation, status: string): string {
  return at(operation.pointer, 'responses', status)
}

function compareResponse(
  [old, now]: [ImportedResponse, ImportedResponse],
  operation: string,
  places: Places,
  comparison: Comparison,
): void {
  const say = (code: ChangeCode, message: string): void =>
    comparison.log.add(code, message, operation, ...places)
  const what = `response ${now.status}`
  if (old.description !== now.description) say('response-text-changed', `The description of ${what} changed`)
  const [had, has] = [old, now].map(({ headers }) => new Set(headers.map((name) => name.toLowerCase())))
  for (const name of had ?? []) {
    if (!has?.has(name)) say('response-header-removed', `The header "${name}" of ${what} is gone`)
  }
  for (const name of has ?? []) {
    if (!had?.has(name)) say('response-header-added', `The header "${name}" of ${what} is new`)
  }
  compareContent([old.content, now.content], 'response', operation, places, comparison)
}

function compareContent(
  [old, now]: [ImportedMedia[], ImportedMedia[]],
  direction: Direction,
  operation: string,
  [from, to]: Places,
  { before, after, log, schemas, used }: Comparison,
): void {
  const successors = new Map(now.map((media) => [mediaType(media), media]))
  for (const media of old) {
    const successor = successors.get(mediaType(media))
    if (successor) {
      const pair = schemas.compare(schemaOf(before, media), schemaOf(after, successor), direction)
      used.push({ pair, operation })
    } else {
      const message = `The media type ${media.contentType} is gone`
      log.add(`${direction}-media-type-removed`, message, operation, media.pointer, to)
    }
  }
  const had = new Set(old.map(mediaType))
  for (const media of now) {
    if (had.has(mediaType(media))) continue
    const message = `The media type ${media.contentType} is new`
    log.add(`${direction}-media-type-added`, message, operation, from, media.pointer)
  }
}

function mediaType(media: ImportedMedia): string {
  return (media.contentType.split(';')[0] ?? '').trim().toLowerCase()
}

function schemaOf({ document }: ImportedDocument, { pointer }: ImportedMedia): Placed | undefined {
  const schema = own(valueAt(document, pointer), 'schema')
  return schema === undefined ? undefined : { schema, pointer: `${pointer}/schema` }
}
