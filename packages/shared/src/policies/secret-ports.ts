// The port of policies that use secrets: what the text of one stands for on this gateway, now.

/** A secret as it is at this moment: one that Vault keeps changes while requests pass, so it is asked for when it is used. */
export interface Secret {
  /** null: it cannot be read, and has not been for longer than its last value is good. */
  readonly text: string | null
  /** What tells it from other secrets. As secret as it is itself. */
  readonly key: string
}

/** The secrets of the configuration at hand. */
export interface Secrets {
  /**
   * What a text of the form `secretText` stands for. `faultOf` says what is wrong with a value for the purpose at hand, without the
   * value: a first one with a fault refuses the configuration, a later one is not taken. Throws a sentence that says what is missing.
   */
  open(text: string, faultOf?: (text: string) => string | null): Secret
}
