// Line and column of an offset in the document's text, and the tree of offsets that pointers are looked up in.
import { segments } from './pointer.ts'

export interface Position {
  /** 1-based. */
  line: number
  /** 1-based, in UTF-16 code units. */
  column: number
}

/** Where a value starts, where its key starts, and the same of its children. */
export interface PositionNode {
  at: number
  keyAt: number
  end: number
  members?: Map<string, PositionNode>
  items?: PositionNode[]
}

export class LineIndex {
  readonly #starts: number[] = [0]

  constructor(text: string) {
    for (let at = text.indexOf('\n'); at !== -1; at = text.indexOf('\n', at + 1)) this.#starts.push(at + 1)
  }

  position(offset: number): Position {
    let low = 0
    let high = this.#starts.length - 1
    while (low < high) {
      const middle = (low + high + 1) >> 1
      if ((this.#starts[middle] ?? 0) <= offset) low = middle
      else high = middle - 1
    }
    return { line: low + 1, column: offset - (this.#starts[low] ?? 0) + 1 }
  }
}

/** The deepest node on the way of `pointer` that exists, so that "x is missing" points at the object that lacks it. */
export function nearestNode(root: PositionNode, pointer: string): PositionNode {
  let node = root
  for (const key of segments(pointer)) {
    const next = node.members ? node.members.get(key) : node.items?.[Number(key)]
    if (!next) break
    node = next
  }
  return node
}
