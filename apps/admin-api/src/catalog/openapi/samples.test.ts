import { execFile, spawnSync } from 'node:child_process'
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { createServer, type IncomingHttpHeaders, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { VersionSelector } from '@gatewright/shared/model/match'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { importDocument } from './import.ts'
import type { ImportedOperation } from './imported-document.ts'
import { sampleRequest } from './sample-request.ts'
import { codeSamples, type SampleLanguage } from './samples.ts'
import { bytes, specBytes, specFolderMissing, specNames } from './spec-files.fixture.ts'

// Whole real documents, on machines that may be busy.
vi.setConfig({ testTimeout: 60_000 })

const object = (properties: Record<string, unknown>) => ({ type: 'object', properties })
const nasty = `it's "q" \\ $HOME \`x\` #{1+1} %s\n@é€😀`
const json = { name: nasty, on: true, off: false, none: null, list: [1, 2.5, []], deep: { empty: {} } }
const responses = { 200: { description: 'ok', content: { 'application/json': { schema: {} } } } }
const body = (contentType: string, media: unknown) => ({
  requestBody: { required: true, content: { [contentType]: media } },
  responses,
})

const source = {
  openapi: '3.2.0',
  info: { title: 't', version: '1' },
  servers: [{ url: 'https://upstream.test' }],
  paths: {
    '/things/{id}/{sub-id}': {
      get: {
        parameters: [
          { name: 'id', in: 'path', required: true, schema: { type: 'string' }, example: "a b/'c'" },
          { name: 'sub-id', in: 'path', required: true, schema: { type: 'integer', minimum: 7 } },
          { name: 'q', in: 'query', required: true, schema: { type: 'string' }, example: 'x&y=z é*' },
          {
            name: 'tag',
            in: 'query',
            required: true,
            schema: { type: 'array', items: { type: 'string' } },
            example: ['a', 'b'],
          },
          {
            name: 'csv',
            in: 'query',
            required: true,
            explode: false,
            schema: { type: 'array' },
            example: ['a', 'b'],
          },
          {
            name: 'filter',
            in: 'query',
            required: true,
            style: 'deepObject',
            explode: true,
            schema: { type: 'object' },
            example: { from: 1 },
          },
          { name: 'skipped', in: 'query', schema: { type: 'string' } },
          { name: 'X-Trace', in: 'header', required: true, schema: { type: 'string' }, example: `it's "on"` },
          { name: 'Authorization', in: 'header', required: true, schema: { type: 'string' } },
          { name: 'session', in: 'cookie', required: true, schema: { type: 'string' }, example: 'abc' },
        ],
        responses,
      },
      head: { responses },
      delete: { responses: { 204: { description: 'gone' } } },
      options: { responses },
    },
    '/json': {
      post: body('application/json', { example: json }),
      put: body('application/json', {
        schema: object({ name: { type: 'string' }, id: { type: 'integer', readOnly: true } }),
      }),
      patch: body('application/merge-patch+json', { example: [1] }),
      query: body('application/json', { example: { q: 1 } }),
      additionalOperations: { PURGE: { responses } },
    },
    '/form': { post: body('application/x-www-form-urlencoded', { example: { a: 'x y', b: nasty } }) },
    '/text': { post: body('text/plain', { example: nasty }) },
    '/upload': {
      post: body('multipart/form-data', {
        schema: object({
          note: { type: 'string', example: "@it's" },
          file: { type: 'string', format: 'binary' },
        }),
      }),
    },
    '/raw': { put: body('application/octet-stream', {}) },
  },
}

const imported = importDocument(bytes(source))
const operations: ImportedOperation[] = imported.ok ? imported.operations : []

interface Received {
  method: string
  url: string
  headers: IncomingHttpHeaders
  body: string
}

let received: Received[] = []
let server: Server
let baseUrl = ''
let folder = ''

beforeAll(async () => {
  server = createServer(async (incoming, reply) => {
    const chunks: Buffer[] = []
    for await (const chunk of incoming) chunks.push(chunk as Buffer)
    const { method = '', url = '', headers } = incoming
    received.push({ method, url, headers, body: Buffer.concat(chunks).toString() })
    reply.setHeader('content-type', 'text/plain').end('sample-answer')
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  baseUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}/shop/v1`
  folder = mkdtempSync(join(tmpdir(), 'gatewright-samples-'))
  writeFileSync(join(folder, 'file.bin'), 'file content')
})

afterAll(() => {
  server.close()
  rmSync(folder, { recursive: true })
})

/** How each language is started, and how to tell whether it is here. */
const RUNNERS: Record<SampleLanguage, { file: string; command: string; args: string[]; probe: string[] }> = {
  curl: { file: 'sample.sh', command: 'sh', args: [], probe: ['-c', 'command -v curl'] },
  javascript: { file: 'sample.mjs', command: process.execPath, args: [], probe: ['--version'] },
  python: { file: 'sample.py', command: 'python3', args: [], probe: ['--version'] },
  php: {
    file: 'sample.php',
    command: 'php',
    args: [],
    probe: ['-r', 'exit(function_exists("curl_init") ? 0 : 1);'],
  },
  ruby: { file: 'sample.rb', command: 'ruby', args: [], probe: ['-e', 'require "net/http"'] },
}
const languages = Object.keys(RUNNERS) as SampleLanguage[]

function present(language: SampleLanguage): boolean {
  const { command, probe } = RUNNERS[language]
  return spawnSync(command, probe, { stdio: 'ignore' }).status === 0
}

async function run(
  language: SampleLanguage,
  code: string,
): Promise<{ output: string; request: Received | undefined }> {
  const { file, command, args } = RUNNERS[language]
  writeFileSync(join(folder, file), code)
  received = []
  const env = { PATH: process.env.PATH, API_KEY: 'gw_test_secret', LANG: 'C.UTF-8' }
  const output = await new Promise<string>((resolve, reject) => {
    execFile(command, [...args, file], { cwd: folder, env, timeout: 20_000 }, (error, stdout, stderr) => {
      if (error) reject(new Error(`${language}: ${stderr || error.message}\n${code}`))
      else resolve(stdout)
    })
  })
  expect(received).toHaveLength(1)
  return { output, request: received[0] }
}

describe.each(languages)('H2: samples in %s send the request they show', (language) => {
  const here = present(language)
  if (!here) console.log(`skipped: no interpreter for ${language}`)

  it.skipIf(!here).each(operations.map((operation) => [operation.key, operation] as const))(
    '%s',
    async (_, operation) => {
      const options = {
        method: operation.method,
        path: operation.path,
        baseUrl,
        operation,
        keyHeader: 'X-Api-Key',
      }
      const expected = sampleRequest(options)
      const sample = codeSamples(options).find((one) => one.language === language)
      expect(sample?.code).not.toContain('gw_test_secret')
      const { output, request } = await run(language, sample?.code ?? '')
      if (operation.method !== 'HEAD') expect(output).toContain('sample-answer')
      expect(request).toMatchObject({
        method: expected.method,
        url: expected.url.slice(new URL(baseUrl).origin.length),
      })
      expect(request?.headers['x-api-key']).toBe('gw_test_secret')
      for (const [name, value] of expected.headers) expect(request?.headers[name.toLowerCase()]).toBe(value)
      const sent = request?.body ?? ''
      if (expected.body.kind === 'none') expect(sent).toBe('')
      if (expected.body.kind === 'json') expect(JSON.parse(sent)).toEqual(expected.body.value)
      if (expected.body.kind === 'text') expect(sent).toBe(expected.body.text)
      if (expected.body.kind === 'file') expect(sent).toBe('file content')
      if (expected.body.kind === 'multipart') {
        const form = await new Response(sent, {
          headers: { 'content-type': request?.headers['content-type'] ?? '' },
        }).formData()
        expect(form.get('note')).toBe("@it's")
        const file = form.get('file')
        expect(file instanceof File && { name: file.name, text: await file.text() }).toEqual({
          name: 'file.bin',
          text: 'file content',
        })
      }
    },
  )
})

describe('H2: what a sample shows', () => {
  const named = (key: string) => operations.find((operation) => operation.key === key) ?? null

  it('fills parameters by their examples and leaves optional ones out', () => {
    const operation = named('GET /things/{id}/{sub-id}')
    const request = sampleRequest({
      method: 'GET',
      path: '/things/{id}/{sub-id}',
      baseUrl: 'https://gw.test/v1/',
      operation,
      keyHeader: 'X-Key',
    })
    expect(request).toEqual({
      method: 'GET',
      url: 'https://gw.test/v1/things/a%20b%2F%27c%27/7?q=x%26y%3Dz%20%C3%A9%2A&tag=a&tag=b&csv=a%2Cb&filter%5Bfrom%5D=1',
      headers: [
        ['Accept', 'application/json'],
        ['X-Trace', `it's "on"`],
        ['Cookie', 'session=abc'],
      ],
      key: { header: 'X-Key', prefix: '', variable: 'API_KEY' },
      token: null,
      body: { kind: 'none' },
    })
  })

  it('needs no document and no key', () => {
    const samples = codeSamples({
      method: 'GET',
      path: '/a/{b}',
      baseUrl: 'https://gw.test',
      operation: null,
      keyHeader: null,
    })
    expect(samples[0]?.code).toBe("curl 'https://gw.test/a/b'\n")
    expect(samples.map((sample) => sample.language)).toEqual(languages)
    for (const { code } of samples) expect(code).not.toContain('API_KEY')
  })

  it('C3: asks for an access token where the API takes one, with all that a shell would read as its own quoted', () => {
    const code = (tokenUrl: string | null) =>
      codeSamples({
        method: 'GET',
        path: '/a',
        baseUrl: 'https://gw.test',
        operation: null,
        keyHeader: null,
        token: { tokenUrl, scopes: ['books:read', "it's$(touch pwned)"] },
      }).map((sample) => sample.code)
    const [curl = '', javascript, python, php, ruby] = code('https://portal.test/oauth/acme/token')
    expect(curl).toBe(
      [
        "ACCESS_TOKEN=$(curl --silent 'https://portal.test/oauth/acme/token' \\",
        '  --user "$CLIENT_ID:$CLIENT_SECRET" \\',
        '  --data grant_type=client_credentials \\',
        "  --data-urlencode 'scope=books:read it'\\''s$(touch pwned)' | jq --raw-output .access_token)",
        '',
        "curl 'https://gw.test/a' \\",
        '  --header "Authorization: Bearer $ACCESS_TOKEN"',
        '',
      ].join('\n'),
    )
    expect(javascript).toMatch(/"Authorization": `Bearer \$\{process\.env\.ACCESS_TOKEN\}`,/)
    expect(python).toContain('"Authorization": "Bearer " + os.environ["ACCESS_TOKEN"]')
    expect(php).toContain(`'Authorization: Bearer ' . getenv('ACCESS_TOKEN')`)
    expect(ruby).toContain(`request['Authorization'] = 'Bearer ' + ENV.fetch('ACCESS_TOKEN')`)
    // Another issuer's address is for its clients to know.
    expect(code(null)[0]).toBe(
      'curl \'https://gw.test/a\' \\\n  --header "Authorization: Bearer $ACCESS_TOKEN"\n',
    )
  })

  it('F2 F3: names the version as the gateway wants it', () => {
    const url = (selector: VersionSelector) =>
      codeSamples({
        method: 'GET',
        path: '/a',
        baseUrl: 'https://gw.test',
        operation: null,
        keyHeader: null,
        selector,
      })[0]?.code
    expect(url({ by: 'query', name: 'version', value: '2', strip: true, isDefault: false })).toBe(
      "curl 'https://gw.test/a?version=2'\n",
    )
    expect(url({ by: 'header', name: 'x-version', value: '2', isDefault: false })).toContain(
      "--header 'x-version: 2'",
    )
    expect(url({ by: 'media-type', mediaType: 'application/vnd.a.v2+json', isDefault: false })).toContain(
      "--header 'Accept: application/vnd.a.v2+json'",
    )
  })

  it('reads as people write it', () => {
    const operation = named('PUT /json')
    const options = {
      method: 'PUT',
      path: '/json',
      baseUrl: 'https://gw.test',
      operation,
      keyHeader: 'X-Api-Key',
      keyVariable: 'SHOP_KEY',
    }
    const [curl, javascript, python] = codeSamples(options)
    expect(curl?.code).toBe(
      `curl --request PUT 'https://gw.test/json' \\
  --header "X-Api-Key: $SHOP_KEY" \\
  --header 'Accept: application/json' \\
  --header 'Content-Type: application/json' \\
  --data-raw '{
  "name": "text"
}'
`,
    )
    expect(javascript?.code).toContain('"X-Api-Key": process.env.SHOP_KEY,')
    expect(python?.code).toContain('"X-Api-Key": os.environ["SHOP_KEY"],')
  })
})

describe.each(languages)('H2: no name from a document runs as %s', (language) => {
  it.skipIf(!present(language))('hostile names and values', async () => {
    const hostile = '\'"`touch pwned`$(touch pwned)#{system("touch pwned")}\\'
    const source = { openapi: '3.1.0', info: { title: 't', version: '1' }, paths: {} }
    const parameters = [
      { name: `q${hostile}`, in: 'query', required: true, example: hostile },
      { name: 'X-Value', in: 'header', required: true, example: hostile },
    ]
    const content = { 'application/json': { example: { [hostile]: hostile } } }
    const paths = {
      '/a/{b\'"`$(touch-pwned)}': { post: { parameters, requestBody: { content }, responses } },
    }
    const document = importDocument(bytes({ ...source, paths }))
    const [operation] = document.ok ? document.operations : []
    if (!operation) throw new Error('no operation')
    const keyHeader = 'X-`touch-pwned`$HOME'
    const options = { method: 'POST', path: operation.path, baseUrl, operation, keyHeader }
    const sample = codeSamples(options).find((one) => one.language === language)
    const { request } = await run(language, sample?.code ?? '')
    expect(request?.headers['x-value']).toBe(hostile)
    expect(JSON.parse(request?.body ?? '')).toEqual({ [hostile]: hostile })
    expect(readdirSync(folder)).not.toContain('pwned')
  })
})

describe.skipIf(specFolderMissing)('H2: every operation of every real document has samples', () => {
  it.each(specNames())('%s', (name) => {
    const document = importDocument(specBytes(name))
    if (!document.ok) throw new Error(document.message)
    for (const operation of document.operations) {
      const options = {
        method: operation.method,
        path: operation.path,
        baseUrl: 'https://gw.test',
        operation,
        keyHeader: 'X-Api-Key',
      }
      const { url } = sampleRequest(options)
      expect(url).toMatch(/^https:\/\/gw\.test\/[^\s{}'"<>\\^`|[\]]*$/)
      expect(codeSamples(options)).toHaveLength(5)
    }
  })
})
