#!/usr/bin/env node
// The command's entry as npm links it: it stands in the repository, so that an install before the first build finds it.
await import('../dist/main.js')
