// Versions of one API on one host and base path, and which of them a request names: by header, query or Accept.
import { parseAccept } from '@gatewright/shared/media-type'
import type { VersionSelector } from '@gatewright/shared/model/match'
import { describeSelector, selectorKey } from '@gatewright/shared/route-overlap'
import { queryValues } from '../request/query.ts'
import { announced, type RequestView } from './generation.ts'
import type { NamedVersion } from './parts.ts'

/** Who answers to one name; versions without a selector are one together, as they are where no version has one. */
export interface Member {
  readonly label: string
  readonly selector: VersionSelector | null
}

/** The request names no version that is here: nobody has that name, or it names none and nobody answers for it. */
export const nobody: unique symbol = Symbol('nobody')
/** A CORS preflight announces the field that names the version, and keeps its value to itself. */
export const anybody: unique symbol = Symbol('anybody')

type ByValue = Map<string, Member>

// Clients send few different Accept fields, again and again; the bound is for those who do not.
const rememberedMax = 200
const rememberedLengthMax = 300

/**
 * The first of these that names a version decides: the header fields, the query parameters, `Accept`. Who names none gets the
 * default: the version marked so, else the ones without a selector, else nobody.
 */
export class VersionPlace {
  readonly #members = new Map<string, Member>()
  readonly #byVersion = new Map<string, Member>()
  readonly #headers = new Map<string, ByValue>()
  readonly #parameters = new Map<string, ByValue>()
  readonly #mediaTypes: ByValue = new Map()
  readonly #stems = new Set<string>()
  readonly #remembered = new Map<string, Member | typeof nobody>()
  #marked: Member | null = null

  /** Throws an error that names both when a request could name two versions, or two answer those that name none. */
  add(version: NamedVersion): void {
    const { selector } = version
    const key = selectorKey(selector)
    const label = `${version.apiName} ${version.name}`
    const twin = this.#members.get(key)
    if (twin && selector !== null) {
      throw new Error(`${label} has the same selector as ${twin.label} (${describeSelector(selector)})`)
    }
    const member = twin ?? { label, selector }
    this.#members.set(key, member)
    this.#byVersion.set(version.id, member)
    if (selector === null) return
    if (selector.isDefault) {
      if (this.#marked) {
        throw new Error(`${label} and ${this.#marked.label} both answer requests that name no version`)
      }
      this.#marked = member
    }
    if (selector.by === 'media-type') {
      this.#mediaTypes.set(selector.mediaType, member)
      const stem = stemOf(selector.mediaType)
      if (stem !== null) this.#stems.add(stem)
      return
    }
    const names = selector.by === 'header' ? this.#headers : this.#parameters
    const values = names.get(selector.name) ?? new Map<string, Member>()
    names.set(selector.name, values.set(selector.value, member))
  }

  /** Throws when the version was not added: the parts of a snapshot contradict each other. */
  memberOf(versionId: string): Member {
    const member = this.#byVersion.get(versionId)
    if (!member) throw new Error(`${versionId} is not among the versions of its place`)
    return member
  }

  choose(view: RequestView): Member | typeof nobody | typeof anybody {
    for (const [name, values] of this.#headers) {
      const value = view.header(name)
      if (value === announced) return anybody
      if (value) return values.get(value) ?? nobody
    }
    if (view.query !== '') {
      for (const [name, values] of this.#parameters) {
        const [first, ...more] = queryValues(view.query, name)
        if (first === undefined) continue
        return (more.every((value) => value === first) && values.get(first)) || nobody
      }
    }
    if (this.#mediaTypes.size > 0) {
      const accept = view.header('accept')
      if (accept === announced) return anybody
      if (accept) return this.#byAccept(accept)
    }
    return this.default ?? nobody
  }

  /** False while no version has a selector: then there is nothing to choose. */
  get hasNames(): boolean {
    return this.#headers.size + this.#parameters.size + this.#mediaTypes.size > 0
  }

  /** Who answers requests that name no version. */
  get default(): Member | null {
    return this.#marked ?? this.#members.get('') ?? null
  }

  /** Names of the fields that decide, as in `Vary`. */
  get varying(): string[] {
    return [...this.#headers.keys(), ...(this.#mediaTypes.size > 0 ? ['Accept'] : [])]
  }

  /** How each version is named, for who named another one. */
  get offered(): string {
    const names = [...this.#members.values()]
      .flatMap(({ selector }) => (selector === null ? [] : [describeSelector(selector)]))
      .join(', ')
    return this.default === null ? `${names}; a request has to name one.` : `${names}, or none.`
  }

  #byAccept(accept: string): Member | typeof nobody {
    const known = this.#remembered.get(accept)
    if (known !== undefined) return known
    const member = this.#negotiate(accept)
    if (accept.length > rememberedLengthMax) return member
    if (this.#remembered.size >= rememberedMax) this.#remembered.clear()
    this.#remembered.set(accept, member)
    return member
  }

  /** By quality (RFC 9110 12.5.1): whole media types name versions, everything else that is wanted goes to the default. */
  #negotiate(accept: string): Member | typeof nobody {
    const rejected = new Set<Member>()
    let best: Member | null = null
    let bestQuality = 0
    let otherQuality = 0
    let namesUnknown = false
    for (const { range, quality } of parseAccept(accept)) {
      const member = this.#mediaTypes.get(range)
      if (member !== undefined) {
        if (quality === 0) rejected.add(member)
        if (quality <= bestQuality) continue
        best = member
        bestQuality = quality
      } else if (this.#isOfThisApi(range)) {
        namesUnknown ||= quality > 0
      } else if (quality > otherQuality) {
        otherQuality = quality
      }
    }
    const fallback = this.default !== null && !rejected.has(this.default) ? this.default : null
    if (fallback !== null && otherQuality > bestQuality) return fallback
    if (best !== null) return best
    return fallback === null || namesUnknown ? nobody : fallback
  }

  /** `application/vnd.books.v9+json` beside `application/vnd.books.v2+json`: a version of this API that nobody offers. */
  #isOfThisApi(range: string): boolean {
    for (const stem of this.#stems) if (range.startsWith(stem)) return true
    return false
  }
}

/** All of a media type that comes before its version; null when too little does to tell one API from another. */
export function stemOf(mediaType: string): string | null {
  const stem = /^(.+?[.-])(?:v?\d[\d.]*|[^.+-]+)(?:\+.*)?$/.exec(mediaType)?.[1]
  return stem === undefined || /\/(?:vnd|prs|x)[.-]$/.test(stem) ? null : stem
}
