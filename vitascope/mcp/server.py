"""The tools as an MCP server. The one file that imports the SDK (`mcp`), which is an extra: whoever imports this file
says what to do without it.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Awaitable, Callable
from functools import cache
from typing import Any

import mcp_types as types
from mcp.server.context import ServerRequestContext
from mcp.server.lowlevel import Server
from mcp.server.stdio import stdio_server
from mcp.server.streamable_http_manager import StreamableHTTPSessionManager
from pydantic import ValidationError
from starlette.types import Receive, Scope, Send

from vitascope import __version__, logs
from vitascope.errors import VitascopeError
from vitascope.mcp import film_tools, tools
from vitascope.mcp.api import Api

MOST_BYTES = 8 * 2**20  # of a message over HTTP
_log = logs.get(__name__)
_TOOLS = (*tools.TOOLS, *film_tools.TOOLS)
_BY_NAME = {tool.name: tool for tool in _TOOLS}
#: Of the request that brought the call; None over stdio.
Connect = Callable[[Any], Awaitable[Api]]


def make(connect: Connect) -> Server[Any]:
    """`connect(request)` gives the API that a call asks, with the rights of who sent it."""

    async def list_tools(
        _: ServerRequestContext[Any], __: types.PaginatedRequestParams | None
    ) -> types.ListToolsResult:
        return types.ListToolsResult(tools=_listed())

    async def call(context: ServerRequestContext[Any], asked: types.CallToolRequestParams) -> types.CallToolResult:
        async def tell(progress: float, message: str) -> None:
            await context.session.report_progress(progress, 100, message)

        return await _called(await connect(context.request), asked.name, asked.arguments or {}, tell)

    return Server(
        "vitascope",
        title="Vitascope",
        version=__version__,
        instructions=tools.INSTRUCTIONS,
        on_list_tools=list_tools,
        on_call_tool=call,
    )


async def over_stdio(server: Server[Any]) -> None:
    """Until standard input ends. Meanwhile what anything prints goes to standard error."""
    async with stdio_server() as (read, write):
        await server.run(read, write, server.create_initialization_options())


async def over_http(server: Server[Any], scope: Scope, receive: Receive, send: Send) -> None:
    """One message. No session is kept, so that any process of a service can answer the next one."""
    manager = StreamableHTTPSessionManager(server, stateless=True, max_request_body_size=MOST_BYTES)
    async with manager.run():
        await manager.handle_request(scope, receive, send)


@cache
def _listed() -> list[types.Tool]:
    return [
        types.Tool(
            name=tool.name,
            description=tool.description,
            input_schema=tool.takes.model_json_schema(),
            output_schema=tool.gives.model_json_schema(),
            annotations=types.ToolAnnotations(read_only_hint=tool.reads, destructive_hint=tool.ends),
        )
        for tool in _TOOLS
    ]


async def _called(api: Api, name: str, arguments: dict[str, Any], tell: tools.Tell) -> types.CallToolResult:
    """What the tool gives back; what goes wrong is told to the agent as the tool's answer, so that it can do better."""
    tool = _BY_NAME.get(name)
    if not tool:
        return _failed(f'There is no tool "{name[:60]}". There are: {", ".join(_BY_NAME)}.')
    try:
        given = await tool.do(api, tool.takes.model_validate(arguments), tell)
    except ValidationError as error:
        return _failed(" ".join(_told(fault) for fault in error.errors()[:5]))
    except VitascopeError as error:
        return _failed(f"{error.message} {error.hint}".strip())
    except Exception as error:
        _log.exception("a fault inside Vitascope", tool=name)
        return _failed(f"A fault inside Vitascope ({type(error).__name__}). Its log says more.")
    answer = given.answer.model_dump(mode="json")
    text = json.dumps(given.answer.model_dump(mode="json", exclude_none=True), ensure_ascii=False)
    content: list[types.ContentBlock] = [types.TextContent(text=text)]
    if given.picture:
        data, media_type = given.picture
        content.append(types.ImageContent(data=base64.b64encode(data).decode(), mime_type=media_type))
    return types.CallToolResult(content=content, structured_content=answer)


def _failed(told: str) -> types.CallToolResult:
    return types.CallToolResult(content=[types.TextContent(text=told)], is_error=True)


def _told(fault: Any) -> str:
    return f"{'.'.join(str(part) for part in fault['loc'])}: {fault['msg']}."
