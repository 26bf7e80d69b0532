// From settings to rules: what stands before the Core Rule Set, what stands between its setup and its rules, and where both are.
import { existsSync, readdirSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { FirewallSettings } from '@gatewright/shared/policies/firewall-ports'

/** Bytes of a body that the engine takes; the policy refuses larger ones before. */
export const engineBodyBytesMax = 1024 * 1024

/** Arguments that rules look at: of a request with more, they would not see the rest. */
const argumentsMax = 1_000

/** What is the same for all: how bodies are read, and how much work one request may make. */
export const preamble = `
SecRuleEngine On
SecAuditEngine Off
SecRequestBodyAccess On
SecResponseBodyAccess Off
SecRequestBodyLimit ${engineBodyBytesMax + 1}
SecRequestBodyNoFilesLimit ${engineBodyBytesMax + 1}
SecRequestBodyLimitAction Reject
SecRequestBodyJsonDepthLimit 256
SecArgumentsLimit ${argumentsMax}
SecPcreMatchLimit 100000
SecPcreMatchLimitRecursion 100000
SecTmpDir ${tmpdir()}/
SecDataDir ${tmpdir()}/
SecRule REQUEST_HEADERS:Content-Type "^(?:application(?:/soap\\+|/)|text/)xml" "id:9090001,phase:1,t:none,t:lowercase,pass,nolog,ctl:requestBodyProcessor=XML"
SecRule REQUEST_HEADERS:Content-Type "^application/(?:[a-z0-9.-]+\\+)?json" "id:9090002,phase:1,t:none,t:lowercase,pass,nolog,ctl:requestBodyProcessor=JSON"
SecRule REQBODY_ERROR "!@eq 0" "id:9090003,phase:2,t:none,deny,status:403,log,msg:'The body cannot be read'"
SecRule MULTIPART_STRICT_ERROR "!@eq 0" "id:9090004,phase:2,t:none,deny,status:403,log,msg:'The multipart body is malformed'"
SecRule &REQUEST_HEADERS:Content-Type "@eq 0" "id:9090005,phase:2,t:none,deny,status:403,log,msg:'A body without a type cannot be read',chain"
  SecRule REQUEST_BODY_LENGTH "@gt 0" "t:none"
SecRule &ARGS "@ge ${argumentsMax}" "id:9090006,phase:2,t:none,deny,status:403,log,msg:'There are more arguments than can be looked at'"
`

/** The rule of ours that says the score at the end. */
export const reportId = 9_099_999
/** What the engine can read: a body of another type would pass unseen, whatever its reader takes it for. Others are an attack (rule 920420). */
const contentTypes = [
  'application/x-www-form-urlencoded',
  'multipart/form-data',
  'text/xml',
  'application/xml',
  'application/soap+xml',
  'application/json',
  'application/problem+json',
  'application/merge-patch+json',
  'application/json-patch+json',
  'application/vnd.api+json',
  'application/ld+json',
  'application/cloudevents+json',
  'application/cloudevents-batch+json',
  'application/reports+json',
]

/** Settings as directives; they stand behind the setup of the rule set, whose defaults they replace, and before its rules. */
export function directivesOf({ paranoia, threshold, methods, exclusions }: FirewallSettings): string {
  const variables = [
    // CRS 3 and 4 name them apart; what a version does not know, it does not read.
    `tx.paranoia_level=${paranoia}`,
    `tx.executing_paranoia_level=${paranoia}`,
    `tx.blocking_paranoia_level=${paranoia}`,
    `tx.detection_paranoia_level=${paranoia}`,
    `tx.inbound_anomaly_score_threshold=${threshold}`,
  ]
  const lines = [
    `SecAction "id:9090010,phase:1,pass,nolog,t:none,${variables.map((it) => `setvar:${it}`).join(',')}"`,
    `SecAction "id:9090011,phase:1,pass,nolog,t:none,setvar:'tx.allowed_methods=${methods.join(' ')}'"`,
    `SecAction "id:9090012,phase:1,pass,nolog,t:none,setvar:'tx.allowed_request_content_type=${contentTypes.map((it) => `|${it}|`).join(' ')}'"`,
    `SecAction "id:${reportId},phase:5,pass,log,t:none,msg:'score %{tx.anomaly_score} %{tx.blocking_inbound_anomaly_score}'"`,
    ...exclusions.map(({ rule, target }) =>
      target === null ? `SecRuleRemoveById ${rule}` : `SecRuleUpdateTargetById ${rule} "!${target}"`,
    ),
  ]
  return `${lines.join('\n')}\n`
}

export interface RuleFiles {
  /** Setup of the rule set, read before our settings. */
  readonly setup: readonly string[]
  readonly rules: readonly string[]
}

const debian = { rules: '/usr/share/modsecurity-crs/rules', setup: '/etc/modsecurity/crs' }

/** The files of the Core Rule Set: in the folder that an operator named, or where Debian puts them. Throws where there are none. */
export function findRules(folder: string | null): RuleFiles {
  if (folder === null) {
    if (!existsSync(debian.rules))
      throw new Error(
        `The OWASP Core Rule Set is not at ${debian.rules}. Install it (on Debian and Ubuntu, apt-get install modsecurity-crs) or name its folder in WAF_RULES`,
      )
    return filesOf(debian.rules, debian.setup)
  }
  const inside = join(folder, 'rules')
  if (!existsSync(inside))
    throw new Error(
      `WAF_RULES names ${folder}, and there is no folder "rules" in it, as the Core Rule Set has one`,
    )
  return filesOf(inside, folder)
}

function filesOf(rules: string, setupFolder: string): RuleFiles {
  const named = (folder: string, name: string) => {
    const found = [join(folder, name), join(folder, `${name}.example`)].find((path) => existsSync(path))
    return found === undefined ? [] : [found]
  }
  const setup = named(setupFolder, 'crs-setup.conf')
  if (setup.length === 0) throw new Error(`There is no crs-setup.conf in ${setupFolder}`)
  const all = readdirSync(rules)
    .filter((name) => name.endsWith('.conf'))
    .sort()
    .map((name) => join(rules, name))
  if (all.length === 0) throw new Error(`There are no rules in ${rules}`)
  // Debian keeps what administrators add beside the setup.
  const own = setupFolder === debian.setup
  return {
    setup: own ? [...setup, ...named(setupFolder, 'REQUEST-900-EXCLUSION-RULES-BEFORE-CRS.conf')] : setup,
    rules: own ? [...all, ...named(setupFolder, 'RESPONSE-999-EXCLUSION-RULES-AFTER-CRS.conf')] : all,
  }
}
