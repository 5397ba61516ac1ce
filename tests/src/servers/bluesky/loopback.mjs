// Loaded before anything else. The development servers would listen on every address of the machine: here they listen on
// loopback alone. And since a server calls itself by the port it listens on, while the test wants a wire in between that
// carries this very number, the port NAMED is opened as the port BEHIND.
import { Server } from 'node:net'

const { NAMED, BEHIND } = process.env
const inside = (port) => (String(port) === NAMED ? Number(BEHIND) : Number(port))
const listen = Server.prototype.listen

Server.prototype.listen = function (first, ...rest) {
  const options = typeof first === 'object' && first !== null ? first : undefined
  const port = options ? options.port : first
  // Pipes, handles and descriptors have no port, and stay what they are.
  if (port === undefined || options?.path !== undefined || Number.isNaN(Number(port))) {
    return listen.call(this, first, ...rest)
  }
  const ready = rest.filter((one) => typeof one === 'function')
  return listen.call(this, { ...options, port: inside(port), host: '127.0.0.1' }, ...ready)
}
