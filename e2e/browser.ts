// A person at a browser who counts what a journey's target counts: clicks, filled fields, seconds; and hears every complaint of the page.
import {
  type BrowserContext,
  test as base,
  expect,
  type Locator,
  type Page,
  type TestInfo,
} from '@playwright/test'
import type { BrowserStack } from '../scripts/stack/playwright-global.ts'

export { expect }

const given = process.env.GATEWRIGHT_E2E
if (given === undefined) throw new Error('GATEWRIGHT_E2E is missing: run these tests with `playwright test`.')
/** The running product, with the demo tenant in it. */
export const stack = JSON.parse(given) as BrowserStack

export type Role = BrowserStack['demo']['people'][number]['role']

/** Where admin and insights pages of the demo begin. */
export const adminHome = `/admin/t/${stack.demo.tenant}/${stack.environment}`
export const insightsHome = `/insights/t/${stack.demo.tenant}/${stack.environment}`
export const portalHome = `/p/${stack.demo.tenant}`

/**
 * One person, one browser window. A click is a pointer activation, or Enter on the focused control; typing is not one.
 * Counting starts with `begin()`: at the face's home, signed in, unless the journey says otherwise.
 */
export class Persona {
  readonly page: Page
  clicks = 0
  fields = 0
  /** Console errors, uncaught errors and violations of the content security policy. */
  readonly complaints: string[] = []
  readonly #expected: RegExp[] = []
  #startedAt = performance.now()

  constructor(page: Page) {
    this.page = page
    page.on('console', (message) => {
      if (message.type() === 'error')
        this.complaints.push(`${message.text()} (${message.location().url}, on ${page.url()})`)
    })
    page.on('pageerror', (error) => this.complaints.push(`${error} (on ${page.url()})`))
  }

  begin(): void {
    this.clicks = 0
    this.fields = 0
    this.#startedAt = performance.now()
  }

  seconds(): number {
    return (performance.now() - this.#startedAt) / 1000
  }

  async click(target: Locator): Promise<void> {
    this.clicks += 1
    await target.click()
  }

  async fill(target: Locator, text: string): Promise<void> {
    this.fields += 1
    await target.fill(text)
  }

  /** Presses a button that copies, and answers what it put into the clipboard: writing there takes its time. */
  async copy(button: Locator): Promise<string> {
    const read = () => this.page.evaluate(() => navigator.clipboard.readText())
    await this.page.evaluate(() => navigator.clipboard.writeText(''))
    await this.click(button)
    await expect.poll(read).not.toBe('')
    return read()
  }

  /** A key on whatever has the focus. */
  async press(key: string): Promise<void> {
    if (key === 'Enter' || key === 'Space') this.clicks += 1
    await this.page.keyboard.press(key)
  }

  /** Types into what has the focus, as one field. */
  async type(text: string): Promise<void> {
    this.fields += 1
    await this.page.keyboard.type(text)
  }

  /** Walks to a control as someone without a pointer does. */
  async tabTo(target: Locator, { back = false, most = 80 } = {}): Promise<void> {
    await target.waitFor()
    for (let step = 0; step <= most; step++) {
      if (await target.evaluate((element) => element === document.activeElement)) return
      await this.page.keyboard.press(back ? 'Shift+Tab' : 'Tab')
    }
    throw new Error(`${target} is not reached within ${most} presses of Tab`)
  }

  /** A complaint that this test provokes, such as the 404 of a page that must not be found. */
  expects(complaint: RegExp): void {
    this.#expected.push(complaint)
  }

  unexpected(): string[] {
    return this.complaints.filter((line) => !this.#expected.some((pattern) => pattern.test(line)))
  }
}

/** Figures go to the report, so that a run says how far from its target a journey is. */
export function report(info: TestInfo, persona: Persona, more: Record<string, number> = {}): void {
  const figures = { clicks: persona.clicks, fields: persona.fields, seconds: persona.seconds(), ...more }
  const text = Object.entries(figures)
    .map(([name, value]) => `${name} ${Number(value.toFixed(2))}`)
    .join(', ')
  info.annotations.push({ type: 'figures', description: text })
  console.log(`  ${info.title.split(':')[0]} ${text}`)
}

type Kept = Awaited<ReturnType<BrowserContext['storageState']>>
const signedIn = new Map<Role, Kept>()

/** Through the form, as anybody; a role that did so before goes on with the cookies it got. */
async function signIn(page: Page, role: Role): Promise<void> {
  const person = stack.demo.people.find((candidate) => candidate.role === role)
  if (!person) throw new Error(`The demo has no ${role}.`)
  await page.goto('/sign-in')
  await page.getByLabel('Email address').fill(person.email)
  await page.getByLabel('Password', { exact: true }).fill(person.password)
  await page.keyboard.press('Enter')
  await page.waitForURL((url) => url.pathname !== '/sign-in')
  await page.getByRole('main').waitFor()
  signedIn.set(role, await page.context().storageState())
}

type Fixtures = {
  /** A window of its own for each call: a role of the demo, or someone who is not signed in. */
  enter(role?: Role): Promise<Persona>
}

export const test = base.extend<Fixtures>({
  // biome-ignore lint/correctness/noEmptyPattern: Playwright reads the names of the fixtures from this pattern
  baseURL: ({}, use) => use(stack.adminUrl),
  async enter({ browser, baseURL, viewport }, use) {
    const personas: Persona[] = []
    await use(async (role) => {
      const kept = role && signedIn.get(role)
      const context = await browser.newContext({
        ...(baseURL !== undefined && { baseURL }),
        viewport,
        permissions: ['clipboard-read', 'clipboard-write'],
        ...(kept && { storageState: kept }),
      })
      context.setDefaultTimeout(15_000)
      await context.addInitScript(() =>
        document.addEventListener('securitypolicyviolation', (event) =>
          console.error(`CSP: ${event.violatedDirective} ${event.blockedURI}`),
        ),
      )
      const persona = new Persona(await context.newPage())
      personas.push(persona)
      if (role && !kept) await signIn(persona.page, role)
      return persona
    })
    for (const persona of personas) {
      expect(persona.unexpected(), 'what the pages complained about').toEqual([])
      await persona.page.context().close()
    }
  },
})
