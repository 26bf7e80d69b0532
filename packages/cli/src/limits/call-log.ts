// What callers of a limit saw, one line per call: written by a run against real gateways, read from a file.
import * as z from 'zod'
import { Failure } from '../failure.ts'

const entry = z.strictObject({
  /** When the call was sent, or when it was decided where that is known. Unix milliseconds. */
  time: z.number().min(0),
  /** When its answer was there; without it, the call was decided at `time`. */
  answered: z.number().min(0).optional(),
  /** Who is counted. */
  key: z.string(),
  gateway: z.string(),
  admitted: z.boolean(),
})

/** One call: it was decided at some moment between `sent` and `answered`. */
export interface LoggedCall {
  readonly sent: number
  readonly answered: number
  readonly key: string
  readonly gateway: string
  readonly admitted: boolean
}

/** Reads JSON lines; throws a `Failure` that names the line. */
export function readCallLog(text: string, file: string): LoggedCall[] {
  const calls = text.split('\n').flatMap((line, i) => {
    if (line.trim() === '') return []
    const where = `${file}, line ${i + 1}`
    let value: unknown
    try {
      value = JSON.parse(line)
    } catch {
      throw new Failure(`${where}: not JSON`)
    }
    const { success, data, error } = entry.safeParse(value)
    if (!success) {
      const [issue] = error.issues
      throw new Failure(`${where}: ${issue?.path.join('.') || 'the line'}: ${issue?.message}`)
    }
    const { time, answered = time, ...rest } = data
    if (answered < time) throw new Failure(`${where}: answered before it was sent`)
    return [{ sent: time, answered, ...rest }]
  })
  if (calls.length === 0) throw new Failure(`${file}: no calls`)
  return calls
}

export function writeCallLog(calls: readonly LoggedCall[]): string {
  return calls
    .map(({ sent, answered, ...rest }) => `${JSON.stringify({ time: sent, answered, ...rest })}\n`)
    .join('')
}
