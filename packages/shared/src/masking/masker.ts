// The one place that decides what of a request or a record may be logged, stored, exported or shown (requirement D9).
import { maskIbans } from './iban.ts'
import { cardDigitsMin, maskCards } from './payment-card.ts'
import { isSecretField, isSecretMember, isSecretName, masked, maskSecrets, plainName } from './secrets.ts'

/** What is masked beyond the built-in rules. */
export interface MaskingRules {
  /** Header fields, query parameters and members of bodies with these names, in any case. */
  readonly fields?: readonly string[]
  /** Email addresses too. */
  readonly emails?: boolean
  /** Replaces what a team's own patterns find. They must run in linear time: whoever makes this chooses the engine. */
  readonly replace?: (text: string) => string
}

export interface Masker {
  /** Free text: a path, a query, a message. */
  text(text: string): string
  /** The value of a header field; `name` in lower case. */
  field(name: string, value: string): string
  /** A raw query without `?`. */
  query(query: string): string
  /** A value of JSON, with every text in it; the value that was given is not changed. */
  json(value: unknown): unknown
  /** Text of a body: as JSON when it is JSON, else as free text. */
  body(text: string): string
}

// RFC 5322 3.2.3 allows `/ = & ?` in names too; here they end what stands before the name in an address. Only from the
// beginning of a word: else a long one is looked at again from each of its letters.
const emails = /(?<![\w.!#$%'*+^`{|}~-])[\w.!#$%'*+^`{|}~-]+(?:@|%40)(?:[a-z0-9-]+\.)+[a-z]{2,}/gi
/** Deeper values are not walked: they are masked whole. */
const depthMax = 64

/** Makes a masker once, when a configuration is compiled; it holds no state. */
export function createMasker(rules: MaskingRules = {}): Masker {
  const ownNames = new Set((rules.fields ?? []).map(plainName))
  const isOwn = (name: string) => ownNames.size > 0 && ownNames.has(plainName(name))

  function text(given: string): string {
    let out = mayHoldSecret(given) ? maskSecrets(given) : given
    if (mayHoldNumber(out)) out = maskIbans(maskCards(out))
    if (rules.emails === true && (out.includes('@') || out.includes('%40')))
      out = out.replace(emails, '[email]')
    return rules.replace === undefined ? out : rules.replace(out)
  }

  function field(name: string, value: string): string {
    return isSecretField(name) || isOwn(name) ? masked : text(value)
  }

  function query(given: string): string {
    if (given === '') return given
    return given
      .split('&')
      .map((pair) => {
        const at = pair.indexOf('=')
        if (at < 0) return text(pair)
        const name = decoded(pair.slice(0, at))
        if (isSecretName(name) || isOwn(name)) return `${pair.slice(0, at)}=${masked}`
        const value = pair.slice(at + 1)
        // What only shows once it is decoded is masked whole.
        const plain = decoded(value)
        return text(plain) === plain
          ? `${text(pair.slice(0, at))}=${value}`
          : `${pair.slice(0, at)}=${text(plain)}`
      })
      .join('&')
  }

  function json(value: unknown, depth = 0): unknown {
    if (typeof value === 'string') return text(value)
    if (typeof value === 'number') return Number.isSafeInteger(value) ? masking(value) : value
    if (typeof value !== 'object' || value === null) return value
    if (depth > depthMax) return masked
    if (Array.isArray(value)) return value.map((one) => json(one, depth + 1))
    const out: Record<string, unknown> = {}
    for (const [name, member] of Object.entries(value)) {
      const isSecret = (isSecretMember(name) || isOwn(name)) && !isPlain(member)
      // `__proto__` is a name like any other here.
      Object.defineProperty(out, text(name), {
        value: isSecret ? masked : json(member, depth + 1),
        enumerable: true,
        writable: true,
        configurable: true,
      })
    }
    return out
  }

  function masking(value: number): unknown {
    const digits = String(value)
    const out = text(digits)
    return out === digits ? value : out
  }

  function body(given: string): string {
    try {
      return JSON.stringify(json(JSON.parse(given)))
    } catch {
      return text(given)
    }
  }

  return { text, field, query, json, body }
}

/** Says only whether there is something: `hasSecret: true`, `password: null`. */
const isPlain = (value: unknown) => value === null || typeof value === 'boolean'

/** What every form of `maskSecrets` needs; most paths have none of it. */
const secretSigns = /gw_|eyJ|PRIVATE KEY|:\/\/|=|%3|bearer|basic|digest|negotiate|dpop|apikey|aws4/i
const mayHoldSecret = (text: string) => secretSigns.test(text)

/** Card numbers have 13 digits, IBANs at least 2 of their own after two letters: most texts have fewer than 4. */
function mayHoldNumber(text: string): boolean {
  if (text.length < cardDigitsMin) return false
  let digits = 0
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i)
    if (code >= 48 && code <= 57 && ++digits > 3) return true
  }
  return false
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text.replaceAll('+', ' '))
  } catch {
    return text
  }
}

/** The rules that hold for everybody. */
export const defaultMasker = createMasker()

/** What holds for calls: their callers never chose to tell us an address, as people do who have an account. */
export const trafficMasker = createMasker({ emails: true })
