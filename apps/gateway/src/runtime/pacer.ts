// Long work in slices: after each few milliseconds the requests that wait are served first.

const sliceMs = 4

/** A function to await between the pieces of one long task; usually it waits for nothing. */
export function createPacer(): () => Promise<void> | undefined {
  let until = performance.now() + sliceMs
  return function pause() {
    if (performance.now() < until) return undefined
    return new Promise((resolve) => {
      setImmediate(() => {
        until = performance.now() + sliceMs
        resolve()
      })
    })
  }
}
