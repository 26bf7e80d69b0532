// "Prove once more that it is you": whoever shows the question registers here, and a refused call is sent again after it.
import { asProblem } from './problem.ts'

type Ask = () => Promise<boolean>

let ask: Ask | undefined
let asking: Promise<boolean> | undefined

/** Answers how to take it back. */
export function whenProofIsNeeded(show: Ask): () => void {
  ask = show
  return () => {
    if (ask === show) ask = undefined
  }
}

/** Does `send` once more when the first try was refused for want of a proof and the person then gave one. */
export async function withProof<T>(send: () => Promise<T>): Promise<T> {
  try {
    return await send()
  } catch (error) {
    if (asProblem(error).code !== 'proof_required' || !ask) throw error
    // Several calls at once ask one question.
    asking ??= ask().finally(() => {
      asking = undefined
    })
    if (!(await asking)) throw error
    return send()
  }
}
