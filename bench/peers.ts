// Other proxies on the same core in the same run: HAProxy, Caddy, and nginx with Lua doing what Kong and APISIX are made of.
import { existsSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { freePort } from '../scripts/stack/ports.ts'
import { answersAnything, type RunningProgram, startProgram } from '../scripts/stack/process.ts'
import { findProgram } from '../scripts/stack/program.ts'
import { proxyCore } from './load.ts'
import { proxyToService, serviceAt, startNginx } from './nginx.ts'
import type { Contestant, Keep } from './program.ts'

interface Setting {
  readonly folder: string
  readonly upstreamPort: number
  readonly keep: Keep
}

/** Those that are installed; the others are named. None is installed for the occasion: they are many and large. */
export async function startPeers(setting: Setting): Promise<Contestant[]> {
  const peers = [await startLua(setting), await startHaproxy(setting), await startCaddy(setting)]
  return peers.filter((peer) => peer !== null)
}

const luaModules = '/usr/lib/nginx/modules'
const luaKey = 'bench-key-of-32-characters-00001'

async function startLua({ folder, upstreamPort, keep }: Setting): Promise<Contestant | null> {
  if (!existsSync(`${luaModules}/ngx_http_lua_module.so`))
    return leftOut('nginx-lua', 'libnginx-mod-http-lua lua-resty-core')
  const port = await freePort()
  const { pid } = await keep(
    startNginx({
      folder,
      name: 'nginx-lua',
      core: proxyCore,
      port,
      main: `load_module ${luaModules}/ndk_http_module.so; load_module ${luaModules}/ngx_http_lua_module.so;`,
      http: `${serviceAt(upstreamPort)}
        lua_package_path "/usr/share/lua/5.1/?.lua;;";
        lua_shared_dict keys 1m; lua_shared_dict counters 1m;
        init_by_lua_block { ngx.shared.keys:set("${luaKey}", "app_bench") }
        log_format event escape=json '{"id":"$request_id","at":"$msec","method":"$request_method","path":"$uri",'
          '"status":"$status","ms":"$request_time","upstreamMs":"$upstream_response_time","address":"$remote_addr",'
          '"agent":"$http_user_agent","in":"$request_length","out":"$body_bytes_sent"}';
        access_log ${join(folder, 'nginx-lua/events.log')} event buffer=64k flush=1s;`,
      location: `
        access_by_lua_block {
          local application = ngx.shared.keys:get(ngx.var.http_x_api_key or "")
          if not application then return ngx.exit(401) end
          local limit, window = 100000000, 60
          local slot = math.floor(ngx.now() / window)
          local used = ngx.shared.counters:incr(application .. slot, 1, 0, window)
          if used > limit then return ngx.exit(429) end
          ngx.header["RateLimit"] = '"rate";r=' .. (limit - used) .. ';t=' .. ((slot + 1) * window - math.floor(ngx.now()))
        }
        ${proxyToService}`,
    }),
  )
  return {
    name: 'nginx-lua',
    what: 'nginx with Lua: key checked, limit counted in shared memory, a JSON line per request, one worker',
    origin: `http://127.0.0.1:${port}`,
    headers: [`X-API-Key: ${luaKey}`],
    pids: [pid],
  }
}

async function startHaproxy({ folder, upstreamPort, keep }: Setting): Promise<Contestant | null> {
  const command = findProgram(['haproxy'])
  if (command === undefined) return leftOut('haproxy', 'haproxy')
  const port = await freePort()
  const config = join(folder, 'haproxy.cfg')
  writeFileSync(
    config,
    `global
  nbthread 1
  maxconn 4096
defaults
  mode http
  option forwardfor
  http-reuse always
  timeout connect 5s
  timeout client 600s
  timeout server 600s
listen proxy
  bind 127.0.0.1:${port}
  server service 127.0.0.1:${upstreamPort} pool-max-conn 128
`,
  )
  const { pid } = await keep(startPeer(folder, 'haproxy', [command, '-db', '-f', config], port))
  return {
    name: 'haproxy',
    what: 'HAProxy as reverse proxy, one thread',
    origin: `http://127.0.0.1:${port}`,
    headers: [],
    pids: [pid],
  }
}

async function startCaddy({ folder, upstreamPort, keep }: Setting): Promise<Contestant | null> {
  const command = findProgram(['caddy'])
  if (command === undefined) return leftOut('caddy', 'caddy')
  const port = await freePort()
  const config = join(folder, 'Caddyfile')
  writeFileSync(
    config,
    `{
  admin off
  auto_https off
}
http://127.0.0.1:${port} {
  bind 127.0.0.1
  reverse_proxy 127.0.0.1:${upstreamPort} {
    transport http {
      keepalive_idle_conns_per_host 128
    }
  }
}
`,
  )
  const args = [command, 'run', '--config', config, '--adapter', 'caddyfile']
  const { pid } = await keep(startPeer(folder, 'caddy', args, port, { GOMAXPROCS: '1', HOME: folder }))
  return {
    name: 'caddy',
    what: 'Caddy as reverse proxy, one processor',
    origin: `http://127.0.0.1:${port}`,
    headers: [],
    pids: [pid],
  }
}

function startPeer(
  folder: string,
  name: string,
  command: readonly string[],
  port: number,
  env: Readonly<Record<string, string>> = {},
): Promise<RunningProgram> {
  return startProgram({
    name,
    command: 'taskset',
    args: ['-c', proxyCore, ...command],
    env: { ...process.env, ...env },
    logPath: join(folder, `${name}.log`),
    isReady: () => answersAnything(`http://127.0.0.1:${port}/`),
  })
}

function leftOut(name: string, packages: string): null {
  process.stdout.write(`${name} is left out: it is not installed (on Debian: apt-get install ${packages})\n`)
  return null
}
