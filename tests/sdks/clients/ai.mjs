// Vercel's AI SDK with the providers that have video models. Run by `speaker.mjs`.
import fs from "node:fs/promises"

import { createAlibaba } from "@ai-sdk/alibaba"
import { createByteDance } from "@ai-sdk/bytedance"
import { createFal } from "@ai-sdk/fal"
import { createGoogleGenerativeAI } from "@ai-sdk/google"
import { createReplicate } from "@ai-sdk/replicate"
import { createXai } from "@ai-sdk/xai"
import { experimental_generateVideo as generateVideo } from "ai"

// fal's address is built in, and its key is sent to no other.
const turned = ({ url, key }) => (address, init) =>
  fetch(String(address).replace("https://queue.fal.run", `${url}/fal`), {
    ...init,
    headers: { ...init.headers, authorization: `Key ${key}` },
  })

const MODELS = {
  alibaba: ({ url, key }) => createAlibaba({ apiKey: key, videoBaseURL: url }).video("wan2.5-t2v-preview"),
  bytedance: ({ url, key }) => createByteDance({ apiKey: key, baseURL: `${url}/api/v3` }).video("seedance-1-0-pro-250528"),
  fal: ({ url, key }) => createFal({ apiKey: key, fetch: turned({ url, key }) }).video("wan/v2.2-a14b/text-to-video"),
  google: ({ url, key }) =>
    createGoogleGenerativeAI({ apiKey: key, baseURL: `${url}/v1beta` }).video("veo-3.1-generate-preview"),
  replicate: ({ url, key }) => createReplicate({ apiToken: key, baseURL: `${url}/v1` }).video("wan-video/wan-2.2-t2v-fast"),
  xai: ({ url, key }) => createXai({ apiKey: key, baseURL: `${url}/v1` }).video("grok-imagine-video"),
}

// It refuses to download from addresses of this machine and of private networks, so programs bring a download of theirs.
async function download({ url, abortSignal }) {
  const answer = await fetch(url, { signal: abortSignal })
  if (!answer.ok) throw new Error(`${url} answered ${answer.status}`)
  return { data: new Uint8Array(await answer.arrayBuffer()), mediaType: answer.headers.get("content-type") ?? undefined }
}

export async function make({ url, key, provider, to, own = true, ...asked }) {
  const providerOptions = { [provider]: { pollIntervalMs: 200 } }
  const model = MODELS[provider]({ url, key })
  const { video, warnings } = await generateVideo({
    model, providerOptions, maxRetries: 0, ...(own ? { download } : {}), ...asked,
  })
  if (to) await fs.writeFile(to, video.uint8Array)
  return { mediaType: video.mediaType, warnings }
}
