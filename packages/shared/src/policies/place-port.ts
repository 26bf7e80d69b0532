// Where addresses are, and whose networks they belong to, as policies ask for it. The gateway brings the databases.

/** What is known of an address; null = the databases do not say. */
export interface Place {
  /** ISO 3166-1 alpha-2, such as `DE`. */
  readonly country: string | null
  /** `AF`, `AN`, `AS`, `EU`, `NA`, `OC` or `SA`. */
  readonly continent: string | null
  /** Number of the autonomous system (RFC 6793). */
  readonly network: number | null
}

export interface Places {
  /** Why nothing can be said of countries or of networks here, as a sentence that says how to change it; null = it can. */
  missing(what: 'countries' | 'networks'): string | null
  find(address: string): Place
}
