// Named lists of addresses that somebody has a bad opinion of, as policies ask for them. The gateway brings the lists.

export interface AddressLists {
  /** Why there is no list of this name here, as a sentence that says how to provide one; null = there is. */
  missing(name: string): string | null
  /** The first of these lists that has the address; null = none. */
  find(names: readonly string[], address: string): string | null
}
