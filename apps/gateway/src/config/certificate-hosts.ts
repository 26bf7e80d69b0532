// The hosts on which clients are asked for a certificate, collected while a snapshot is compiled.

export class CertificateHosts {
  #isAny = false
  readonly #exact = new Set<string>()
  /** `.example.com` for every name below. */
  readonly #suffixes = new Set<string>()

  /** Hosts of a route with a policy that wants one; none = any host. */
  add(hosts: readonly string[]): void {
    if (hosts.length === 0) this.#isAny = true
    for (const host of hosts) {
      if (host.startsWith('*.')) this.#suffixes.add(host.slice(1))
      else this.#exact.add(host)
    }
  }

  /** null while nobody is to be asked; for a client that names no host it could be any. */
  get question(): ((host: string | null) => boolean) | null {
    if (this.#isAny) return () => true
    if (this.#exact.size === 0 && this.#suffixes.size === 0) return null
    return (host) => {
      if (host === null || this.#exact.has(host)) return true
      for (let dot = host.indexOf('.'); dot > 0; dot = host.indexOf('.', dot + 1)) {
        if (this.#suffixes.has(host.slice(dot))) return true
      }
      return false
    }
  }
}
