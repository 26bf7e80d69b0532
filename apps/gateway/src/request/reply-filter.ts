// A response body on its way through the filters of policies: its coding is taken off first, and its head waits for the first bytes.
import { Transform } from 'node:stream'
import { createBrotliDecompress, createGunzip, createInflate, createZstdDecompress } from 'node:zlib'
import { type BodyFilter, type Refusal, refuse } from '@gatewright/shared/policies/policy'
import type { FilterPhase } from '../config/generation.ts'
import type { RequestContext } from './context.ts'
import { is } from './fields.ts'

/** What becomes of a filtered reply. */
export interface FilteredReply {
  /** The next bytes; false: wait until `resume` of the filter is called. */
  write(piece: Buffer): boolean
  /** `rest`: the last bytes, which are all of them when `write` was never called. */
  end(rest: Buffer): void
  refuse(refusal: Refusal): void
  crash(error: unknown): void
  /** The upstream may send on. */
  drained(): void
}

const unreadable = refuse('upstream_invalid_response', {
  detail: 'The response cannot be read, and has to be looked at before it may leave.',
})

const decoders: Readonly<Record<string, () => Transform>> = {
  gzip: createGunzip,
  'x-gzip': createGunzip,
  deflate: createInflate,
  br: createBrotliDecompress,
  zstd: createZstdDecompress,
}

const nothing = Buffer.alloc(0)

/** What the upstream is not asked for, since filters read the whole of a body, and without a coding. */
export function askForPlainBody(ctx: RequestContext): void {
  const { upstreamHeaders } = ctx
  upstreamHeaders.set('accept-encoding', 'identity')
  upstreamHeaders.remove('range')
  upstreamHeaders.remove('if-range')
}

/** The filters of this response; null = it passes as it is. */
export function filtersOf(ctx: RequestContext, phases: readonly FilterPhase[]): readonly BodyFilter[] | null {
  const filters = phases.map((phase) => phase(ctx)).filter((filter) => filter !== null)
  return filters.length === 0 ? null : filters
}

/**
 * Fields of the head that still hold once the body was filtered: nothing that counts, digests or encodes the bytes that came. The
 * validator becomes a weak one (RFC 9110 8.8.1), for these are not the bytes it was made of.
 */
export function fieldsOfFiltered(received: readonly string[]): string[] {
  const kept: string[] = []
  for (let i = 0; i < received.length; i += 2) {
    const name = received[i] as string
    const value = received[i + 1] as string
    if (ofTheBytes.has(name.toLowerCase())) continue
    kept.push(name, is(name, 'etag') && value.startsWith('"') ? `W/${value}` : value)
  }
  return kept
}

const ofTheBytes = new Set([
  'accept-ranges',
  'content-digest',
  'content-encoding',
  'content-length',
  'content-md5',
  'content-range',
  'digest',
  'repr-digest',
  'signature',
  'signature-input',
  'trailer',
])

export class ReplyFilter {
  readonly #filters: readonly BodyFilter[]
  readonly #reply: FilteredReply
  readonly #decoder: Transform | null
  #isOver = false

  /** `coding`: value of `Content-Encoding`. */
  constructor(
    filters: readonly BodyFilter[],
    coding: string | undefined,
    status: number,
    reply: FilteredReply,
  ) {
    this.#filters = filters
    this.#reply = reply
    const name = coding?.trim().toLowerCase() ?? 'identity'
    const isPlain = name === 'identity' || name === ''
    const create = decoders[name]
    this.#decoder = isPlain || create === undefined ? null : create()
    // A part of a body, or one in a coding that nobody here knows, cannot be looked at.
    if (status === 206 || (!isPlain && create === undefined)) this.#stop(unreadable)
    else if (this.#decoder !== null) this.#listen(this.#decoder)
  }

  #listen(decoder: Transform): void {
    decoder.on('data', (piece: Buffer) => {
      if (!this.#pass(piece)) decoder.pause()
    })
    decoder.on('drain', () => this.#reply.drained())
    decoder.on('end', () => this.#finish())
    decoder.on('error', () => this.#stop(unreadable))
  }

  /** `piece` is the filter's to keep. false: wait for `drained`, or for the client. */
  push(piece: Buffer): boolean {
    if (this.#isOver) return true
    return this.#decoder === null ? this.#pass(piece) : this.#decoder.write(piece)
  }

  end(): void {
    if (this.#isOver) return
    if (this.#decoder === null) this.#finish()
    else this.#decoder.end()
  }

  /** The client takes bytes again. */
  resume(): void {
    this.#decoder?.resume()
  }

  /** Nobody waits for the rest. */
  drop(): void {
    this.#isOver = true
    this.#decoder?.destroy()
  }

  #pass(piece: Buffer): boolean {
    if (this.#isOver) return true
    try {
      const passed = this.#through(0, piece)
      if (passed === null) return true
      if (isRefusal(passed)) {
        this.#stop(passed)
        return true
      }
      return passed.length === 0 || this.#reply.write(toBuffer(passed))
    } catch (error) {
      this.#crash(error)
      return true
    }
  }

  #through(from: number, piece: Uint8Array): Uint8Array | Refusal | null {
    let bytes = piece
    for (let i = from; i < this.#filters.length; i++) {
      const passed = (this.#filters[i] as BodyFilter).push(bytes)
      if (passed === null || isRefusal(passed)) return passed
      bytes = passed
    }
    return bytes
  }

  #finish(): void {
    this.#rest().then(
      (rest) => {
        if (this.#isOver) return
        if (isRefusal(rest)) this.#stop(rest)
        else {
          this.#isOver = true
          this.#reply.end(rest)
        }
      },
      (error: unknown) => this.#crash(error),
    )
  }

  /** Each filter ends in turn, and what it held back goes through those behind it. */
  async #rest(): Promise<Buffer | Refusal> {
    const rest: Uint8Array[] = []
    for (let i = 0; i < this.#filters.length; i++) {
      const last = await (this.#filters[i] as BodyFilter).end()
      if (last === null) continue
      const passed = isRefusal(last) ? last : this.#through(i + 1, last)
      if (passed === null) continue
      if (isRefusal(passed)) return passed
      rest.push(passed)
    }
    return rest.length === 0 ? nothing : Buffer.concat(rest)
  }

  #stop(refusal: Refusal): void {
    if (this.#isOver) return
    this.drop()
    this.#reply.refuse(refusal)
  }

  #crash(error: unknown): void {
    if (this.#isOver) return
    this.drop()
    this.#reply.crash(error)
  }
}

function isRefusal(passed: Uint8Array | Refusal | null): passed is Refusal {
  return passed !== null && 'kind' in passed
}

const toBuffer = (bytes: Uint8Array) => Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
