// One timer for all time limits of a worker's upstream calls: arming a limit is storing a number, not making a timer.

/** How late a limit may strike, milliseconds. */
const sweepIntervalMs = 10

/** Something that must not last for ever. */
export interface Limited {
  /** When it is over, on the clock of `performance.now()`; Infinity when nothing limits it. */
  deadlineMs: number
  /** Place in the list of the running ones; owned by `Deadlines`. */
  deadlineIndex: number
  onDeadline(nowMs: number): void
}

export class Deadlines {
  /** Time of the last sweep: good enough for limits, and free. */
  nowMs = performance.now()
  readonly #running: Limited[] = []
  #timer: NodeJS.Timeout | null = null

  add(limited: Limited): void {
    if (this.#timer === null) {
      this.nowMs = performance.now()
      this.#timer = setInterval(() => this.#sweep(), sweepIntervalMs).unref()
    }
    limited.deadlineIndex = this.#running.push(limited) - 1
  }

  remove(limited: Limited): void {
    const index = limited.deadlineIndex
    if (index < 0) return
    limited.deadlineIndex = -1
    const last = this.#running.pop() as Limited
    if (last !== limited) {
      this.#running[index] = last
      last.deadlineIndex = index
    }
  }

  #sweep(): void {
    this.nowMs = performance.now()
    const running = this.#running
    if (running.length === 0 && this.#timer !== null) {
      clearInterval(this.#timer)
      this.#timer = null
      return
    }
    // From the end, because one that is over removes itself and the last one takes its place.
    for (let i = running.length - 1; i >= 0; i--) {
      const limited = running[i]
      if (limited !== undefined && limited.deadlineMs <= this.nowMs) limited.onDeadline(this.nowMs)
    }
  }
}
