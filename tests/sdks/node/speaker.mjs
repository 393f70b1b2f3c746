// Runs one function of a client script with the packages of an SDK's own folder, like `speaker.py`: standard input is
// {"function", "arguments"}, standard output {"returned"} or {"raised"}. Nothing but this machine can be called from here.
import dns from "node:dns"
import fs from "node:fs"
import net from "node:net"
import { pathToFileURL } from "node:url"

const here = (host) => !host || host === "localhost" || host === "::1" || host.startsWith("127.")

function stayHere(host) {
  if (!here(host)) throw new Error(`a connection to ${host}`)
}

const connect = net.Socket.prototype.connect
net.Socket.prototype.connect = function (...given) {
  const options = Array.isArray(given[0]) ? given[0][0] : given[0]
  if (typeof options === "object" && options && !options.path) stayHere(options.host)
  return connect.apply(this, given)
}
const lookup = dns.lookup
dns.lookup = (host, ...rest) => {
  stayHere(host)
  return lookup(host, ...rest)
}

// An SDK's exception as data: its kind, its words and its plain attributes.
function told(error) {
  const plain = {}
  for (const [name, value] of Object.entries(error)) {
    try {
      if (typeof value !== "function") plain[name] = JSON.parse(JSON.stringify(value))
    } catch {
      // not plain
    }
  }
  const cause = error.cause ? { cause: String(error.cause.message ?? error.cause) } : {}
  const words = String(error.message ?? error).slice(0, 2000)
  return { ...plain, ...cause, kind: error.constructor?.name, words, trace: String(error.stack ?? error) }
}

console.log = console.info = console.warn = console.error
const asked = JSON.parse(fs.readFileSync(0, "utf8"))
let answer
try {
  const client = await import(pathToFileURL(process.argv[2]))
  answer = { returned: (await client[asked.function](asked.arguments)) ?? null }
} catch (error) {
  answer = { raised: told(error) }
}
fs.writeSync(1, JSON.stringify(answer))
process.exit(0)
