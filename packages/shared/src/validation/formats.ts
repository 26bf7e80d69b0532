// Formats of strings and numbers that are checked: each in one pass over a short text (JSON Schema 2020-12 validation, 7.3; OpenAPI 3.1, 4.4.1).

/** Longer texts are none of these formats. */
const lengthMax = 2_048

type TextFormat = (text: string) => boolean

const days = [0, 31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]

/** RFC 3339 full-date. */
function isDate(text: string): boolean {
  const match = /^(\d{4})-(\d\d)-(\d\d)$/.exec(text)
  if (!match) return false
  const [year, month, day] = [Number(match[1]), Number(match[2]), Number(match[3])]
  if (month === 2 && day === 29) return year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0)
  return day >= 1 && day <= (days[month] ?? 0)
}

/** RFC 3339 full-time, with a leap second where UTC may have one. */
function isTime(text: string): boolean {
  const match =
    /^([01]\d|2[0-3]):([0-5]\d):([0-5]\d|60)(?:\.\d{1,12})?(?:z|([+-])([01]\d|2[0-3]):([0-5]\d))$/i.exec(text)
  if (!match) return false
  if (match[3] !== '60') return true
  const sign = match[4] === '-' ? -1 : 1
  const offset = sign * (Number(match[5] ?? 0) * 60 + Number(match[6] ?? 0))
  const utc = (Number(match[1]) * 60 + Number(match[2]) - offset + 2_880) % 1_440
  return utc === 1_439
}

function isDateTime(text: string): boolean {
  const separator = text.charAt(10)
  return /^[Tt ]$/.test(separator) && isDate(text.slice(0, 10)) && isTime(text.slice(11))
}

function isIpv4(text: string): boolean {
  return /^(?:(?:25[0-5]|2[0-4]\d|1\d\d|[1-9]?\d)(?:\.|$)){4}$/.test(text) && !text.endsWith('.')
}

/** RFC 4291 2.2, without a zone. */
function isIpv6(text: string): boolean {
  if (text.length > 45) return false
  const halves = text.split('::')
  if (halves.length > 2) return false
  const groups = (half: string | undefined) => (half === undefined || half === '' ? [] : half.split(':'))
  const all = [...groups(halves[0]), ...groups(halves[1])]
  const last = all.at(-1) ?? ''
  const hasV4 = last.includes('.') && text.endsWith(last)
  const written = hasV4 ? all.slice(0, -1) : all
  if (!written.every((group) => /^[0-9a-f]{1,4}$/i.test(group)) || (hasV4 && !isIpv4(last))) return false
  const count = written.length + (hasV4 ? 2 : 0)
  return halves.length === 2 ? count < 8 : count === 8
}

/** RFC 1123 2.1. */
function isHostname(text: string): boolean {
  if (text.length > 253) return false
  return text.split('.').every((label) => /^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/i.test(label))
}

/** RFC 5321 4.1.2, the dotted form. */
function isEmail(text: string): boolean {
  const at = text.lastIndexOf('@')
  const local = text.slice(0, at)
  if (at < 1 || at > 64 || local.startsWith('.') || local.endsWith('.') || local.includes('..')) return false
  return /^[a-z0-9.!#$%&'*+/=?^_`{|}~-]+$/i.test(local) && isHostname(text.slice(at + 1))
}

/** RFC 3986 3: a scheme, and nothing that a URI cannot hold. */
function isUri(text: string): boolean {
  return /^[a-z][a-z0-9+.-]*:/i.test(text) && isUriReference(text)
}

function isUriReference(text: string): boolean {
  return /^(?:[a-z0-9\-._~:/?#[\]@!$&'()*+,;=]|%[0-9a-f]{2})*$/i.test(text)
}

function isBase64(text: string): boolean {
  return text.length % 4 === 0 && /^[A-Za-z0-9+/]*={0,2}$/.test(text)
}

const short =
  (test: TextFormat): TextFormat =>
  (text) =>
    text.length <= lengthMax && test(text)

export const textFormats: Readonly<Record<string, TextFormat>> = {
  date: short(isDate),
  time: short(isTime),
  'date-time': short(isDateTime),
  duration: short((text) =>
    /^P(?!$)(?:\d+Y)?(?:\d+M)?(?:\d+W)?(?:\d+D)?(?:T(?=\d)(?:\d+H)?(?:\d+M)?(?:\d+(?:\.\d+)?S)?)?$/.test(
      text,
    ),
  ),
  uuid: short((text) => /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i.test(text)),
  email: short(isEmail),
  hostname: short(isHostname),
  ipv4: short(isIpv4),
  ipv6: short(isIpv6),
  uri: short(isUri),
  'uri-reference': short(isUriReference),
  // A file may stand in it: read once, and as long as the body may be.
  byte: isBase64,
}

export const numberFormats: Readonly<Record<string, (value: number) => boolean>> = {
  int32: (value) => Number.isInteger(value) && value >= -2_147_483_648 && value <= 2_147_483_647,
  // What a JSON number can say of it: beyond 2^53 neighbours are one number.
  int64: (value) => Number.isInteger(value) && Math.abs(value) <= 2 ** 63,
}
