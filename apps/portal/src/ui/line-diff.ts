// Which lines were added and removed between two texts: Myers' greedy algorithm (1986).

export interface DiffLine {
  kind: 'same' | 'added' | 'removed'
  text: string
  /** 1-based, in the text the line comes from. */
  beforeNo?: number
  afterNo?: number
}

export function diffLines(before: string, after: string): DiffLine[] {
  const a = before === '' ? [] : before.split('\n')
  const b = after === '' ? [] : after.split('\n')
  const lines: DiffLine[] = []
  let x = a.length
  let y = b.length
  for (const step of backtrack(trace(a, b), a.length, b.length)) {
    while (x > step.x && y > step.y) {
      lines.push({ kind: 'same', text: a[x - 1] ?? '', beforeNo: x, afterNo: y })
      x -= 1
      y -= 1
    }
    if (x > step.fromX) lines.push({ kind: 'removed', text: a[x - 1] ?? '', beforeNo: x })
    else if (y > step.fromY) lines.push({ kind: 'added', text: b[y - 1] ?? '', afterNo: y })
    x = step.fromX
    y = step.fromY
  }
  while (x > 0 && y > 0) {
    lines.push({ kind: 'same', text: a[x - 1] ?? '', beforeNo: x, afterNo: y })
    x -= 1
    y -= 1
  }
  return lines.reverse()
}

// For each edit count, the furthest x on every diagonal.
function trace(a: readonly string[], b: readonly string[]): Map<number, number>[] {
  const rounds: Map<number, number>[] = []
  let furthest = new Map<number, number>([[1, 0]])
  for (let edits = 0; edits <= a.length + b.length; edits += 1) {
    rounds.push(new Map(furthest))
    const next = new Map(furthest)
    for (let k = -edits; k <= edits; k += 2) {
      const down = k === -edits || (k !== edits && (next.get(k - 1) ?? -1) < (next.get(k + 1) ?? -1))
      let x = down ? (next.get(k + 1) ?? 0) : (next.get(k - 1) ?? 0) + 1
      let y = x - k
      while (x < a.length && y < b.length && a[x] === b[y]) {
        x += 1
        y += 1
      }
      next.set(k, x)
      if (x >= a.length && y >= b.length) return rounds
    }
    furthest = next
  }
  return rounds
}

interface Step {
  x: number
  y: number
  fromX: number
  fromY: number
}

function backtrack(rounds: ReadonlyArray<Map<number, number>>, lengthA: number, lengthB: number): Step[] {
  const steps: Step[] = []
  let x = lengthA
  let y = lengthB
  for (let edits = rounds.length - 1; edits > 0; edits -= 1) {
    const furthest = rounds[edits]
    if (!furthest) break
    const k = x - y
    const down = k === -edits || (k !== edits && (furthest.get(k - 1) ?? -1) < (furthest.get(k + 1) ?? -1))
    const fromK = down ? k + 1 : k - 1
    const fromX = furthest.get(fromK) ?? 0
    const fromY = fromX - fromK
    steps.push({ x: down ? fromX : fromX + 1, y: down ? fromY + 1 : fromY, fromX, fromY })
    x = fromX
    y = fromY
  }
  return steps
}
