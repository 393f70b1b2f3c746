"""A workflow of a ComfyUI as a model: how it is read and checked, what the client makes of what a real ComfyUI answered
(0.3.64, recorded), and orders through the courier to a stand-in that answers the same.
"""

import io
import json
from fractions import Fraction
from pathlib import Path
from unittest import mock

import av
import numpy as np
import pytest
from PIL import Image

import buying
import comfyui
from buying import World
from comfyui import ADDRESS, SCENES, ComfyUI, whole
from test_openai_client import drive, said
from vitascope.clip import ClipSpec
from vitascope.engines import model_file
from vitascope.engines.model_file import ModelFile
from vitascope.engines.openweights import shelf
from vitascope.engines.remote import comfy, comfy_file
from vitascope.engines.remote.comfy_file import Told
from vitascope.errors import BadClip, BadSettings, Unavailable
from vitascope.media import finished, picture, recipe, video
from vitascope.orders import fulfil
from vitascope.outbound import listen
from vitascope.store.blobs import content
from vitascope.vendors.client import Refused, TaskOrder, Ticket, Unclear
from vitascope.vendors.comfy import workflow as workflows
from vitascope.vendors.comfy.client import Client
from vitascope.workers.courier import Courier

NAME = "7d9f2a4e-0b1c-4c3d-8e5f-60718293a4b5"


def graph(**changed):
    """A workflow without weights, which any ComfyUI since 0.3.30 runs; `changed`: nodes, None takes one out."""
    made = {
        "1": {"class_type": "PrimitiveString", "inputs": {"value": "words"}, "_meta": {"title": "$prompt"}},
        "2": {
            "class_type": "EmptyImage",
            "inputs": {"width": 64, "height": 64, "batch_size": 81, "color": 255},
            "_meta": {"title": "$width $height $frames"},
        },
        "4": {
            "class_type": "CreateVideo",
            "inputs": {"images": ["2", 0], "fps": 16.0},
            "_meta": {"title": "rate $fps"},
        },
        "5": {
            "class_type": "SaveVideo",
            "inputs": {"video": ["4", 0], "filename_prefix": "clip", "format": "mp4", "codec": "h264"},
        },
    }
    made |= {id.removeprefix("n"): node for id, node in changed.items()}
    return {id: node for id, node in made.items() if node}


LOAD = {"class_type": "LoadImage", "inputs": {"image": "red.png"}, "_meta": {"title": "$image"}}
JOIN = {"class_type": "ImageBatch", "inputs": {"image1": ["6", 0], "image2": ["2", 0]}}
CREATE = {"class_type": "CreateVideo", "inputs": {"images": ["7", 0], "fps": 16.0}, "_meta": {"title": "$fps"}}
WITH_PICTURE = graph(n6=LOAD, n7=JOIN, n4=CREATE)


def client(made=None, out="5"):
    return Client(workflows.read(json.dumps(made or graph())), out)


def order(**asked):
    spec = ClipSpec(**{"prompt": "a red ball", "seconds": 0.5, "seed": 7, **asked})
    return TaskOrder(name=NAME, spec=spec, shape=buying.CARD.resolve(spec), at=0.0)


class TestWorkflow:
    def test_marks_in_titles_say_what_is_filled(self):
        read = workflows.read(json.dumps(graph()))
        assert {slot.mark: (slot.node, slot.input) for slot in read.slots} == {
            "prompt": ("1", "value"), "width": ("2", "width"), "height": ("2", "height"), "frames": ("2", "batch_size"),
            "fps": ("4", "fps"),
        }  # fmt: skip
        filled = read.filled({"prompt": "a ball", "width": 96, "frames": None})
        assert filled["1"]["inputs"]["value"] == "a ball"
        assert filled["2"]["inputs"] == {"width": 96, "height": 64, "batch_size": 81, "color": 255}
        assert read.graph["2"]["inputs"]["width"] == 64

    def test_a_title_may_name_the_input(self):
        node = {"class_type": "KSamplerAdvanced", "inputs": {"noise_seed": 1, "steps": 20, "end": 5}}
        for title, input in (("$seed.end", "end"), ("my $seed", "noise_seed")):
            read = workflows.read(json.dumps({"3": node | {"_meta": {"title": title}}}))
            assert [slot.input for slot in read.slots] == [input]

    @pytest.mark.parametrize(
        ("text", "why"),
        [
            ("oh", "no JSON"),
            ("[]", "no nodes"),
            ('{"nodes": [], "links": [], "version": 0.4}', "format of ComfyUI's page"),
            ('{"prompt": {}}', "no node with a class_type"),
            (json.dumps(graph(n2=None)), r"CreateVideo \(node 4\) needs node 2"),
            (json.dumps(graph(n8=LOAD | {"_meta": {"title": "$pictrue"}})), r"\$pictrue .* LoadImage \(node 8\)"),
            (json.dumps(graph(n8=JOIN | {"inputs": {}, "_meta": {"title": "$seed"}})), "no input of it"),
            (json.dumps(graph(n8=LOAD | {"_meta": {"title": "$seed.noise"}})), "has no input noise"),
            (json.dumps(graph(n4=CREATE | {"inputs": {"fps": ["2", 0]}})), "no input of it"),
            (json.dumps(graph(n4=CREATE | {"inputs": {"fps": ["2", 0]}, "_meta": {"title": "$fps.fps"}})), "another"),
        ],
    )  # fmt: skip
    def test_what_cannot_be_ordered_is_refused(self, text, why):
        with pytest.raises(BadSettings, match=why):
            workflows.read(text)

    def test_the_pages_format_says_how_to_export(self):
        with pytest.raises(BadSettings) as told:
            workflows.read('{"nodes": [], "links": []}')
        assert "Export (API)" in told.value.hint


class TestModelFile:
    def look(self, made, server=None, **told):
        return comfy_file.look("my", json.dumps(made), ADDRESS, Told(**told), carrier=server or ComfyUI())

    def test_the_nodes_tell_sizes_rate_and_length(self, tmp_path):
        found = self.look(graph(), price=30)
        assert found.version == "0.3.64"
        assert found.table["format"] == {
            "fps": 16.0, "side": 2, "sizes": ["64x64"], "any_size": True, "first": 1, "group": 1, "max_seconds": 5.0,
        }  # fmt: skip
        assert "$frames fills batch_size of EmptyImage (node 2)" in found.fills
        assert found.fills[-1] == "the clip is what SaveVideo (node 5) saves"
        assert any("no node is titled $seed" in note for note in found.notes)
        read = model_file.read(shelf.write(tmp_path, found.table, {}))
        assert (read.card.needs, read.card.modes, read.card.sound) == ("remote", ("text",), "never")
        assert json.loads(read.source["workflow"]) == graph()
        shape = read.card.resolve(ClipSpec(prompt="x", size=(96, 32)))
        assert (shape.frames, shape.fps, shape.size) == (81, 16, (96, 32))

    def test_options_say_what_nodes_do_not(self):
        fixed = graph(n2={"class_type": "EmptyImage", "inputs": {"width": 64, "height": 32, "batch_size": 9}})
        with pytest.raises(BadSettings, match=r"\$frames"):
            self.look(fixed)
        found = self.look(fixed, seconds=0.5, fps=8.0, size="64x32")
        assert found.table["format"] == {"fps": 8.0, "sizes": ["64x32"], "lengths": [0.5], "max_seconds": 0.5}

    def test_a_picture_that_the_workflow_loads_must_be_given(self):
        assert self.look(WITH_PICTURE).table["modes"] == ["image"]

    def test_sound_is_told_by_the_node_that_joins_it(self):
        made = graph()
        made["4"]["inputs"]["audio"] = ["2", 0]
        assert self.look(made).table["sound"] == "always"

    @pytest.mark.parametrize(
        ("made", "why"),
        [
            (graph(n1=None), r"titled \$prompt"),
            (graph(n8={"class_type": "WanX", "inputs": {}}, n9={"class_type": "B C/d", "inputs": {}}),
             r"does not know 2 of the nodes: WanX \(node 8\), B C/d \(node 9\)"),
            (graph(n8={"class_type": "PreviewImage", "inputs": {"images": ["2", 0]}}), "2 nodes save something"),
            (graph(n5=None), "saves anything"),
        ],
    )  # fmt: skip
    def test_what_the_comfyui_there_cannot_do_is_said(self, made, why):
        with pytest.raises(BadSettings, match=why):
            self.look(made)

    def test_nodes_that_buy_elsewhere_are_refused(self):
        server = ComfyUI()
        server.infos["PrimitiveString"] = {**comfyui.TEXT, "api_node": True}
        with pytest.raises(BadSettings, match="buys from another vendor"):
            self.look(graph(), server)

    def test_a_file_that_is_not_there_is_noted(self):
        server = ComfyUI()
        found = self.look(graph(n6=LOAD | {"_meta": {}}, n7=JOIN, n4=CREATE), server)
        assert not any("red.png" in note for note in found.notes)  # its list of files is empty
        made = graph()
        made["5"]["inputs"]["format"] = "avi"
        assert any('format is "avi", which is not there' in note for note in self.look(made).notes)

    def test_another_server_is_no_comfyui(self):
        server = mock.Mock()
        server.ask.return_value = (404, {}, b"")
        with pytest.raises(Unavailable, match="no ComfyUI"):
            self.look(graph(), server)

    def test_a_source_that_means_nothing_is_refused(self):
        for source in ({"address": ADDRESS}, {"address": "x", "workflow": json.dumps(graph()), "out": "5"},
                       {"address": ADDRESS, "workflow": json.dumps(graph()), "out": "77"},
                       {"address": ADDRESS, "workflow": json.dumps(graph()), "out": "5", "model": "m"}):  # fmt: skip
            with pytest.raises(BadSettings):
                comfy.engine("my", source)


def exchange(scene, number):
    one = SCENES[scene]["http"][number]
    return one["response"]["status"], whole(one["response"]["json"])


class TestRecorded:
    """What the client makes of what a real one answered."""

    @pytest.mark.parametrize(
        ("number", "reason", "message"),
        [
            (0, "input", "Cannot execute because node Nothing does not exist. (Node ID '#9')"),
            (3, "input", "LoadImage (node 1): Custom validation failed for node (image - Invalid image file: no.png)"),
            (4, "input", "EmptyImage (node 2): Value -5 smaller than min of 1 (width)"),
            (7, "input", "CreateVideo (node 4): Failed to convert an input value to a FLOAT value"),
            (9, "input", "EmptyImage (node 2): Required input is missing (width)"),
            (23, "input", "Prompt has no outputs"),
        ],
    )
    def test_refusals_are_told_by_node(self, number, reason, message):
        made = whole(SCENES["bad-prompts"]["http"][number]["request"]["json"])["prompt"]
        one = Client(workflows.Workflow(made or graph(), ()), "5")
        with pytest.raises(Refused) as error:
            drive(one.submit(order()), said(*exchange("bad-prompts", number)))
        assert error.value.reason == reason
        assert error.value.message.startswith(message)

    def test_an_error_without_an_answer_is_unclear(self):
        with pytest.raises(Unclear):
            drive(client().submit(order()), said(500, "Server got itself in trouble"))

    def test_bad_outputs_beside_ours_do_not_matter(self):
        answer = said(*exchange("accepted-in-part", 5))  # node 7 is bad
        made = graph(n7={"class_type": "SaveImage", "inputs": {}})
        requests, ticket = drive(client(made).submit(order()), answer)
        assert ticket.handle == "p46"
        assert [request.path for request in requests] == ["/prompt"]

    def test_a_bad_output_that_is_ours_is_taken_back(self):
        queue = said(200, {"queue_running": [[1, "p46", {}, {}, []]], "queue_pending": []})
        answers = [said(*exchange("accepted-in-part", 5)), said(200, ""), queue, said(200, "")]
        made = graph(n7={"class_type": "SaveImage", "inputs": {}})
        with pytest.raises(Refused, match=r"SaveImage \(node 7\): Required input is missing \(images\)"):
            drive(client(made, out="7").submit(order()), *answers)

    @pytest.mark.parametrize(
        ("scene", "number", "id", "state", "message"),
        [
            ("good-graph", 3, "00000000-0000-4000-8000-000000000001", "done", ""),
            ("accepted-in-part", 1, "p42", "failed", "SaveVideo (node 5): 'avi' is not a valid VideoContainer"),
            ("fails-while-running", 5, "p63", "failed",
             "LoadImage (node 1): [Errno 2] No such file or directory: 'gone.png'"),
            ("interrupt", 7, "p56", "cancelled", ""),
        ],
    )  # fmt: skip
    def test_ends_are_read(self, scene, number, id, state, message):
        _, (seen,) = drive(client().poll([Ticket(id)]), said(*exchange(scene, number)))
        assert (seen.state, seen.message) == (state, message)

    def test_waiting_and_running_are_told_apart(self):
        queue = said(*exchange("queue", 4))
        for id, state in (("p51", "running"), ("p52", "queued"), ("p53", "queued")):
            _, (seen,) = drive(client().poll([Ticket(id)]), said(200, {}), queue, said(200, []))
            assert seen.state == state

    def test_one_that_ends_between_two_looks_is_not_lost(self):
        id = "00000000-0000-4000-8000-000000000001"
        empty = said(200, {"queue_running": [], "queue_pending": []})
        _, (seen,) = drive(client().poll([Ticket(id)]), said(200, {}), empty, said(*exchange("good-graph", 3)))
        assert seen.state == "done"

    def test_pictures_are_fetched_one_by_one(self):
        number = next(
            n for n, one in enumerate(SCENES["picture-outputs"]["http"]) if "/history/" in one["request"]["path"]
        )
        _, told = exchange("picture-outputs", number)
        (id,) = told
        requests, _ = drive(client(out="2").fetch(Ticket(id)), said(200, told), *[said(200, "")] * 2)
        assert [(request.path, request.part) for request in requests[1:]] == [
            (f"/view?filename=pic_0000{n}_.png&subfolder=vs&type=output", n - 1) for n in (1, 2)
        ]


def ended(**outputs):
    return {"id": {"outputs": {"5": outputs}, "status": {"status_str": "success", "messages": []}}}


@pytest.mark.parametrize(
    "file",
    [
        {"filename": "../secret.mp4", "subfolder": "", "type": "output"},
        {"filename": "..", "subfolder": "", "type": "output"},
        {"filename": "a.mp4", "subfolder": "x/../../y", "type": "output"},
        {"filename": "a.mp4", "subfolder": "x\\..\\y", "type": "output"},
        {"filename": "a.mp4", "subfolder": "/etc", "type": "output"},
        {"filename": "a.mp4", "subfolder": "C:", "type": "output"},
        {"filename": "a\\b.mp4", "subfolder": "", "type": "output"},
        {"filename": 7},
        "a.mp4",
    ],
)  # fmt: skip
def test_a_file_that_leads_out_of_its_folder_is_none(file):
    _, (seen,) = drive(client().poll([Ticket("id")]), said(200, ended(images=[file])))
    assert (seen.state, seen.message) == ("failed", "SaveVideo (node 5) gave no file")
    with pytest.raises(Refused):
        drive(client().fetch(Ticket("id")), said(200, ended(images=[file])))


def test_a_clip_goes_before_pictures_and_names_are_quoted():
    files = {
        "images": [{"filename": "a.png"}],
        "gifs": [{"filename": "b c&d.mp4", "subfolder": "x/y", "type": "output"}],
    }
    requests, _ = drive(client().fetch(Ticket("id")), said(200, ended(**files)), said(200, ""))
    assert requests[-1].path == "/view?filename=b%20c%26d.mp4&subfolder=x%2Fy&type=output"


@pytest.mark.parametrize(
    "message",
    ["No such file: '/srv/comfy/input/a.png'", r"No such file: 'C:\Users\me\input\a.png'", "No such file: 'a.png'"],
)
def test_no_folders_of_its_machine_are_passed_on(message):
    error = ["execution_error", {"node_id": "3", "node_type": "KSampler", "exception_message": f"{message}\n"}]
    told = {"id": {"outputs": {}, "status": {"status_str": "error", "messages": [error]}}}
    _, (seen,) = drive(client().poll([Ticket("id")]), said(200, told))
    assert seen.message == "KSampler (node 3): No such file: 'a.png'"


@pytest.mark.parametrize("asked", [{"negative_prompt": "fog"}, {"preset": "fast"}, {"image": "picture"}])
def test_what_the_workflow_cannot_be_told_is_refused(asked):
    one = buying.CARD.resolve(ClipSpec(prompt="x", seconds=0.5))
    if "image" in asked:
        asked = {"image": picture.fit(Image.new("RGB", (64, 64), "red"), 64, 64)}
    spec = ClipSpec(prompt="x", seconds=0.5, **asked)
    with pytest.raises(Refused, match="no input for"):
        client().values(TaskOrder(name=NAME, spec=spec, shape=one, at=0.0))


def test_a_picture_that_is_needed_must_be_there():
    with pytest.raises(Refused, match="needs image"):
        client(WITH_PICTURE).values(order())


class TestStandIn:
    """It answers as the real one did."""

    @staticmethod
    def same(got, recorded):
        """But for times, numbers, and what only a real run can know."""
        if isinstance(recorded, dict):
            loose = {
                "timestamp",
                "traceback",
                "current_inputs",
                "current_outputs",
                "executed",
                "meta",
                "number",
                "nodes",
            }
            loose |= {"{CUT_KEYS}", "exception_type", "node_id", "node_type"}
            keys = recorded.keys() - loose
            assert keys <= got.keys(), (got, recorded)
            for key in keys:
                TestStandIn.same(got[key], recorded[key])
        elif isinstance(recorded, list):
            assert len(got) == len(recorded), (got, recorded)
            for one, other in zip(got, recorded, strict=True):
                TestStandIn.same(one, other)
        elif type(recorded) is not int:  # numbers count on from scene to scene
            assert got == recorded

    def replay(self, server, clock, exchanges):
        for one in exchanges:
            sent, got = one.get("request"), one["response"]
            clock[0] = one["t"]
            headers, body = {}, b""
            if "json" in sent:
                body = json.dumps(whole(sent["json"])).encode()
            elif "multipart" in sent:
                headers, body = self.multipart(sent["multipart"])
            status, _, data = server.answer(sent["method"], sent["path"], headers, body)
            assert status == got["status"], one
            if "json" in got:
                self.same(json.loads(data), whole(got["json"]))

    @staticmethod
    def multipart(parts):
        pieces = []
        for part in parts:
            file = f'; filename="{part["filename"]}"' if "filename" in part else ""
            value = part.get("what", part.get("value")).encode()
            pieces += [
                f'--m\r\ncontent-disposition: form-data; name="{part["name"]}"{file}\r\n\r\n'.encode(),
                value,
                b"\r\n",
            ]
        return {"content-type": "multipart/form-data; boundary=m"}, b"".join([*pieces, b"--m--\r\n"])

    @pytest.mark.parametrize(
        ("scene", "which"),
        [
            ("empty-server", [0, 3, 4, 5, *range(15, 24)]),
            ("upload", [*range(20), 21, 22]),
            ("good-graph", [0, 1, 3, 4, 5]),
            ("bad-prompts", [*range(17), *range(21, 25)]),
            ("accepted-in-part", [5, 6]),
            ("same-prompt-id-twice", [0, 1, 2, 3, 4, 5]),
            ("queue", [*range(12), 12, 13, 14, 15, 16, 17, 20]),
            ("interrupt", [0, 1, 2, 3, 4, 5, 7]),
        ],
    )
    def test_a_recorded_scene(self, scene, which):
        clock = [0.0]
        server = ComfyUI(lambda: clock[0])
        server.infos |= {"ImageScale": {"output_node": False}}
        self.replay(server, clock, [SCENES[scene]["http"][number] for number in which])

    def test_a_restart_forgets_all_but_the_files(self):
        server = ComfyUI(lambda: 1.0)
        server.files["output", "vs", "clip_00001_.mp4"] = b"x"
        server.restart()
        self.replay(server, [0.0], [SCENES["killed-while-running"]["http"][number] for number in (5, 6, 7, 8, 10)])
        assert server.answer("GET", "/view?filename=clip_00001_.mp4&subfolder=vs&type=output", {}, b"")[0] == 200


class ComfyWorld(World):
    """Couriers whose only model is a workflow of a ComfyUI."""

    def __init__(self, store, folder, made=None):
        self.comfy = None
        super().__init__(store, folder)
        self.comfy = ComfyUI(store.clock, slow=30)
        self.source = {"address": ADDRESS, "out": "5", "workflow": json.dumps(made or graph()), "keeps_seconds": 7200}
        self.couriers = [self.courier()]

    def courier(self):
        models = buying.Models(self.source)
        models.file = ModelFile(buying.CARD, "vitascope.engines.remote.comfy:engine", self.source, Path("m.toml"))
        build = lambda engine, name, source: comfy.engine(name, source, carrier=self.comfy)  # noqa: E731
        return Courier(self.house, models, build=build, chance=self.chance)

    def posts(self, path):
        return self.comfy.said.count(("POST", path))

    def file(self, job_id, folder):
        key = next(clip.video_key for clip in self.clips() if clip.job_id == job_id)
        path = folder / "got.mp4"
        path.write_bytes(content(self.blobs, key))
        return path


SLOW = {"class_type": "ImageScale", "inputs": {"image": ["2", 0], "width": 64, "height": 64}}
SLOWLY = graph(n3=SLOW, n4=CREATE | {"inputs": {"images": ["3", 0], "fps": 16.0}})


@pytest.fixture
def world(sqlite_only, tmp_path):
    return ComfyWorld(sqlite_only, tmp_path / "blobs")


@pytest.fixture
def slow(sqlite_only, tmp_path):
    """Half a minute a clip."""
    return ComfyWorld(sqlite_only, tmp_path / "blobs", SLOWLY)


class TestOrders:
    def test_an_order_comes_home_without_the_graph(self, store, tmp_path):
        world = ComfyWorld(store, tmp_path / "blobs")
        job_id = world.order()
        world.run(20)
        assert (world.job(job_id).state, world.purchase(job_id).state) == ("succeeded", "done")
        (entry,) = world.comfy.history.values()
        assert entry["prompt"][2]["1"]["inputs"]["value"] == "a red ball 1"
        assert entry["prompt"][2]["2"]["inputs"]["batch_size"] == 9
        assert entry["prompt"][3] == {"client_id": world.purchase(job_id).name}
        (made,) = world.comfy.files.values()
        assert b"class_type" in made
        (clip,) = world.clips()
        assert (clip.frames, clip.fps, clip.width, clip.sound) == (9, "16", 64, False)
        path = world.file(job_id, tmp_path)
        assert b"class_type" not in path.read_bytes()
        assert recipe.find(path) is None  # it lies beside it, in the library
        assert clip.recipe["spec"]["prompt"] == "a red ball 1"
        theirs = tmp_path / "theirs.mp4"
        theirs.write_bytes(made)
        assert [bytes(one) for one in video.packets(path)] == [bytes(one) for one in video.packets(theirs)]

    def test_sound_is_kept(self, world, tmp_path):
        world.comfy.sounding = True
        job_id = world.order()
        world.run(20)
        (clip,) = world.clips()
        assert clip.sound
        assert video.has_sound(world.file(job_id, tmp_path))

    def test_pictures_are_uploaded_and_used(self, sqlite_only, tmp_path):
        world = ComfyWorld(sqlite_only, tmp_path / "blobs", WITH_PICTURE)
        red = picture.fit(Image.new("RGB", (64, 64), "red"), 64, 64)
        world.order(image=red)
        world.run(20)
        ((_, folder, name), data) = next(item for item in world.comfy.files.items() if item[0][0] == "input")
        assert (folder, data) == ("vitascope", red.png)
        (entry,) = world.comfy.history.values()
        assert entry["prompt"][2]["6"]["inputs"]["image"] == f"vitascope/{name}"
        assert len(world.clips()) == 1

    def test_a_lost_answer_is_found_by_its_name(self, slow):
        slow.comfy.faults = ["lost after /prompt"]
        job_id = slow.order()
        slow.run(60)
        assert slow.job(job_id).state == "succeeded"
        assert (slow.purchase(job_id).sends, slow.posts("/prompt")) == (1, 1)

    def test_one_that_ended_meanwhile_is_found_in_the_history(self, world):
        world.comfy.faults = ["lost after /prompt"]
        job_id = world.order()
        world.run(30)
        assert world.job(job_id).state == "succeeded"
        assert world.posts("/prompt") == 1

    def test_an_order_that_never_came_is_sent_again(self, world):
        world.comfy.faults = ["lost before /prompt"]
        job_id = world.order()
        world.run(30)
        assert world.job(job_id).state == "succeeded"
        assert set(world.comfy.count.values()) == {1}

    def test_a_picture_that_did_not_arrive_holds_nothing_up(self, sqlite_only, tmp_path):
        world = ComfyWorld(sqlite_only, tmp_path / "blobs", WITH_PICTURE)
        world.comfy.faults = ["lost before /upload/image", "unreachable /upload/image", "lost after /queue"]
        job_id = world.order(image=picture.fit(Image.new("RGB", (64, 64), "red"), 64, 64))
        world.run(90)
        assert world.job(job_id).state == "succeeded"
        assert world.posts("/prompt") == 1

    def test_a_failure_is_told_by_node(self, world):
        world.comfy.failing = ("2", "Allocation on device /dev/shm/x failed\n")
        job_id = world.order()
        world.run(40)
        job = world.job(job_id)
        assert job.state == "failed"
        assert "EmptyImage (node 2): Allocation on device x failed" in job.error_message
        assert "credits are back" in job.error_hint
        assert world.clips() == []

    def test_200_with_errors_of_our_node_is_taken_back(self, slow):
        error = {"errors": [{"type": "x", "message": "Bad", "details": "fps"}], "dependent_outputs": ["5"]}
        slow.comfy.errors = (200, {"node_errors": {"4": error}})
        job_id = slow.order()
        slow.run(10)
        slow.comfy.answer("GET", "/queue", {}, b"")
        job = slow.job(job_id)
        assert (job.state, slow.comfy.queue) == ("failed", [])
        assert "CreateVideo (node 4): Bad (fps)" in job.error_message

    def test_a_restart_that_forgets_the_prompt_gives_the_credits_back(self, slow):
        job_id = slow.order()
        slow.once()
        assert slow.purchase(job_id).state == "placed"
        slow.comfy.restart()
        slow.run(700, step=20)
        assert (slow.job(job_id).state, slow.purchase(job_id).state) == ("failed", "lost")
        assert slow.posts("/prompt") == 1
        slow.settle()
        slow.check_nothing_spent()

    def test_a_restart_after_the_clip_was_made_loses_nothing(self, slow):
        job_id = slow.order()
        slow.once()
        slow.clock.forward(60)
        slow.comfy.answer("GET", "/queue", {}, b"")  # it is made by now
        slow.comfy.restart()
        slow.run(20)
        assert slow.job(job_id).state == "succeeded"
        assert slow.posts("/prompt") == 1

    def test_progress_is_heard_while_it_runs(self, slow):
        job_id = slow.order()
        slow.comfy.heard = {"2": (1.0, 1.0), "3": (5.0, 10.0)}  # of four nodes; the others have not begun
        slow.run(20)
        assert slow.job(job_id).step == round(100 * 6 / 13)
        slow.comfy.heard = {}
        slow.run(40)
        assert slow.job(job_id).state == "succeeded"


def test_messages_come_over_a_websocket():
    server = ComfyUI()
    server.heard = {"2": (1.0, 1.0), "longer" * 20: (5.0, 10.0)}
    with comfyui.served(server) as address:
        texts = listen.listen(f"{address}/ws?clientId=me", headers={}, seconds=2.0)
        assert texts == server.listen("/ws?clientId=me", headers={}, seconds=0)
        assert listen.listen(f"{address}/queue", headers={"upgrade": "no"}, seconds=0.2) == []
    assert listen.listen(f"{address}/ws?clientId=me", headers={}, seconds=0.2) == []  # nobody is there


def test_recorded_progress_is_read():
    """As the long form of it is described there."""
    example = comfyui.RECORDED["about"]["progress_state_example"]["in_full"]["text"]
    id = example["data"]["prompt_id"]
    running = said(200, {"queue_running": [[1, id, {}, {}, []]], "queue_pending": []})
    half = json.loads(json.dumps(example))
    half["data"]["nodes"]["2"]["value"] = 0.5
    for told, progress in ((example, 0.0), (half, 0.5 / 3)):
        heard = said(200, [json.dumps(told)])
        _, (seen,) = drive(client().poll([Ticket(id)]), said(200, {}), running, heard)
        assert seen.progress == progress


class TestCancel:
    def orders(self, world, count=2):
        jobs = [world.order() for _ in range(count)]
        world.once()
        assert [world.purchase(job).state for job in jobs] == ["placed"] * count
        return jobs

    def test_one_that_waits_there_is_taken_from_the_queue(self, slow):
        first, second = self.orders(slow)
        fulfil.cancel(slow.store, slow.account, second)
        slow.run(20)
        assert slow.job(second).state == "cancelled"
        assert slow.posts("/interrupt") == 0
        slow.run(60)
        assert slow.job(first).state == "succeeded"

    def test_one_that_runs_is_interrupted_and_no_other(self, slow):
        first, second = self.orders(slow)
        fulfil.cancel(slow.store, slow.account, first)
        slow.run(20)
        assert slow.job(first).state == "cancelled"
        assert slow.posts("/interrupt") == 1
        slow.run(60)
        assert slow.job(second).state == "succeeded"

    def test_what_somebody_else_runs_goes_on(self, slow):
        told = {"prompt": SLOWLY, "prompt_id": "theirs"}
        slow.comfy.answer("POST", "/prompt", {}, json.dumps(told).encode())
        (ours,) = self.orders(slow, 1)
        fulfil.cancel(slow.store, slow.account, ours)
        slow.run(20)
        assert slow.job(ours).state == "cancelled"
        slow.clock.forward(60)
        slow.comfy.answer("GET", "/queue", {}, b"")
        assert slow.comfy.history["theirs"]["status"]["status_str"] == "success"


class TestFinished:
    def pictures(self, folder, count, **save):
        shown = [Image.new("RGB", (64, 48), (20 * number, 0, 0)) for number in range(count)]
        for number, one in enumerate(shown):
            one.save(folder / f"{number}.png")
        return [folder / f"{number}.png" for number in range(count)], shown

    def test_pictures_become_a_clip(self, tmp_path):
        files, _ = self.pictures(tmp_path, 5)
        finished.bring(files, tmp_path / "clip.mp4", fps=Fraction(12))
        info = video.probe(tmp_path / "clip.mp4")
        assert (info.frames, info.width, info.height, round(info.fps)) == (5, 64, 48, 12)

    @pytest.mark.parametrize("kind", ["WEBP", "GIF", "PNG"])
    def test_an_animated_picture_keeps_its_times(self, kind, tmp_path):
        _, shown = self.pictures(tmp_path, 5)
        path = tmp_path / "moving"
        shown[0].save(path, kind, save_all=True, append_images=shown[1:], duration=100, lossless=True)
        finished.bring([path], tmp_path / "clip.mp4", fps=Fraction(16))
        info = video.probe(tmp_path / "clip.mp4")
        assert (info.frames, round(info.fps)) == (5, 10)

    def test_another_kind_of_clip_becomes_an_mp4_with_its_sound(self, tmp_path):
        path = tmp_path / "a"
        path.write_bytes(remuxed(comfyui.clip({}, 8, (64, 48), 16, sound=True)))
        finished.bring([path], tmp_path / "clip.mp4", fps=Fraction(16))
        info = video.probe(tmp_path / "clip.mp4")
        assert (info.frames, info.sound) == (8, True)
        with av.open(str(tmp_path / "clip.mp4")) as box:
            assert box.format.name.startswith("mov")

    def test_what_is_no_clip_is_refused(self, tmp_path):
        text, other = tmp_path / "a", tmp_path / "b"
        text.write_bytes(b"ffconcat version 1.0\nfile /etc/passwd\n")
        other.write_bytes(comfyui.clip({}, 8, (64, 48), 16)[:-500])
        small = tmp_path / "c.png"
        Image.fromarray(np.zeros((2, 2, 3), np.uint8)).save(small)
        files, _ = self.pictures(tmp_path, 1)
        for given in ([text], [other], [*files, small], []):
            with pytest.raises(BadClip):
                finished.bring(given, tmp_path / "clip.mp4", fps=Fraction(16))
            assert not (tmp_path / "clip.mp4").exists()


def remuxed(data):
    """The same as a Matroska file."""
    made = io.BytesIO()
    with av.open(io.BytesIO(data)) as box, av.open(made, "w", format="matroska") as copy:
        streams = {stream.index: copy.add_stream_from_template(stream) for stream in box.streams}
        for packet in box.demux():
            if packet.dts is not None:
                packet.stream = streams[packet.stream.index]
                copy.mux(packet)
    return made.getvalue()
