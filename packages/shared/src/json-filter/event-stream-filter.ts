// Takes members out of the JSON in an event stream (text/event-stream): event by event, since data may stand on several lines.
import type { Place } from './field-paths.ts'
import { concat, JsonFilter, NotJson } from './json-filter.ts'

const eventBytesMax = 1_048_576
const linesMax = 10_000
const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })
const encoder = new TextEncoder()

/** Ends a line: LF, CR, or both (HTML 9.2.5). */
const lineEnds = /\r\n|\n|\r/

/** Throws `NotJson` when data is none, or an event is larger than 1 MiB or has more than 10 000 lines. */
export class EventStreamFilter {
  readonly #root: Place
  #held: Uint8Array[] = []
  #heldBytes = 0
  #lines = 0
  /** The last bytes were a line end, and nothing of the next line came. */
  #atLineStart = true
  #afterReturn = false

  constructor(root: Place) {
    this.#root = root
  }

  push(piece: Uint8Array): Uint8Array {
    const out: Uint8Array[] = []
    let from = 0
    for (let at = 0; at < piece.length; at++) {
      const byte = piece[at]
      const isEnd = byte === 0x0a || byte === 0x0d
      if (byte === 0x0a && this.#afterReturn) {
        // The second half of a line end that was counted.
        this.#afterReturn = false
        continue
      }
      this.#afterReturn = byte === 0x0d
      if (isEnd && ++this.#lines > linesMax) throw new NotJson('an event has too many lines')
      if (isEnd && this.#atLineStart) {
        this.#keep(piece.subarray(from, at + 1))
        from = at + 1
        out.push(this.#event())
      }
      this.#atLineStart = isEnd
    }
    this.#keep(piece.subarray(from))
    return concat(out)
  }

  /** An event that no empty line ends is none for its readers, and is dropped. */
  end(): Uint8Array {
    return concat([])
  }

  #keep(bytes: Uint8Array): void {
    if (bytes.length === 0) return
    this.#heldBytes += bytes.length
    if (this.#heldBytes > eventBytesMax) throw new NotJson('an event is too large')
    this.#held.push(bytes)
  }

  #event(): Uint8Array {
    let text: string
    try {
      text = decoder.decode(concat(this.#held))
    } catch {
      throw new NotJson('an event is not readable')
    }
    this.#held = []
    this.#heldBytes = 0
    this.#lines = 0
    const data: string[] = []
    const rest: string[] = []
    for (const line of text.split(lineEnds)) {
      const [name, value] = fieldOf(line.replace(/^\uFEFF/, ''))
      if (name === 'data') data.push(value)
      else if (line !== '') rest.push(line)
    }
    const lines = rest.map((line) => `${line}\n`)
    if (data.length > 0)
      for (const line of this.#filtered(data.join('\n')).split('\n')) lines.push(`data: ${line}\n`)
    return encoder.encode(`${lines.join('')}\n`)
  }

  #filtered(data: string): string {
    // The word with which streams of completions end.
    if (data === '' || data === '[DONE]') return data
    const filter = new JsonFilter(this.#root, { isSequence: false })
    const passed = [filter.push(encoder.encode(data)), filter.end()]
    return decoder.decode(concat(passed))
  }
}

function fieldOf(line: string): [name: string, value: string] {
  const colon = line.indexOf(':')
  if (colon < 0) return [line, '']
  return [line.slice(0, colon), line.slice(colon + (line[colon + 1] === ' ' ? 2 : 1))]
}
