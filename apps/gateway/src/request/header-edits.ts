// Header edits that policies ask for, collected during a request and applied when the message is written.
import type { HeaderEdits } from '@gatewright/shared/policies/policy'
import { isLike } from './fields.ts'

const tokenPattern = /^[!#$%&'*+\-.^_`|~0-9a-z]+$/
// RFC 9110 5.5 without obs-text: what we add ourselves is plain.
const valuePattern = /^[\t\x20-\x7e\x80-\xff]*$/

// Framing belongs to whoever writes the message, and hop-by-hop fields to the connection.
const untouchable = new Set([
  'connection',
  'content-length',
  'keep-alive',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
])

export class HeaderEditList implements HeaderEdits {
  /** Names (lower case) whose received fields are dropped. */
  readonly dropped: string[] = []
  /** Beginnings of names (lower case) whose received fields are dropped. */
  readonly droppedPrefixes: string[] = []
  /** Name and value in turn. */
  readonly added: string[] = []

  set(name: string, value: string): void {
    this.remove(name)
    this.append(name, value)
  }

  setAll(fields: readonly string[]): void {
    if (!checkedLists.has(fields)) checkList(fields)
    for (let i = 0; i < fields.length; i += 2) {
      const name = fields[i] as string
      this.#forget(name)
      this.added.push(name, fields[i + 1] as string)
    }
  }

  append(name: string, value: string): void {
    check(name)
    checkValue(name, value)
    this.added.push(name, value)
  }

  remove(name: string): void {
    check(name)
    this.#forget(name)
  }

  removePrefix(prefix: string): void {
    check(prefix)
    if (!this.droppedPrefixes.includes(prefix)) this.droppedPrefixes.push(prefix)
  }

  #forget(name: string): void {
    for (let i = this.added.length - 2; i >= 0; i -= 2) {
      if (this.added[i] === name) this.added.splice(i, 2)
    }
    if (!this.dropped.includes(name)) this.dropped.push(name)
  }

  /** What was added under this name so far. */
  valuesOf(lowerCaseName: string): string[] {
    const { added } = this
    return added.filter((_, i) => i % 2 === 1 && added[i - 1] === lowerCaseName)
  }

  /** True when the received field of this name, however it is written, is not to be forwarded. */
  drops(name: string): boolean {
    const { dropped } = this
    for (let i = 0; i < dropped.length; i++) if (isLike(name, dropped[i] as string)) return true
    const { droppedPrefixes } = this
    for (let i = 0; i < droppedPrefixes.length; i++) {
      const prefix = droppedPrefixes[i] as string
      if (name.length > prefix.length && isLike(name.substring(0, prefix.length), prefix)) return true
    }
    return false
  }
}

// Policies use the same few names for ever; each is looked at once. Bounded, in case one makes up names.
const checkedNames = new Set<string>()
const checkedNamesMax = 1_000

const checkedLists = new WeakSet<readonly string[]>()

function checkList(fields: readonly string[]): void {
  for (let i = 0; i < fields.length; i += 2) {
    check(fields[i] as string)
    checkValue(fields[i] as string, fields[i + 1] as string)
  }
  if (Object.isFrozen(fields)) checkedLists.add(fields)
}

/** Throws when a field of a reply of a policy is none that may be written. */
export function checkField(name: string, value: string): void {
  const lowerCaseName = name.toLowerCase()
  if (!checkedNames.has(lowerCaseName) && !tokenPattern.test(lowerCaseName))
    throw new TypeError(`header field name ${JSON.stringify(name)} is not a token`)
  checkValue(name, value)
}

// A policy that lets a line break through is a bug, and must not become an injected field.
function checkValue(name: string, value: string): void {
  if (!valuePattern.test(value)) throw new TypeError(`illegal value for the header field ${name}`)
}

function check(name: string): void {
  if (checkedNames.has(name)) return
  if (!tokenPattern.test(name))
    throw new TypeError(`header field name ${JSON.stringify(name)} is not a lower-case token`)
  if (untouchable.has(name)) throw new TypeError(`the header field ${name} belongs to the connection`)
  if (checkedNames.size < checkedNamesMax) checkedNames.add(name)
}
