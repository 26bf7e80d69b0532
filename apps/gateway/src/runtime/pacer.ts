// Long work in slices: between them the requests that wait are served first.
import { collectYoungGeneration } from './young-generation.ts'

const sliceMs = 2
// A request takes several turns of the event loop: with a slice in each of them it would wait for as many. So the loop is
// left alone for a while, and does in it all the turns that are needed.
const restMs = 1

/** A function to await between the pieces of one long task; usually it waits for nothing. */
export function createPacer(): () => Promise<void> | undefined {
  let until = performance.now() + sliceMs
  return function pause() {
    if (performance.now() < until) return undefined
    // What was made is there to stay. Left alone, V8 would copy a whole young generation full of it in one long stop.
    collectYoungGeneration()
    return new Promise((resolve) => {
      setTimeout(() => {
        until = performance.now() + sliceMs
        resolve()
      }, restMs)
    })
  }
}
