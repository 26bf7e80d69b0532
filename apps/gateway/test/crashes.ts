// Loaded into a gateway under test: SIGUSR2 to the process makes its workers throw outside of any request, and an API
// with the name `poison` ends whoever compiles it.
import { BroadcastChannel, isMainThread } from 'node:worker_threads'

const channel = new BroadcastChannel('crash')
if (isMainThread) process.on('SIGUSR2', () => channel.postMessage('now'))
else {
  channel.onmessage = () => {
    setImmediate(() => {
      throw new Error('a bug that nobody caught')
    })
  }
  const parse = JSON.parse
  JSON.parse = (text: string, ...more) => {
    if (text.includes('"apiName":"poison"')) process.exit(1)
    return parse(text, ...more)
  }
}
channel.unref()
