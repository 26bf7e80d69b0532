// Code samples (H2): one request written in five languages, with the key read from the environment and never in the text.
import { isObject, type JsonValue } from './json.ts'
import { SAMPLE_FILE, type SampleOptions, type SampleRequest, sampleRequest } from './sample-request.ts'

export type SampleLanguage = 'curl' | 'javascript' | 'python' | 'php' | 'ruby'

export interface CodeSample {
  language: SampleLanguage
  title: string
  code: string
}

/** One sample per language that can send such a request, curl first. */
export function codeSamples(options: SampleOptions): CodeSample[] {
  const request = sampleRequest(options)
  const samples: CodeSample[] = [
    { language: 'curl', title: 'curl', code: curl(request) },
    { language: 'javascript', title: 'JavaScript (fetch)', code: javascript(request) },
    { language: 'python', title: 'Python (urllib)', code: python(request) },
    { language: 'php', title: 'PHP (cURL)', code: php(request) },
    { language: 'ruby', title: 'Ruby (net/http)', code: ruby(request) },
  ]
  // The Fetch standard forbids this method.
  return request.method === 'TRACE' ? samples.filter((sample) => sample.language !== 'javascript') : samples
}

function jsonText(value: JsonValue): string {
  return JSON.stringify(value, null, 2)
}

function curl({ method, url, headers, key, token, body }: SampleRequest): string {
  const quoted = (text: string): string => `'${text.replaceAll("'", `'\\''`)}'`
  const verb = method === 'GET' ? '' : method === 'HEAD' ? ' --head' : ` --request ${method}`
  const lines = [`curl${verb} ${quoted(url)}`]
  // A header name may hold characters that are special to a shell, such as ` and $ (RFC 9110, 5.6.2).
  const plain = /^[\w-]+$/.test(key?.header ?? '')
  if (key) {
    const name = plain ? `"${key.header}: ${key.prefix}` : `${quoted(`${key.header}: `)}"`
    lines.push(`--header ${name}$${key.variable}"`)
  }
  for (const [name, value] of headers) lines.push(`--header ${quoted(`${name}: ${value}`)}`)
  if (body.kind === 'json') lines.push(`--data-raw ${quoted(jsonText(body.value))}`)
  if (body.kind === 'text') lines.push(`--data-raw ${quoted(body.text)}`)
  if (body.kind === 'file') lines.push(`--data-binary @${SAMPLE_FILE}`)
  if (body.kind === 'multipart') {
    for (const { name, value } of body.fields) {
      // --form-string takes a value as it is, also with a leading @ or <.
      lines.push(
        value === null
          ? `--form ${quoted(`${name}=@${SAMPLE_FILE}`)}`
          : `--form-string ${quoted(`${name}=${value}`)}`,
      )
    }
  }
  const asked = token?.tokenUrl ? `${tokenRequest(token.tokenUrl, token.scopes, quoted)}\n\n` : ''
  return `${asked}${lines.join(' \\\n  ')}\n`
}

/** The client's own token (RFC 6749 4.4); id and secret come from the environment, as keys do. */
function tokenRequest(url: string, scopes: readonly string[], quoted: (text: string) => string): string {
  const lines = [
    `ACCESS_TOKEN=$(curl --silent ${quoted(url)}`,
    '--user "$CLIENT_ID:$CLIENT_SECRET"',
    '--data grant_type=client_credentials',
    ...(scopes.length === 0 ? [] : [`--data-urlencode ${quoted(`scope=${scopes.join(' ')}`)}`]),
  ]
  return `${lines.join(' \\\n  ')} | jq --raw-output .access_token)`
}

function javascript({ method, url, headers, key, body }: SampleRequest): string {
  const text = JSON.stringify
  const lines: string[] = []
  const reads =
    body.kind === 'file' || (body.kind === 'multipart' && body.fields.some(({ value }) => value === null))
  if (reads) lines.push(`import { readFile } from 'node:fs/promises'`, '')
  if (body.kind === 'multipart') {
    lines.push('const form = new FormData()')
    for (const { name, value } of body.fields) {
      lines.push(
        value === null
          ? `form.append(${text(name)}, new Blob([await readFile(${text(SAMPLE_FILE)})]), ${text(SAMPLE_FILE)})`
          : `form.append(${text(name)}, ${text(value)})`,
      )
    }
    lines.push('')
  }
  lines.push(`const response = await fetch(${text(url)}, {`, `  method: ${text(method)},`)
  if (key || headers.length > 0) {
    lines.push('  headers: {')
    if (key) {
      const value = `process.env.${key.variable}`
      lines.push(`    ${text(key.header)}: ${key.prefix ? `\`${key.prefix}\${${value}}\`` : value},`)
    }
    for (const [name, value] of headers) lines.push(`    ${text(name)}: ${text(value)},`)
    lines.push('  },')
  }
  if (body.kind === 'json') lines.push(`  body: JSON.stringify(${indented(jsonText(body.value), '  ')}),`)
  if (body.kind === 'text') lines.push(`  body: ${text(body.text)},`)
  if (body.kind === 'file') lines.push(`  body: await readFile(${text(SAMPLE_FILE)}),`)
  if (body.kind === 'multipart') lines.push('  body: form,')
  lines.push('})', 'console.log(response.status, await response.text())')
  return `${lines.join('\n')}\n`
}

function python({ method, url, headers, key, body }: SampleRequest): string {
  // JSON text is Python text: the same escapes, in double quotes.
  const text = JSON.stringify
  const imports = [...(body.kind === 'json' ? ['json'] : []), ...(key ? ['os'] : []), 'urllib.request']
  const lines = [...imports.map((name) => `import ${name}`), '']
  const all = [...headers]
  let data: string | undefined
  if (body.kind === 'json') data = `json.dumps(${indented(pythonValue(body.value, ''), '    ')}).encode()`
  if (body.kind === 'text') data = `${text(body.text)}.encode()`
  if (body.kind === 'file') data = `open(${text(SAMPLE_FILE)}, "rb").read()`
  if (body.kind === 'multipart') {
    // The standard library makes no multipart bodies.
    lines.push('boundary = "gatewright-sample"', 'parts = []')
    for (const { name, value } of body.fields) {
      const file = value === null ? `; filename=\\"${SAMPLE_FILE}\\"` : ''
      const head = `Content-Disposition: form-data; name=\\"${text(name).slice(1, -1)}\\"${file}`
      const content = value === null ? `open(${text(SAMPLE_FILE)}, "rb").read()` : `${text(value)}.encode()`
      lines.push(
        `parts.append(b"--" + boundary.encode() + b"\\r\\n" + "${head}\\r\\n\\r\\n".encode() + ${content} + b"\\r\\n")`,
      )
    }
    lines.push('parts.append(b"--" + boundary.encode() + b"--\\r\\n")', '')
    all.push(['Content-Type', 'multipart/form-data; boundary=gatewright-sample'])
    data = 'b"".join(parts)'
  }
  lines.push('request = urllib.request.Request(', `    ${text(url)},`, `    method=${text(method)},`)
  if (key || all.length > 0) {
    lines.push('    headers={')
    if (key) {
      const prefix = key.prefix ? `${text(key.prefix)} + ` : ''
      lines.push(`        ${text(key.header)}: ${prefix}os.environ[${text(key.variable)}],`)
    }
    for (const [name, value] of all) lines.push(`        ${text(name)}: ${text(value)},`)
    lines.push('    },')
  }
  if (data !== undefined) lines.push(`    data=${data},`)
  lines.push(
    ')',
    'with urllib.request.urlopen(request) as response:',
    '    print(response.status, response.read().decode())',
  )
  return `${lines.join('\n')}\n`
}

function pythonValue(value: JsonValue, indent: string): string {
  if (value === null) return 'None'
  if (typeof value === 'boolean') return value ? 'True' : 'False'
  const inner = `${indent}    `
  if (Array.isArray(value)) {
    return value.length === 0
      ? '[]'
      : `[\n${value.map((item) => `${inner}${pythonValue(item, inner)},\n`).join('')}${indent}]`
  }
  if (!isObject(value)) return JSON.stringify(value)
  const members = Object.entries(value).map(
    ([name, member]) => `${inner}${JSON.stringify(name)}: ${pythonValue(member, inner)},\n`,
  )
  return members.length === 0 ? '{}' : `{\n${members.join('')}${indent}}`
}

function php({ method, url, headers, key, body }: SampleRequest): string {
  const text = singleQuoted
  const lines = ['<?php', `$curl = curl_init(${text(url)});`, 'curl_setopt_array($curl, [']
  // cURL waits for the body of a HEAD answer unless it is told that there is none.
  lines.push(
    method === 'HEAD' ? '    CURLOPT_NOBODY => true,' : `    CURLOPT_CUSTOMREQUEST => ${text(method)},`,
  )
  lines.push('    CURLOPT_RETURNTRANSFER => true,')
  if (key || headers.length > 0) {
    lines.push('    CURLOPT_HTTPHEADER => [')
    if (key) lines.push(`        ${text(`${key.header}: ${key.prefix}`)} . getenv(${text(key.variable)}),`)
    for (const [name, value] of headers) lines.push(`        ${text(`${name}: ${value}`)},`)
    lines.push('    ],')
  }
  if (body.kind === 'json') lines.push(`    CURLOPT_POSTFIELDS => ${text(jsonText(body.value))},`)
  if (body.kind === 'text') lines.push(`    CURLOPT_POSTFIELDS => ${text(body.text)},`)
  if (body.kind === 'file') lines.push(`    CURLOPT_POSTFIELDS => file_get_contents(${text(SAMPLE_FILE)}),`)
  if (body.kind === 'multipart') {
    lines.push('    CURLOPT_POSTFIELDS => [')
    for (const { name, value } of body.fields) {
      lines.push(
        `        ${text(name)} => ${value === null ? `new CURLFile(${text(SAMPLE_FILE)})` : text(value)},`,
      )
    }
    lines.push('    ],')
  }
  lines.push(']);', 'echo curl_exec($curl);')
  return `${lines.join('\n')}\n`
}

const RUBY_CLASSES = new Set(['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS', 'TRACE'])

function ruby({ method, url, headers, key, body }: SampleRequest): string {
  const text = singleQuoted
  const lines = [`require 'net/http'`, `require 'uri'`, '', `uri = URI(${text(url)})`]
  const known = RUBY_CLASSES.has(method)
  lines.push(
    known
      ? `request = Net::HTTP::${method[0]}${method.slice(1).toLowerCase()}.new(uri)`
      : `request = Net::HTTPGenericRequest.new(${text(method)}, ${body.kind !== 'none'}, true, uri)`,
  )
  if (key) {
    const prefix = key.prefix ? `${text(key.prefix)} + ` : ''
    lines.push(`request[${text(key.header)}] = ${prefix}ENV.fetch(${text(key.variable)})`)
  }
  for (const [name, value] of headers) lines.push(`request[${text(name)}] = ${text(value)}`)
  if (body.kind === 'json') lines.push(`request.body = ${text(jsonText(body.value))}`)
  if (body.kind === 'text') lines.push(`request.body = ${text(body.text)}`)
  if (body.kind === 'file') lines.push(`request.body = File.binread(${text(SAMPLE_FILE)})`)
  if (body.kind === 'multipart') {
    const fields = body.fields.map(({ name, value }) => {
      return `  [${text(name)}, ${value === null ? `File.open(${text(SAMPLE_FILE)})` : text(value)}],`
    })
    lines.push('request.set_form([', ...fields, `], 'multipart/form-data')`)
  }
  lines.push(
    '',
    `response = Net::HTTP.start(uri.host, uri.port, use_ssl: uri.scheme == 'https') do |http|`,
    '  http.request(request)',
    'end',
    'puts response.code, response.body',
  )
  return `${lines.join('\n')}\n`
}

/** Of PHP and Ruby alike: only the backslash and the quote itself are special. */
function singleQuoted(text: string): string {
  return `'${text.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`
}

function indented(text: string, by: string): string {
  return text.replaceAll('\n', `\n${by}`)
}
