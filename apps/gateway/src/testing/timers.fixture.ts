// How late the timers of this process are: what a test of time limits may not blame on the limits.
import { monitorEventLoopDelay } from 'node:perf_hooks'

export function watchTimers() {
  const delays = monitorEventLoopDelay({ resolution: 5 })
  delays.enable()
  return {
    /** The longest that a timer was late since then, milliseconds; ends the watch. */
    longestMs() {
      delays.disable()
      return delays.max / 1e6
    },
  }
}
