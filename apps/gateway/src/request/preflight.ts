// A CORS preflight as the router sees it: the request it is about, of whose header fields it tells the names alone.
import { announced, type RequestView } from '../config/generation.ts'

export class PreflightView implements RequestView {
  readonly query: string
  readonly #names: ReadonlySet<string>

  constructor(preflight: { readonly query: string; header(name: string): string | undefined }) {
    this.query = preflight.query
    const names = preflight.header('access-control-request-headers') ?? ''
    this.#names = new Set(names.split(',').map((name) => name.trim().toLowerCase()))
  }

  /** `Accept` is hardly ever announced: such a request is taken for one to the default version. */
  header(name: string): typeof announced | undefined {
    return this.#names.has(name) ? announced : undefined
  }
}
