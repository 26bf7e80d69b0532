// Time zones are IANA names that this runtime knows; quotas reset at their midnight.
import { refuseField } from '../refusal.ts'

/** Refuses the field at `pointer` when its value is no time zone. */
export function refuseUnknownTimeZone(timeZone: string, pointer = '/timeZone'): void {
  if (isTimeZone(timeZone)) return
  refuseField('invalid_input', pointer, `"${timeZone}" is no IANA time zone, such as Europe/Berlin`)
}

function isTimeZone(text: string): boolean {
  // The runtime takes offsets such as +01:00 too, but Postgres reads their sign the other way round.
  if (/^[+-]/.test(text)) return false
  try {
    new Intl.DateTimeFormat('en', { timeZone: text })
    return true
  } catch {
    return false
  }
}
