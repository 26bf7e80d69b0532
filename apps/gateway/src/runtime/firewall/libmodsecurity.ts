// libmodsecurity 3 through its C interface (modsecurity/{modsecurity,rules_set,transaction}.h). Only the inspector's process loads it.
import koffi from 'koffi'

/** An opaque pointer of the library. */
export type Handle = object

/** What the library can do, as far as it is needed. Texts that requests brought go in as bytes: they may be no UTF-8. */
export interface Library {
  createRules(): Handle
  addRules(rules: Handle, text: string): void
  addRulesFile(rules: Handle, path: string): void
  /** Puts the rules of `from` behind those of `into`; both share what was compiled. */
  mergeRules(into: Handle, from: Handle): void
  freeRules(rules: Handle): void
  transaction(rules: Handle): Transaction
}

export interface Transaction {
  connection(clientAddress: string): void
  /** `target` and `method` end with a zero byte. */
  requestLine(target: Buffer, method: Buffer, version: string): void
  header(name: Buffer, value: Buffer): void
  headers(): void
  body(bytes: Uint8Array): void
  bodyEnd(): void
  /** True when a rule said that the request must not go on. */
  isInterrupted(): boolean
  /** Phase 5, and everything is freed. */
  end(): void
}

const names = ['libmodsecurity.so.3', 'libmodsecurity.so', 'libmodsecurity.dylib']

/** Loads it; `hear` gets each line that rules log while a transaction runs. Throws where it is not installed. */
export function loadLibrary(hear: (line: string) => void): Library {
  const lib = open()
  const LogLine = koffi.proto('void LogLine(void *data, const char *text)')
  koffi.struct('Intervention', {
    status: 'int',
    pause: 'int',
    url: 'void *',
    log: 'void *',
    disruptive: 'int',
  })
  const init = lib.func('void *msc_init()')
  const listen = lib.func('void msc_set_log_cb(void *ms, LogLine *hear)')
  const createRules = lib.func('void *msc_create_rules_set()')
  const addRules = lib.func('int msc_rules_add(void *rules, const char *text, _Out_ const char **error)')
  const addFile = lib.func('int msc_rules_add_file(void *rules, const char *path, _Out_ const char **error)')
  const merge = lib.func('int msc_rules_merge(void *into, void *from, _Out_ const char **error)')
  const freeRules = lib.func('int msc_rules_cleanup(void *rules)')
  const begin = lib.func('void *msc_new_transaction(void *ms, void *rules, void *data)')
  const connection = lib.func(
    'int msc_process_connection(void *t, const char *client, int clientPort, const char *server, int serverPort)',
  )
  const uri = lib.func(
    'int msc_process_uri(void *t, const uint8_t *uri, const uint8_t *method, const char *version)',
  )
  const header = lib.func(
    'int msc_add_n_request_header(void *t, const uint8_t *name, size_t nameLength, const uint8_t *value, size_t valueLength)',
  )
  const headers = lib.func('int msc_process_request_headers(void *t)')
  const append = lib.func('int msc_append_request_body(void *t, const uint8_t *bytes, size_t length)')
  const bodyEnd = lib.func('int msc_process_request_body(void *t)')
  const logging = lib.func('int msc_process_logging(void *t)')
  const cleanup = lib.func('void msc_transaction_cleanup(void *t)')
  const intervention = lib.func('int msc_intervention(void *t, _Out_ Intervention *it)')
  const free = koffi.free

  const engine = init() as Handle
  listen(
    engine,
    koffi.register((_: unknown, text: string) => hear(text), koffi.pointer(LogLine)),
  )

  const checked = (work: (error: [string | null]) => number) => {
    const error: [string | null] = [null]
    if (work(error) < 0) throw new Error(error[0] ?? 'The rules cannot be read')
  }

  return {
    createRules: () => createRules() as Handle,
    addRules: (rules, text) => checked((error) => addRules(rules, text, error) as number),
    addRulesFile: (rules, path) => checked((error) => addFile(rules, path, error) as number),
    mergeRules: (into, from) => checked((error) => merge(into, from, error) as number),
    freeRules: (rules) => void freeRules(rules),
    transaction(rules) {
      const t = begin(engine, rules, null) as Handle
      return {
        connection: (client) => void connection(t, client, 0, '127.0.0.1', 0),
        requestLine: (target, method, version) => void uri(t, target, method, version),
        header: (name, value) => void header(t, name, name.length, value, value.length),
        headers: () => void headers(t),
        body: (bytes) => void append(t, bytes, bytes.length),
        bodyEnd: () => void bodyEnd(t),
        isInterrupted() {
          const it: { disruptive: number; url: unknown; log: unknown } = {
            disruptive: 0,
            url: null,
            log: null,
          }
          const isIt = intervention(t, it) !== 0
          // Both are the caller's to free (modsecurity/intervention.h).
          if (it.url) free(it.url)
          if (it.log) free(it.log)
          return isIt
        },
        end() {
          logging(t)
          cleanup(t)
        },
      }
    },
  }
}

function open() {
  const reasons: string[] = []
  for (const name of names) {
    try {
      return koffi.load(name)
    } catch (error) {
      reasons.push((error as Error).message)
    }
  }
  throw new Error(
    `libmodsecurity 3 cannot be loaded (${reasons[0]}). Install it: on Debian and Ubuntu, apt-get install libmodsecurity3`,
  )
}
