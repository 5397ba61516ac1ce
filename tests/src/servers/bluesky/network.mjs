// Bluesky's own servers in one process, from @atproto/dev-env: the directory of identities, the personal data server, the
// AppView with its database and its moderation, and beside them our stand-in for the chat. Says in the file READY where
// they are, and ends with the signal of the test.
import { writeFileSync } from 'node:fs'

// Both are asked for at the start; Redis is then never spoken to.
process.env.REDIS_HOST = '127.0.0.1:1'
process.env.DB_POSTGRES_SCHEMA = 'guichet'
process.env.LOG_ENABLED ??= 'false'

const { NAMED, VIEW, OZONE, CHAT, READY } = process.env
const { TestNetwork } = await import('@atproto/dev-env')
const { openChat } = await import('./chat.mjs')

const network = await TestNetwork.create({
  pds: { port: Number(NAMED), hostname: 'localhost', enableDidDocWithSession: true },
  bsky: { port: Number(VIEW), publicUrl: `http://localhost:${VIEW}` },
  ozone: { port: Number(OZONE), chatUrl: `http://localhost:${CHAT}`, chatDid: 'did:example:chat' },
})
await openChat(network.pds.ctx.idResolver, Number(CHAT))

writeFileSync(READY, JSON.stringify({ pds: network.pds.url, view: network.bsky.url, plc: network.plc.url }))
process.on('SIGTERM', () => process.exit(0))
