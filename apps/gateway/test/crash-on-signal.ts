// Loaded into a gateway under test: SIGUSR2 to the process makes its workers throw outside of any request.
import { BroadcastChannel, isMainThread } from 'node:worker_threads'

const channel = new BroadcastChannel('crash')
if (isMainThread) process.on('SIGUSR2', () => channel.postMessage('now'))
else {
  channel.onmessage = () => {
    setImmediate(() => {
      throw new Error('a bug that nobody caught')
    })
  }
}
channel.unref()
