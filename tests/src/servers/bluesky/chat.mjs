// A stand-in for Bluesky's chat, of which no server is published: direct exchanges of two, kept in memory. What surrounds it
// is real: a client comes through its PDS with the proxy header, and the PDS vouches for it with a signed token. Token,
// parameters, input and our own output are checked against Bluesky's published signatures and lexicons; only what
// happens in between is our reading of them.
import { createServer } from 'node:http'
import { schemas } from '@atproto/api'
import { TID } from '@atproto/common-web'
import { Lexicons } from '@atproto/lexicon'
import { verifyJwt } from '@atproto/xrpc-server'

const CHAT = 'did:web:api.bsky.chat'
const DEFS = 'chat.bsky.convo.defs'
const lexicons = new Lexicons(schemas)

class Refusal extends Error {
  constructor(status, name, message = name) {
    super(message)
    Object.assign(this, { status, name })
  }
}

const tell = (response, status, body) =>
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body))

/** Serves on loopback, and makes the PDS find it under the name of Bluesky's own. */
export async function openChat(resolver, port) {
  const known = resolver.did.resolveNoCache.bind(resolver.did)
  const service = { id: '#bsky_chat', type: 'BskyChatService', serviceEndpoint: `http://localhost:${port}` }
  const document = { '@context': ['https://www.w3.org/ns/did/v1'], id: CHAT, service: [service] }
  resolver.did.resolveNoCache = async (did) => (did === CHAT ? document : known(did))
  const methods = exchanges(resolver)
  const server = createServer((request, response) => {
    answer(request, methods, resolver).then(
      (body) => tell(response, 200, body),
      (why) => tell(response, why.status ?? 500, { error: why.status ? why.name : 'InternalServerError', message: why.message }),
    )
  })
  await new Promise((ready) => server.listen(port, ready))
}

async function answer(request, methods, resolver) {
  const url = new URL(request.url, service(request))
  const name = url.pathname.replace('/xrpc/', '')
  const definition = lexicons.getDef(name)
  const method = methods[name.replace('chat.bsky.convo.', '')]
  if (!definition || !method) throw new Refusal(501, 'MethodNotImplemented', 'Method Not Implemented')
  if ((request.method === 'GET') !== (definition.type === 'query')) throw new Refusal(400, 'InvalidRequest', 'Incorrect HTTP method')
  const me = await whoAsks(request, name, resolver)
  const asked = parameters(definition, url.searchParams)
  const input = await body(request)
  try {
    lexicons.assertValidXrpcParams(name, asked)
    if (definition.input) lexicons.assertValidXrpcInput(name, input)
  } catch (why) {
    throw new Refusal(400, 'InvalidRequest', why.message)
  }
  const said = await method(me, { ...asked, ...input })
  lexicons.assertValidXrpcOutput(name, said)
  return said
}

const service = (request) => `http://${request.headers.host ?? 'localhost'}`

async function whoAsks(request, method, resolver) {
  const [kind, token] = (request.headers.authorization ?? '').split(' ')
  if (kind !== 'Bearer' || !token) throw new Refusal(401, 'AuthMissing', 'Authentication Required')
  let vouched
  try {
    vouched = await verifyJwt(token, null, method, (issuer, fresh) => resolver.did.resolveAtprotoKey(issuer, fresh))
  } catch (why) {
    throw new Refusal(401, 'BadJwt', String(why.message))
  }
  if (vouched.aud.split('#')[0] !== CHAT) throw new Refusal(401, 'BadJwtAudience')
  return vouched.iss.split('#')[0]
}

function parameters(definition, query) {
  const taken = {}
  for (const [name, shape] of Object.entries(definition.parameters?.properties ?? {})) {
    const kind = shape.type === 'array' ? shape.items.type : shape.type
    const values = query.getAll(name).map((value) => (kind === 'integer' ? Number(value) : kind === 'boolean' ? value === 'true' : value))
    if (values.length > 0) taken[name] = shape.type === 'array' ? values : values[0]
  }
  return taken
}

async function body(request) {
  let text = ''
  for await (const part of request.setEncoding('utf8')) text += part
  if (text === '') return undefined
  try {
    return JSON.parse(text)
  } catch {
    throw new Refusal(400, 'InvalidRequest', 'Invalid JSON')
  }
}

/** What can be asked, over exchanges that live as long as the process. */
function exchanges(resolver) {
  const all = []
  /** Everything that happened, in order; `for` says who hears of it. */
  const happened = []
  const next = () => TID.nextStr()

  const happen = (exchange, kind, more = {}) => {
    exchange.rev = next()
    happened.push({ members: exchange.members, log: { $type: `${DEFS}#${kind}`, rev: exchange.rev, convoId: exchange.id, ...more } })
  }
  const profile = async (did) => {
    const document = await resolver.did.resolve(did)
    if (!document) throw new Refusal(400, 'RecipientNotFound', 'recipient not found')
    return { did, handle: document.alsoKnownAs[0].replace('at://', '') }
  }
  const shown = (message, me) => {
    const { text, facets, hidden, reactions, ...head } = message
    if (hidden.has(me)) return { $type: `${DEFS}#deletedMessageView`, ...head }
    return { $type: `${DEFS}#messageView`, ...head, text, ...(facets && { facets }), ...(reactions.length > 0 && { reactions }) }
  }
  const view = async (exchange, me) => {
    const last = exchange.messages.at(-1)
    return {
      id: exchange.id,
      rev: exchange.rev,
      members: await Promise.all(exchange.members.map(profile)),
      muted: false,
      status: exchange.status[me],
      unreadCount: exchange.messages.filter((one) => one.sender.did !== me && one.rev > exchange.read[me]).length,
      kind: { $type: `${DEFS}#directConvo` },
      ...(last && { lastMessage: shown(last, me) }),
    }
  }
  const between = (members) => all.find((one) => members.every((did) => one.members.includes(did)))
  const mine = (me, id) => {
    const found = all.find((one) => one.id === id && one.members.includes(me))
    if (!found) throw new Refusal(400, 'InvalidConvo', 'Convo not found')
    return found
  }
  const page = (list, { limit = 50, cursor }) => {
    const from = Number(cursor ?? 0)
    return [list.slice(from, from + limit), from + limit < list.length ? { cursor: String(from + limit) } : {}]
  }
  const begin = async (me, members) => {
    await Promise.all(members.map(profile))
    const exchange = { id: next(), rev: '', members, messages: [], status: {}, read: {} }
    for (const did of members) Object.assign(exchange, { status: { ...exchange.status, [did]: did === me ? 'accepted' : 'request' }, read: { ...exchange.read, [did]: '' } })
    all.push(exchange)
    happen(exchange, 'logBeginConvo')
    return exchange
  }

  const react = (me, { convoId, messageId, value }, on) => {
    const exchange = mine(me, convoId)
    const message = exchange.messages.find((one) => one.id === messageId)
    if (!message) throw new Refusal(400, 'InvalidRequest', 'Message not found')
    message.reactions = message.reactions.filter((one) => one.value !== value || one.sender.did !== me)
    if (on) message.reactions.push({ value, sender: { did: me }, createdAt: new Date().toISOString() })
    exchange.rev = next()
    return shown(message, me)
  }

  return {
    getConvoForMembers: async (me, { members }) => {
      const everybody = [...new Set([me, ...members])]
      if (everybody.length !== 2) throw new Refusal(400, 'InvalidRequest', 'two members')
      return { convo: await view(between(everybody) ?? (await begin(me, everybody)), me) }
    },
    getConvoAvailability: async (me, { members }) => {
      const found = between([me, ...members])
      return { canChat: true, ...(found && { convo: await view(found, me) }) }
    },
    getConvo: async (me, { convoId }) => ({ convo: await view(mine(me, convoId), me) }),
    listConvos: async (me, asked) => {
      const wanted = all.filter((one) => one.members.includes(me) && (!asked.status || one.status[me] === asked.status))
      const [list, more] = page(wanted.sort((a, b) => (a.rev < b.rev ? 1 : -1)), asked)
      let convos = await Promise.all(list.map((one) => view(one, me)))
      if (asked.readState === 'unread') convos = convos.filter((one) => one.unreadCount > 0)
      return { convos, ...more }
    },
    getMessages: async (me, asked) => {
      const [list, more] = page([...mine(me, asked.convoId).messages].reverse(), asked)
      return { messages: list.map((one) => shown(one, me)), ...more }
    },
    getLog: async (me, { cursor }) => {
      const heard = happened.filter((one) => one.members.includes(me) && (!cursor || one.log.rev > cursor)).slice(0, 50)
      return { logs: heard.map((one) => one.log), cursor: heard.at(-1)?.log.rev ?? cursor ?? next() }
    },
    sendMessage: async (me, { convoId, message }) => {
      const exchange = mine(me, convoId)
      const sent = { id: next(), rev: next(), text: message.text, facets: message.facets, sender: { did: me }, sentAt: new Date().toISOString(), hidden: new Set(), reactions: [] }
      exchange.messages.push(sent)
      exchange.status[me] = 'accepted'
      happen(exchange, 'logCreateMessage', { message: shown(sent, me) })
      return shown(sent, me)
    },
    acceptConvo: async (me, { convoId }) => {
      const exchange = mine(me, convoId)
      if (exchange.status[me] === 'accepted') return {}
      exchange.status[me] = 'accepted'
      happen(exchange, 'logAcceptConvo')
      return { rev: exchange.rev }
    },
    updateRead: async (me, { convoId }) => {
      const exchange = mine(me, convoId)
      exchange.read[me] = exchange.rev = next()
      return { convo: await view(exchange, me) }
    },
    addReaction: async (me, asked) => ({ message: react(me, asked, true) }),
    removeReaction: async (me, asked) => ({ message: react(me, asked, false) }),
    deleteMessageForSelf: async (me, { convoId, messageId }) => {
      const message = mine(me, convoId).messages.find((one) => one.id === messageId)
      if (!message) throw new Refusal(400, 'InvalidRequest', 'Message not found')
      message.hidden.add(me)
      return shown(message, me)
    },
  }
}
