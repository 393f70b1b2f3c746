"""The progress that is shown: one model of time and share, tried on jobs that were recorded on a real server
(`benchmarks/progress.py`), one after another and several at once, on a machine that others kept busy.
"""

import json
from pathlib import Path

import pytest

from service import Clock, claim
from serving import serving
from vitascope.store import jobs, progress
from vitascope.store.eta import Pace
from vitascope.store.progress import Running

RECORDED = sorted((Path(__file__).parent / "recorded").glob("jobs*.json"))
EVERY = 0.25  # seconds between two polls


def took(row):
    return progress.work((row["width"], row["height"]), row["frames"], row["asked"]), row["finished"] - row["started"]


def running(number, row, now):
    """The job as its row said at this moment."""
    _, step, steps, machine = [line for line in row["seen"] if line[0] <= now][-1]
    pixels = row["width"] * row["height"] * row["frames"]
    done = step * row["asked"] / steps if steps else 0.0
    asked = row["asked"]
    return Running(str(number), "m", row["worker"], 1, done, asked, machine / 1000, pixels)


def replay(rows):
    """number of the job -> what was shown of it at each poll, with the seconds that it really had left."""
    shown, said = {}, {}
    now, end = rows[0]["started"], max(row["finished"] for row in rows)
    while now < end:
        ended = [took(row) for row in rows if row["finished"] <= now]
        fit = progress.fit(ended)
        under_way = [
            running(number, row, now)
            for number, row in enumerate(rows)
            if row["seen"][0][0] <= now < row["finished"] and row["state"] == "succeeded"
        ]
        pace = Pace({"m": fit} if fit else {}, {}, {}, tuple(under_way))
        for one in under_way:
            new = progress.steadily(pace.of(one), said.get(one.id))
            said[one.id] = new
            shown.setdefault(int(one.id), []).append((rows[int(one.id)]["finished"] - now, new))
        now += EVERY
    return shown


@pytest.fixture(scope="module", params=RECORDED, ids=lambda path: path.stem)
def rows(request):
    return json.loads(request.param.read_text())


def test_no_number_runs_backwards(rows):
    for shown in replay(rows).values():
        shares = [one.share for _, one in shown]
        lefts = [one.seconds_left for _, one in shown if one.seconds_left is not None]
        assert shares == sorted(shares)
        assert lefts == sorted(lefts, reverse=True)
        assert all(0 <= share < 1 for share in shares)


def test_share_and_time_never_contradict_each_other(rows):
    """Nearly done is never said with much time left, nor little time with most to do."""
    for number, shown in replay(rows).items():
        whole = rows[number]["finished"] - rows[number]["started"]
        for _, one in shown:
            if one.seconds_left is not None and one.stage != "turn":
                assert one.share < 0.9 or one.seconds_left < 0.35 * max(whole, 5)


def test_the_time_told_is_about_the_time_it_took(rows):
    """Of all that was told of jobs that took more than three seconds."""
    ratios = []
    for number, shown in replay(rows).items():
        if rows[number]["finished"] - rows[number]["started"] > 3:
            ratios += [one.seconds_left / left for left, one in shown if one.seconds_left is not None and left > 2]
    ratios.sort()
    assert len(ratios) > 100
    assert 0.6 < ratios[len(ratios) // 2] < 1.4
    assert ratios[int(0.9 * len(ratios))] < 2.2


WIDE, SQUARE = (352, 192), (256, 256)


def seconds(shape, frames, steps, fixed=1.5, per_work=4e-8):
    return fixed + per_work * progress.work(shape, frames, steps)


def test_a_job_has_a_fixed_part_and_one_that_grows_with_its_work():
    kinds = ((SQUARE, 17, 2), (SQUARE, 81, 4), (WIDE, 81, 8), (SQUARE, 161, 4))
    points = [(progress.work(*kind), seconds(*kind)) for kind in kinds]
    found = progress.fit(points)
    assert found.fixed == pytest.approx(1.5)
    assert found.per_work == pytest.approx(4e-8)
    assert found.seconds(progress.work(SQUARE, 481, 4)) == pytest.approx(seconds(SQUARE, 481, 4))


def test_short_jobs_promise_no_minutes_for_half_a_minute():
    """Stills and drafts take mostly what is fixed: their pace is not that of a long clip."""
    short = ((SQUARE, 1, 4), (SQUARE, 1, 4), (SQUARE, 9, 2), (SQUARE, 17, 2))
    found = progress.fit([(progress.work(*kind), seconds(*kind)) for kind in short])
    assert found.seconds(progress.work(SQUARE, 81, 8)) == pytest.approx(seconds(SQUARE, 81, 8))
    stills = progress.fit([(progress.work(SQUARE, 1, 4), 1.6)] * 3)
    assert stills.seconds(progress.work(SQUARE, 1, 8)) is not None
    assert stills.seconds(progress.work(SQUARE, 81, 8)) is None  # nothing like it was measured


def test_one_slow_job_among_many_changes_nothing():
    usual = [(progress.work(SQUARE, 81, 4), 5.0)] * 8 + [(progress.work(SQUARE, 17, 4), 2.0)] * 8
    slow = [(progress.work(SQUARE, 81, 4), 300.0)]
    before, after = (progress.fit(points).seconds(progress.work(SQUARE, 161, 4)) for points in (usual, usual + slow))
    assert after == pytest.approx(before, rel=0.1)


def one(step, machine, *, attempts=1, steps=8):
    return Running("job_1", "m", "wrk_1", attempts, step, steps, machine, 256 * 256 * 81)


FIT = progress.Fit(0.0, 1.0 / (256 * 256 * 81), 1e6, 1e9)  # a second a step: fourteen for eight steps


def test_a_clip_that_takes_much_longer_is_late_and_promises_nothing():
    told = progress.steadily(progress.progress(one(0, 0.0), FIT), None)
    assert told.seconds_left == pytest.approx(14)
    told = progress.steadily(progress.progress(one(3, 12.0), FIT), told)  # four seconds a step
    assert (told.late, told.seconds_left) == (True, None)
    told = progress.steadily(progress.progress(one(4, 16.0), FIT), told)
    assert told.late
    assert told.share == pytest.approx(5 / 14)  # as far as its steps allow, however much time went by


def test_before_anything_was_measured_its_own_steps_tell_the_time():
    assert progress.progress(one(1, 2.0), None).seconds_left is None
    assert progress.progress(one(2, 4.0), None).seconds_left == pytest.approx(2.0 * 12)
    assert progress.progress(one(2, 40.0, attempts=2), None).seconds_left is None  # those were another worker's


def test_a_job_that_waits_for_others_of_its_worker_says_so():
    first, second = one(2, 2.0), Running("job_2", "m", "wrk_1", 1, 0.0, 8, 0.0, 256 * 256 * 81)
    pace = Pace({"m": FIT}, {}, {}, (first, second))
    assert (pace.of(first).stage, pace.of(second).stage) == ("steps", "turn")
    assert Pace({"m": FIT}, {}, {}, (second,)).of(second).stage == "starting"
    assert pace.of(first).seconds_left == pytest.approx(12)
    assert pace.of(second).seconds_left == pytest.approx(26)


def test_a_second_attempt_begins_anew():
    assert progress.progress(one(0, 30.0, attempts=2), FIT).share == 0.0


def test_progress_never_falls_when_a_job_is_begun_again_and_that_is_said(tmp_path):
    clock = Clock()
    with serving(tmp_path, clock=clock) as running, running.client(running.key()) as client:
        video_id = client.post("/v1/videos", json={"prompt": "a red ball"}).json()["id"]

        def seen():
            return client.get(f"/v1/videos/{video_id}").json()

        def step(lease, done):
            with running.store.begin() as tx:
                jobs.beat(tx, lease, clock(), step=done, steps=4)
            return seen()["progress"]

        first = claim(running.store)
        far = step(first, 3)
        assert far > 20
        assert seen()["notes"] == []
        clock.forward(1000)  # its worker is dead
        second = claim(running.store, "wrk_b")
        assert [seen()["progress"], step(second, 1)] == [far, far]
        assert "begun again" in seen()["notes"][0]
        with running.store.begin() as tx:
            jobs.release(tx, second, clock())  # this one is asked to end
        assert (seen()["status"], seen()["progress"]) == ("queued", far)
        third = claim(running.store)
        assert step(third, 4) > far
