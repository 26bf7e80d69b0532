// What a person is told once the stack runs: where everything is, one call that worked, and who can sign in.
import type { Demo } from './demo.ts'
import type { Stack } from './stack/stack.ts'

/** `demo` is missing where the database is somebody's own; `answer` is what the demo's call answered. */
export function welcome(
  { adminUrl, gatewayUrl, upstreamUrl, dataDir }: Stack,
  demo?: Demo,
  answer?: string,
): string {
  const lines = [
    '',
    'Gatewright is running.',
    '',
    `  Portal and admin API   ${adminUrl}`,
    `  API reference          ${adminUrl}/api/v1/openapi.json`,
    `  Gateway                ${gatewayUrl}`,
    `  Sample upstream        ${upstreamUrl}  (document: ${upstreamUrl}/openapi.yaml)`,
    '',
  ]
  if (demo) {
    lines.push(
      'One call through the gateway:',
      '',
      `  curl ${demo.call.url} -H 'X-API-Key: ${demo.call.key}'`,
      ...(answer === undefined ? [] : [`  ${answer}`]),
      '',
      `Sign in (tenant ${demo.tenant}):`,
      '',
      ...demo.people.map(
        ({ role, email, password }) => `  ${role.padEnd(15)} ${email.padEnd(28)} ${password}`,
      ),
    )
  } else {
    lines.push('The database has accounts of its own, so no demo was added: sign in with one of them.')
  }
  lines.push('', `Data and logs are in ${dataDir}. Ctrl-C stops everything.`, '')
  return lines.join('\n')
}
