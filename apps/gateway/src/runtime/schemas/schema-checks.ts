// Checks of values, made ready when the first request needs them and kept across generations while requests do.
import { createHash } from 'node:crypto'
import type { Checked, SchemaChecks, SchemaUse } from '@gatewright/shared/policies/schema-port'
import { reachable, type SchemaText } from '@gatewright/shared/validation/operation-rules'
import { TooComplex } from '@gatewright/shared/validation/patterns'
import type { SchemaSource } from '@gatewright/shared/validation/schema-code'
import { runSchemaCode, type SchemaCheck } from '@gatewright/shared/validation/schema-runtime'
import { dropOldest } from '../oldest.ts'
import type { CodeMaker } from './code-maker.ts'

/** Characters of code that a worker keeps of all schemas together. */
const codeCharsMax = 64_000_000
/** A schema that could not be made ready is tried again after so long. */
const retryMs = 30_000

const valid: Checked = { kind: 'valid' }
const tooComplex: Checked = { kind: 'too-complex' }
const unavailable: Checked = { kind: 'unavailable' }

/** One schema with all that it leads to, in one of its forms. */
interface Entry {
  run: SchemaCheck | null
  making: Promise<void> | null
  failedAtMs: number
  codeChars: number
}

/** The forms of one schema, as one generation knows it: stopping at the first fault, or telling all. */
interface Forms {
  readonly first: (Entry | undefined)[]
  readonly all: (Entry | undefined)[]
}

export function createSchemaChecks(makeCode: CodeMaker, now: () => number = Date.now): SchemaChecks {
  const entries = new Map<string, Entry>()
  const known = new WeakMap<SchemaText, Forms>()
  let codeChars = 0

  function entryOf({ schema, definitions, refusesReadOnly }: SchemaUse, allErrors: boolean): Entry {
    let forms = known.get(schema)
    if (forms === undefined) {
      forms = { first: [], all: [] }
      known.set(schema, forms)
    }
    const place = allErrors ? forms.all : forms.first
    const at = Number(refusesReadOnly)
    const present = place[at]
    if (present !== undefined) return present
    const entry = open({
      root: schema,
      definitions: [...reachable([schema], (name) => definitions.get(name))],
      allErrors,
      refusesReadOnly,
    })
    place[at] = entry
    return entry
  }

  /** Equal schemas are one entry, whatever generation or version they are of. */
  function open(source: SchemaSource): Entry {
    const key = createHash('sha256').update(JSON.stringify(source)).digest('base64')
    const present = entries.get(key)
    if (present) return present
    const entry: Entry = { run: null, making: null, failedAtMs: Number.NEGATIVE_INFINITY, codeChars: 0 }
    entries.set(key, entry)
    sources.set(entry, source)
    return entry
  }

  // Only until they are ready: then their code is all that is needed of them.
  const sources = new WeakMap<Entry, SchemaSource>()

  function make(entry: Entry): Promise<void> {
    const source = sources.get(entry)
    if (source === undefined) return Promise.resolve()
    return makeCode(source).then((code) => {
      entry.making = null
      try {
        if (code === null) entry.failedAtMs = now()
        else {
          entry.run = runSchemaCode(code)
          entry.codeChars = code.length
          codeChars += code.length
          while (codeChars > codeCharsMax && entries.size > 1)
            dropOldest(entries, (dropped) => {
              codeChars -= dropped.codeChars
            })
        }
      } catch {
        entry.failedAtMs = now()
      }
    })
  }

  function ready(entry: Entry): Promise<void> | null {
    if (entry.run !== null || now() - entry.failedAtMs < retryMs) return null
    entry.making ??= make(entry)
    return entry.making
  }

  function run(use: SchemaUse, entry: Entry, value: unknown, explain: boolean): Checked | Promise<Checked> {
    if (entry.run === null) return unavailable
    try {
      const faults = entry.run(value)
      if (faults === null) return valid
      if (!explain) return { kind: 'faults', faults }
      return explained(use, value, { kind: 'faults', faults })
    } catch (error) {
      if (error instanceof TooComplex || error instanceof RangeError) return tooComplex
      throw error
    }
  }

  /** All faults of a value that is known to have one; that one alone where the others cannot be told. */
  function explained(use: SchemaUse, value: unknown, first: Checked): Checked | Promise<Checked> {
    const entry = entryOf(use, true)
    const tell = () => {
      const told = run(use, entry, value, false)
      return told instanceof Promise || told.kind !== 'faults' ? first : told
    }
    const wait = ready(entry)
    return wait === null ? tell() : wait.then(tell)
  }

  return {
    check(use, value, explain) {
      const entry = entryOf(use, false)
      const wait = ready(entry)
      return wait === null
        ? run(use, entry, value, explain)
        : wait.then(() => run(use, entry, value, explain))
    },
  }
}
