// How policies have content looked at for viruses; the gateway speaks to the scanners.

export interface ScannerSettings {
  /** `clamd://host:3310`, `clamd:///run/clamd.ctl`, `icap://host:1344/service`. */
  readonly address: string
  /** What an ICAP server is asked with (RFC 3507 3.1, 3.2). */
  readonly method: 'reqmod' | 'respmod'
  readonly timeoutMs: number
}

export type ScanVerdict =
  | { readonly kind: 'clean' }
  | { readonly kind: 'found'; readonly signature: string }
  /** The scanner does not take so much. */
  | { readonly kind: 'too-large' }
  /** It was not scanned. */
  | { readonly kind: 'unavailable' }

export interface Scanner {
  /** Never throws. `requestId` is for the log. */
  scan(content: Uint8Array, requestId: string): Promise<ScanVerdict>
}

export interface Scanners {
  /** `isPlatform`: the address may be a socket of the machine. Throws a sentence when it may not be used. */
  open(settings: ScannerSettings, isPlatform: boolean): Scanner
}
