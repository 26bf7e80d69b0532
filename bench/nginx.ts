// nginx with one worker on one core: the upstream of all, the proxy that all are compared with, and with Lua a gateway's core.
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { answersAnything, type RunningProgram, startProgram } from '../scripts/stack/process.ts'
import { requireProgram } from '../scripts/stack/program.ts'
import { otherCore } from './load.ts'
import { paths } from './program.ts'

export interface NginxSettings {
  readonly folder: string
  readonly name: string
  readonly core: string
  readonly port: number
  /** Directives inside `location /`. */
  readonly location: string
  /** Further directives of `server`. */
  readonly server?: string
  /** Further directives of `http`. */
  readonly http?: string
  /** Further directives before all others. */
  readonly main?: string
}

/** Directives of `http` that name our upstream `service`, with connections kept alive. */
export const serviceAt = (port: number) =>
  `upstream service { server 127.0.0.1:${port}; keepalive 128; keepalive_requests 1000000000; }`

/** Directives of a location that hand a request on as a gateway does. */
export const proxyToService = `proxy_pass http://service; proxy_http_version 1.1; proxy_set_header Connection "";
  proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;
  proxy_set_header X-Forwarded-Proto $scheme; proxy_set_header X-Request-Id $request_id;`

export function startNginx(settings: NginxSettings): Promise<RunningProgram> {
  const { folder, name, core, port, location, server = '', http = '', main = '' } = settings
  const command = requireProgram(
    {
      title: 'nginx',
      names: ['nginx', '/usr/sbin/nginx'],
      aptPackage: 'nginx-light',
      alternative: 'The bench compares with it.',
    },
    (line) => process.stdout.write(`${line}\n`),
  )
  const home = join(folder, name)
  mkdirSync(join(home, 'logs'), { recursive: true })
  const config = join(home, 'nginx.conf')
  const paths = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi']
  writeFileSync(
    config,
    `${main}
     worker_processes 1; daemon off; pid ${home}/pid; error_log ${home}/logs/error.log;
     events { worker_connections 8192; }
     http {
       access_log off; keepalive_requests 1000000000; keepalive_timeout 600s; default_type application/json;
       ${paths.map((path) => `${path}_temp_path ${home}/${path};`).join(' ')}
       ${http}
       server { listen 127.0.0.1:${port}; location / { ${location} } ${server} }
     }`,
  )
  return startProgram({
    name,
    command: 'taskset',
    args: ['-c', core, command, '-p', home, '-c', config, '-e', `${home}/logs/error.log`],
    logPath: join(home, 'logs/out.log'),
    isReady: () => answersAnything(`http://127.0.0.1:${port}/`),
  })
}

const smallBody = JSON.stringify({ data: 'x'.repeat(462 - JSON.stringify({ data: '' }).length) })
// A literal in nginx's configuration may not be as long as 10 kB, so it is put together from a seventh.
const seventh = 'x'.repeat((10_000 - JSON.stringify({ data: '' }).length) / 7)

/** What the upstream answers, by path. */
export const upstreamBodies = {
  [paths.small]: smallBody,
  [paths.medium]: JSON.stringify({ data: seventh.repeat(7) }),
} as const

/** The service behind all contestants. Every other path answers as the small one does; bodies are read and forgotten. */
export function startUpstream(folder: string, port: number): Promise<RunningProgram> {
  return startNginx({
    folder,
    name: 'upstream',
    core: otherCore,
    port,
    location: `return 200 '${smallBody}';`,
    server: `location = ${paths.medium} {
        set $seventh '${seventh}';
        return 200 '{"data":"${'$seventh'.repeat(7)}"}';
      }
      client_header_buffer_size 32k;`,
  })
}
