"""A stand-in for a LightX2V server, after its README and sources (`lightx2v/server`, stored in December 2026): tasks in
memory alone, named by whoever orders, one after the other; errors as FastAPI says them.
"""

import contextlib
import json
import threading
from collections import OrderedDict
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import numpy as np

from vitascope.media import video

FIELDS = {  # of VideoTaskRequest, as far as it is used here; others are refused
    "task_id": str, "task": str, "prompt": str, "negative_prompt": str, "image_path": str, "last_frame_path": str,
    "save_result_path": str, "seed": int, "num_frames": int, "size": list,
}  # fmt: skip


class LightX2V:
    """`most`: tasks that wait or run at once. A task goes on by one state each time that it is looked at."""

    def __init__(self, folder, most=10):
        self.folder, self.most = Path(folder), most
        self.tasks, self.asked = OrderedDict(), []

    def restart(self):
        self.tasks.clear()

    def answer(self, method, path, body):
        """(status, JSON or bytes)"""
        parts = path.strip("/").split("/")
        if parts[:2] != ["v1", "tasks"]:
            return 404, {"detail": "Not Found"}
        if method == "POST":
            if path != "/v1/tasks/video/":  # FastAPI redirects to the slash
                return 307, {}
            return self._create(json.loads(body))
        task = self.tasks.get(parts[2])
        if method == "DELETE":
            return 200, self._stop(task)
        if not task:
            return 404, {"detail": "Task not found"}
        if parts[3] == "status":
            return 200, self._look(task)
        if task["status"] != "completed":
            return 404, {"detail": "Task not completed"}
        return 200, (self.folder / task["save_result_path"]).read_bytes()

    def _create(self, told):
        self.asked.append(told)
        for name, value in told.items():
            if not isinstance(value, FIELDS.get(name, type(None))):
                return 422, {"detail": [{"loc": ["body", name], "msg": "Extra inputs are not permitted"}]}
        if told["task_id"] in self.tasks:
            return 503, {"detail": f"Task ID {told['task_id']} already exists"}
        if sum(task["status"] in ("pending", "processing") for task in self.tasks.values()) >= self.most:
            return 503, {"detail": f"Task queue is full (max {self.most} tasks)"}
        self.tasks[told["task_id"]] = {
            "task_id": told["task_id"], "status": "pending", "start_time": "2026-12-01T00:00:00", "end_time": None,
            "error": None, "save_result_path": told.get("save_result_path"), "told": told,
        }  # fmt: skip
        name = told.get("save_result_path")
        return 200, {"task_id": told["task_id"], "task_status": "pending", "save_result_path": name}

    def _look(self, task):
        shown = {name: value for name, value in task.items() if name != "told"}
        if task["status"] == "pending":
            task["status"] = "processing"
        elif task["status"] == "processing":
            self._make(task)
        return shown

    def _make(self, task):
        told = task["told"]
        if "out of memory" in told["prompt"]:
            task |= {"status": "failed", "error": "CUDA out of memory"}
            return
        high, wide = told["size"]
        with video.writing(self.folder / task["save_result_path"], wide, high, fps=16) as writer:
            for _ in range(told["num_frames"]):
                writer.write(np.full((high, wide, 3), 40, np.uint8))
        task["status"] = "completed"

    def _stop(self, task):
        if not task or task["status"] in ("completed", "failed"):
            return {"stop_status": "do_nothing", "reason": "Task not found or already completed."}
        task |= {"status": "cancelled", "error": "Task cancelled by user"}
        return {"stop_status": "success", "reason": "Task stopped successfully."}


@contextlib.contextmanager
def served(server):
    """Its address, up to and with /v1."""

    class Handler(BaseHTTPRequestHandler):
        def any(self):
            body = self.rfile.read(int(self.headers.get("content-length") or 0))
            status, told = server.answer(self.command, self.path.partition("?")[0], body)
            sent = told if isinstance(told, bytes) else json.dumps(told).encode()
            self.send_response(status)
            self.send_header("content-length", str(len(sent)))
            self.end_headers()
            self.wfile.write(sent)

        do_GET = do_POST = do_DELETE = any

        def log_message(self, *_):
            pass

    http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=http.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{http.server_port}/v1"
    finally:
        http.shutdown()
        http.server_close()
