// Puts a real key where a code sample names a variable for it, so that the copied line runs as it is.

const place = /\$\{?[A-Z][A-Z0-9_]*KEY[A-Z0-9_]*\}?|<[^<>\n]*key[^<>\n]*>|YOUR_[A-Z_]*KEY/gi

/** Single quotes would keep a shell from reading the variable; with the key in place either quote is right. */
export function withKey(sample: string, key: string): string {
  return sample.replace(place, () => key)
}
