"""Writes docs/compatibility.md from the code: `python docs/compatibility.py`. A test fails when the page is old."""

from __future__ import annotations

import sys
from pathlib import Path

from vitascope.server import compatibility
from vitascope.vendors.api import Dialect

PAGE = Path(__file__).with_name("compatibility.md")
ORIGIN = "http://127.0.0.1:8410"
HEAD = """\
# Which clients work here

Made from the code by `python docs/compatibility.py`. How it works is told in [dialects.md](dialects.md).

Point a vendor's client at this server by its base URL, and give it a key of this server. Each dialect is at the root
and under a prefix of its own; take the prefix when two vendors' clients share one address. `KEY` below is a key
(`vitascope keys create --name laptop`); `ACCESS` and `SECRET` are a pair (`--pair`).

- **works**: does what the vendor says it does.
- **refused**: no model here can do it, and the answer says so in the vendor's own form of an error.
- **ignored**: fields that are taken and change nothing.
"""

NODE = """\
## Clients for Node

Tried with Node 20 (`make sdks`): `openai`, `replicate`, `@fal-ai/client`, `@runwayml/sdk`, `lumaai`, `@google/genai`,
`together-ai`, and Vercel's `ai` with `@ai-sdk/alibaba`, `bytedance`, `fal`, `google`, `replicate` and `xai`. They take
the same base URLs; `tests/sdks/clients/` has a few lines for each.

**Vercel's AI SDK** downloads the finished clip itself, and refuses addresses of your own machine and of private
networks: `URL with IP address 127.0.0.1 is not allowed`. Give `generateVideo` a `download` of your own. A server that
is reached by a public name needs none.

```js
import { createReplicate } from "@ai-sdk/replicate"
import { experimental_generateVideo as generateVideo } from "ai"

async function download({ url, abortSignal }) {
  const answer = await fetch(url, { signal: abortSignal })
  if (!answer.ok) throw new Error(`${url} answered ${answer.status}`)
  return { data: new Uint8Array(await answer.arrayBuffer()), mediaType: answer.headers.get("content-type") }
}

const replicate = createReplicate({ apiToken: "KEY", baseURL: "http://127.0.0.1:8410/v1" })
const model = replicate.video("wan-video/wan-2.2-t2v-fast")
const { video } = await generateVideo({ model, prompt: "a red ball bounces on snow", download })
```

Two of them have their vendor's address built in. `@ai-sdk/fal` takes a `fetch`, and `@fal-ai/client` a
`requestMiddleware`, that turns `https://queue.fal.run` into `http://127.0.0.1:8410/fal`. That `fetch` also adds the
header `authorization: Key KEY`, because the SDK shows its key to no other host than fal's.
"""


def text() -> str:
    parts = [HEAD, _overview(), NODE, *(_section(dialect) for dialect in compatibility.ALL)]
    return "\n".join(parts).rstrip() + "\n"


def _overview() -> str:
    rows = ["| dialect | base URL | SDK | works | refused |", "|---|---|---|---|---|"]
    for dialect in compatibility.ALL:
        states = [operation.state for operation in compatibility.operations(dialect)]
        place = compatibility.base_urls(dialect, ORIGIN)[0]
        link = f"[{dialect.title}](#{_anchor(dialect.title)})"
        counts = f"{states.count('works')} | {states.count('refused')}"
        rows.append(f"| {link} | `{place}` | {f'`{dialect.sdk}`' if dialect.sdk else 'plain HTTP'} | {counts} |")
    return "\n".join(rows) + "\n"


def _section(dialect: Dialect) -> str:
    lines = [f"## {dialect.title}", ""]
    lines += [f"After {dialect.docs}.", ""] if dialect.docs else []
    lines += ["```python" if _is_python(dialect) else "```sh", compatibility.snippet(dialect, ORIGIN), "```", ""]
    lines += ["| operation | request | state |", "|---|---|---|"]
    for operation in compatibility.operations(dialect):
        state = f"refused: {operation.why}" if operation.why else operation.state
        if operation.ignored:
            state += f"; ignored: {compatibility.named(operation.ignored)}"
        lines.append(f"| {operation.name} | `{operation.method} {operation.path}` | {state} |")
    lines += ["", f"Base URLs: {compatibility.named(compatibility.base_urls(dialect, ORIGIN))}."]
    if dialect.ignored:
        lines += [f"Ignored: {compatibility.named(dialect.ignored)}."]
    if dialect.aliases:
        lines += [f"Names of models: {compatibility.named(dialect.aliases)}."]
    return "\n".join(lines) + "\n"


def _is_python(dialect: Dialect) -> bool:
    try:
        compile(compatibility.snippet(dialect, ORIGIN), dialect.name, "exec")
    except SyntaxError:
        return False
    return True


def _anchor(title: str) -> str:
    kept = "".join(letter for letter in title.lower() if letter.isalnum() or letter in " -_")
    return kept.replace(" ", "-")


if __name__ == "__main__":
    PAGE.write_text(text(), encoding="utf-8")
    print(PAGE, file=sys.stderr)
