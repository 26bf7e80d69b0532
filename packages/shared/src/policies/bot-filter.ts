// bot-filter: programs that say what they are (or nothing) in User-Agent: scanners, crawlers, and who only claims to be one.
import * as z from 'zod'
import { createAddressSet, parseCidr } from '../cidr.ts'
import { definePolicy, defineSpec, type PolicyContext, refuse, type Verdict } from './policy.ts'

const action = (fallback: 'block' | 'detect' | 'allow') =>
  z.enum(['block', 'detect', 'allow']).default(fallback)

const known = z.strictObject({
  agent: z.string().trim().min(2).max(100).meta({
    title: 'Name in User-Agent',
    help: 'Such as Googlebot; upper and lower case are the same',
  }),
  ranges: z
    .array(
      z
        .string()
        .max(64)
        .refine((text) => parseCidr(text) !== null, 'Use an address or a range such as 66.249.64.0/19'),
    )
    .max(1_000)
    .default([])
    .meta({
      title: 'Its addresses',
      help: 'Who uses the name from elsewhere is taken for a forger. Empty: from anywhere',
    }),
})

export const spec = defineSpec({
  type: 'bot-filter',
  stage: 'edge',
  title: 'Bot filter',
  summary: 'Turns away scanners, crawlers and clients without a name, by what they send as User-Agent.',
  scopes: ['global', 'tenant', 'version', 'plan', 'route'],
  config: z.strictObject({
    scanners: action('block').meta({
      title: 'Scanners',
      help: 'Tools that look for weak spots: sqlmap, Nikto, Nuclei and others',
    }),
    bots: action('allow').meta({
      title: 'Crawlers and programs',
      help: 'Search engines, previews, and tools such as curl: for an API these may well be its clients',
    }),
    nameless: action('allow').meta({ title: 'Without User-Agent' }),
    forged: action('block').meta({ title: 'Under a name of the list below, from other addresses' }),
    allowed: z.array(known).max(100).default([]).meta({ title: 'Always allowed' }),
  }),
  example: {
    scanners: 'block',
    bots: 'block',
    allowed: [{ agent: 'Googlebot', ranges: ['66.249.64.0/19'] }],
  },
})

/** Names that scanners have when nobody changed them. */
const scanners =
  /\b(?:acunetix|appscan|arachni|burp(?:suite| ?collaborator)?|commix|detectify|dirb|dirbuster|feroxbuster|ffuf|fimap|fuzz faster|gobuster|grabber|havij|hydra|intruder\.io|jaeles|joomscan|masscan|metasploit|morfeus|nessus|netsparker|invicti|nikto|nmap|nuclei|openvas|owasp zap|zaproxy|paros|qualys|rustbuster|skipfish|sqlmap|sqlninja|tplmap|vega|w3af|wapiti|webinspect|wfuzz|whatweb|wpscan|xsser|xsstrike|zgrab|zmeu)\b/i

/** What of an agent is read: names stand at its beginning. */
const agentLengthMax = 512
const rememberedMax = 5_000
const refused = refuse('bot_blocked')

type Kind = 'scanners' | 'bots' | 'nameless'

export const policy = definePolicy(spec, (config, { bots }) => {
  const allowed = config.allowed.map(({ agent, ranges }) => ({
    name: agent.toLowerCase(),
    addresses: ranges.length === 0 ? null : createAddressSet(ranges),
  }))
  // Callers come again and again under the same name.
  const kinds = new Map<string, Kind | null>()

  function kindOf(agent: string): Kind | null {
    if (agent === '') return 'nameless'
    let kind = kinds.get(agent)
    if (kind === undefined) {
      kind = scanners.test(agent) ? 'scanners' : bots.isBot(agent) ? 'bots' : null
      if (kinds.size >= rememberedMax) kinds.clear()
      kinds.set(agent, kind)
    }
    return kind
  }

  function act(ctx: PolicyContext, kind: Kind | 'forged'): Verdict {
    const chosen = config[kind]
    if (chosen === 'allow') return undefined
    ctx.reportSecurity({
      kind: 'bot',
      action: chosen === 'block' ? 'blocked' : 'detected',
      score: null,
      rules: [],
      detail: kind,
    })
    return chosen === 'block' ? refused : undefined
  }

  return {
    request(ctx) {
      const agent = (ctx.header('user-agent') ?? '').trim().slice(0, agentLengthMax)
      if (allowed.length > 0) {
        const lower = agent.toLowerCase()
        const claimed = allowed.find(({ name }) => lower.includes(name))
        if (claimed !== undefined)
          return claimed.addresses === null || claimed.addresses.has(ctx.clientAddress)
            ? undefined
            : act(ctx, 'forged')
      }
      const kind = kindOf(agent)
      return kind === null ? undefined : act(ctx, kind)
    },
  }
})
