// Header edits that policies ask for, collected during a request and applied when the message is written.
import type { HeaderEdits } from '@gatewright/shared/policies/policy'

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
  /** Name and value in turn. */
  readonly added: string[] = []

  set(name: string, value: string): void {
    this.remove(name)
    this.append(name, value)
  }

  append(name: string, value: string): void {
    check(name)
    // A policy that lets a line break through is a bug, and must not become an injected field.
    if (!valuePattern.test(value)) throw new TypeError(`illegal value for the header field ${name}`)
    this.added.push(name, value)
  }

  remove(name: string): void {
    check(name)
    for (let i = this.added.length - 2; i >= 0; i -= 2) {
      if (this.added[i] === name) this.added.splice(i, 2)
    }
    if (!this.dropped.includes(name)) this.dropped.push(name)
  }

  /** True when the received field of this name is not to be forwarded. */
  drops(lowerCaseName: string): boolean {
    return this.dropped.includes(lowerCaseName)
  }
}

// Policies use the same few names for ever; each is looked at once. Bounded, in case one makes up names.
const checkedNames = new Set<string>()
const checkedNamesMax = 1_000

function check(name: string): void {
  if (checkedNames.has(name)) return
  if (!tokenPattern.test(name))
    throw new TypeError(`header field name ${JSON.stringify(name)} is not a lower-case token`)
  if (untouchable.has(name)) throw new TypeError(`the header field ${name} belongs to the connection`)
  if (checkedNames.size < checkedNamesMax) checkedNames.add(name)
}
