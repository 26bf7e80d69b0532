// The firewall's library and rules for tests: Debian's packages, installed where that is possible without asking.
import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { join } from 'node:path'

const debianRules = '/usr/share/modsecurity-crs/rules'
const debianPackages = ['libmodsecurity3', 'modsecurity-crs']

/** Whether a gateway of this machine can run the policy waf; installs what it needs as root on Debian. */
export function hasFirewall(): boolean {
  if (isInstalled()) return true
  if (process.getuid?.() !== 0) return false
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' }
  const apt = (...args: string[]) => spawnSync('apt-get', [...args, '-qq'], { env }).status === 0
  const install = ['install', '-y', '--no-install-recommends', ...debianPackages]
  if (!apt(...install)) {
    apt('update')
    apt(...install)
  }
  return isInstalled()
}

const isInstalled = () =>
  existsSync(debianRules) &&
  spawnSync('ldconfig', ['-p'], { env: { PATH: '/sbin:/usr/sbin' } }).stdout?.includes(
    'libmodsecurity.so.3',
  ) === true

/** A folder of the Core Rule Set 4, where whoever runs the tests has one (`TEST_CRS4`); undefined = there is none. */
export function ruleSet4(): string | undefined {
  const folder = process.env.TEST_CRS4
  return folder !== undefined && existsSync(join(folder, 'rules')) ? folder : undefined
}
