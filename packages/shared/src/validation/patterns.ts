// Patterns of documents, tested in time that grows with the text and not with its powers (ADR 79). Not for the portal: RE2 is large.
import { RE2JS } from 're2js'

/** A value asks for more work than one request may cause. */
export class TooComplex extends Error {}

export type PatternTest = (text: string) => boolean

const sourceCharsMax = 2_000
/** Instructions of a program times characters of a text: a millisecond as a rule, tens of them where RE2 is slowest. */
const workMax = 20_000_000
/** Texts up to here cost little under any pattern. */
const freeChars = 256

// One sequence of characters and classes, none of them in a group: with one quantifier without an end at most, and the start known,
// trying again costs no more than reading the text once more.
const atom = String.raw`(?:[^\\^$.*+?()[\]{}|/]|/|\.|\\[dDwWsS\\^$.*+?()[\]{}|/-]|\[\^?(?:[^\\\][]|\\[dDwWsS\\^$.*+?()[\]{}|/nrt-])+\])`
const exact = String.raw`(?:\{\d{1,4}\})?`
const loose = String.raw`(?:[*+?]|\{\d{1,4},\d{0,4}\})`
const simple = new RegExp(`^\\^(?:${atom}${exact})*(?:${atom}${loose})?(?:${atom}${exact})*\\$?$`)

/** Throws an error that says why, for a pattern that cannot be tested safely. */
export function compilePattern(source: string): PatternTest {
  if (source.length > sourceCharsMax) throw new Error(`is longer than ${sourceCharsMax} characters`)
  const native = nativeOf(source)
  if (native !== null) {
    const steps = stepsOf(source)
    return (text) => {
      if (text.length > freeChars && text.length * steps > workMax) throw new TooComplex()
      return native.test(text)
    }
  }
  const pattern = RE2JS.compile(RE2JS.translateRegExp(source))
  const work = pattern.programSize()
  return (text) => {
    if (text.length * work > workMax) throw new TooComplex()
    return pattern.test(text)
  }
}

/** Why gateways cannot test it; null = they can. */
export function uncheckablePattern(source: string): string | null {
  try {
    compilePattern(source)
    return null
  } catch (error) {
    return error instanceof Error ? error.message.replace(/^error parsing regexp: /, '') : 'cannot be read'
  }
}

/** How far the engine of JavaScript may read on at each place to which it goes back: what stands behind the loose quantifier. */
function stepsOf(source: string): number {
  const plain = source.replace(/\\.|\[(?:[^\\\]]|\\.)+\]/g, 'a')
  const rest = plain.split(/[*+?]|\{\d+,\d*\}/).at(-1) ?? ''
  let steps = rest.length
  for (const [, count] of rest.matchAll(/\{(\d+)\}/g)) steps += Number(count)
  return steps
}

/** The engine of JavaScript, where a pattern is so plain that it cannot be slow. */
function nativeOf(source: string): RegExp | null {
  if (!simple.test(source)) return null
  try {
    // The flag JSON Schema means (2020-12 core, 6.4), and the one that older documents were written with.
    return new RegExp(source, 'u')
  } catch {
    return null
  }
}
