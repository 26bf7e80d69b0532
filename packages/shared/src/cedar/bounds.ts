// What a Cedar text may be before the parser sees it: its stack is a megabyte of WebAssembly, and one that overflows takes the engine with it.

export interface CedarFault {
  /** 1-based; 0 = of the whole text. */
  readonly line: number
  readonly column: number
  readonly message: string
}

/** Most rules of one set, deepest brackets and most operators of one rule: half of what the engine was seen to bear. */
const rulesMax = 100
const depthMax = 20
const operatorsMax = 150
/**
 * Characters of all patterns of `like` behind their first `*`: each of them may be compared at each place of a text, and the caller
 * writes the text, as long as a head may be. What stands before the first `*` is compared once.
 */
const searchedMax = 200

// A comment ends where the engine ends it, at a carriage return too: what stands behind is measured as it is parsed.
const tokens =
  /\/\/[^\n\r]*|"(?:[^"\\]|\\[\s\S])*"|&&|\|\||[=!<>]=|\b(?:if|in|has|like|is)\b|[-+*<>!.]|[()[\]{}]|[;,]/g

/** Why a text of policies or of a schema is not to be parsed; null = it may be. */
export function boundsFault(text: string): CedarFault | null {
  let depth = 0
  let operators = 0
  let rules = 0
  let searched = 0
  let isPattern = false
  for (const { 0: token, index } of text.matchAll(tokens)) {
    if (token.startsWith('//')) continue
    const wasLike = isPattern
    isPattern = token === 'like'
    if (token.startsWith('"')) {
      const star = wasLike ? token.indexOf('*') : -1
      if (star >= 0) searched += token.length - star - 2
      if (searched > searchedMax) {
        const message = `The patterns of like have more than ${searchedMax} characters behind their first *.`
        return { ...placeOf(text, index), message }
      }
      continue
    }
    if (token === ',') continue
    if (token === ';') {
      rules++
      operators = 0
      if (rules > rulesMax)
        return { ...placeOf(text, index), message: `There are more than ${rulesMax} rules.` }
    } else if ('([{'.includes(token)) {
      if (++depth > depthMax)
        return { ...placeOf(text, index), message: `Brackets are more than ${depthMax} deep.` }
    } else if (')]}'.includes(token)) {
      depth--
    } else if (++operators > operatorsMax) {
      const message = `A rule has more than ${operatorsMax} operators and dots: make several of it.`
      return { ...placeOf(text, index), message }
    }
  }
  return null
}

/** `offset`: in UTF-16 units. */
export function placeOf(text: string, offset: number): { readonly line: number; readonly column: number } {
  const before = text.slice(0, offset)
  const line = before.split('\n').length
  return { line, column: offset - before.lastIndexOf('\n') }
}

/** "line 2, column 5: unexpected token `}`" */
export function describeFault({ line, column, message }: CedarFault): string {
  return line === 0 ? message : `line ${line}, column ${column}: ${message}`
}
