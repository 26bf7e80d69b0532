// Collects what an import has to say, each finding once per place, with the line it stands on.
import { FINDINGS, type FindingCode, type Severity } from './codes.ts'

export interface Place {
  /** JSON pointer in the document as received (a Swagger 2.0 pointer for a Swagger 2.0 document). */
  pointer: string
  line: number
  column: number
}

export interface Finding extends Place {
  code: FindingCode
  severity: Severity
  message: string
}

export interface FindingReport {
  /** In document order; at most 100 per code. */
  findings: Finding[]
  /** How often each code occurred, past that cap too. */
  counts: Partial<Record<FindingCode, number>>
}

/** A systematic fault of a large document (one wrong field 5,000 times) must not drown the rest. */
const MAX_PER_CODE = 100

export class Findings {
  readonly #place: (pointer: string) => Place
  readonly #seen = new Set<string>()
  readonly #counts = new Map<FindingCode, number>()
  readonly #found: Finding[] = []

  /** `place` maps a pointer of the (upgraded) model to where that stands in the document as received. */
  constructor(place: (pointer: string) => Place) {
    this.#place = place
  }

  report(code: FindingCode, pointer: string, message: string): void {
    this.reportAt(code, this.#place(pointer), message)
  }

  /** The same for a place that is already one of the document as received. */
  reportAt(code: FindingCode, place: Place, message: string): void {
    const key = `${code} ${place.pointer}`
    if (this.#seen.has(key)) return
    this.#seen.add(key)
    const count = (this.#counts.get(code) ?? 0) + 1
    this.#counts.set(code, count)
    if (count <= MAX_PER_CODE)
      this.#found.push({ code, severity: FINDINGS[code].severity, message, ...place })
  }

  line(pointer: string): number {
    return this.#place(pointer).line
  }

  has(code: FindingCode, pointer: string): boolean {
    return this.#seen.has(`${code} ${this.#place(pointer).pointer}`)
  }

  result(): FindingReport {
    const findings = this.#found.toSorted(
      (a, b) => a.line - b.line || a.column - b.column || compare(a.code, b.code),
    )
    return { findings, counts: Object.fromEntries([...this.#counts].sort((a, b) => compare(a[0], b[0]))) }
  }
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0
}
