"""What the tools take and give. An agent reads these as schemas, so their descriptions are written for agents."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

LONGEST_WAIT = 50.0  # seconds; many clients give up a call after 60
_MEDIA = (
    "An id (of a clip, a video or an upload), an https address, or a data URL. Upload a file of this machine first."
)


class Asked(BaseModel):
    """What a tool takes."""

    model_config = ConfigDict(extra="forbid")


class Nothing(Asked):
    pass


class ClipAsked(Asked):
    prompt: str = Field(min_length=1, max_length=2000, description="What to show, in English or Chinese.")
    model: str | None = Field(None, description="See list_models; the server's default if not said.")
    seconds: float | None = Field(None, ge=0, description="Length; 0 makes a still picture.")
    aspect: str | None = Field(None, description="16:9, 9:16, 1:1 ...; the model's nearest is made.")
    size: str | None = Field(None, description="Width x height, such as 1280x720, in the place of aspect.")
    tier: str | None = Field(None, description="A resolution by the model's own name, such as 720p.")
    image: str | None = Field(None, description=f"The first picture. {_MEDIA}")
    last_image: str | None = Field(None, description=f"The last picture. {_MEDIA}")
    extend: str | None = Field(None, description=f"The clip to continue, by `seconds`. {_MEDIA}")
    references: dict[str, str] | None = Field(
        None, description=f"Pictures of who or what is in it, by the names that the prompt uses as @name. {_MEDIA}"
    )
    negative_prompt: str | None = Field(None, description="What not to show.")
    camera: str | None = Field(None, description='A camera move such as "orbit left", for models that have some.')
    sound: bool | None = Field(None, description="With or without sound, where the model can.")
    seed: int | None = Field(None, ge=0, description="The same seed gives the same clip again.")
    steps: int | None = Field(None, ge=1, description="Denoising steps; the model's own number if not said.")
    draft: bool = Field(False, description="Drawn in few steps, at a part of the price, where the model has steps.")
    takes: int = Field(1, ge=1, description="How many, each with a seed of its own.")
    options: dict[str, Any] | None = Field(None, description="The model's own options; list_models names them.")

    def body(self) -> dict[str, Any]:
        """As POST /v1/videos takes it."""
        said = self.model_dump(exclude_none=True, exclude={"image", "last_image", "extend", "references", "takes"})
        media = {"input_reference": self.image, "last_image": self.last_image, "video": self.extend}
        said |= {name: _meant(value) for name, value in media.items() if value is not None}
        if self.references:
            said["references"] = {name: _meant(value) for name, value in self.references.items()}
        return said | {"n": self.takes}


class ClipOrdered(ClipAsked):
    max_credits: float | None = Field(
        None, ge=0, description="The most that all takes may cost. Without it nothing is ordered: the price is told."
    )
    name: str | None = Field(
        None,
        max_length=200,
        pattern="^[!-~]+$",
        description="A name for this order, in ASCII. The same order with the same name is taken once, so that it "
        "can be repeated when its answer was lost.",
    )

    def body(self) -> dict[str, Any]:
        return {name: value for name, value in super().body().items() if name != "name"}


class ClipMeant(Asked):
    id: str = Field(max_length=100, description="As make_clip or find_clips gave it: video_... or clip_...")


class ClipAwaited(ClipMeant):
    seconds: float = Field(45.0, ge=0, le=LONGEST_WAIT, description="How long to wait at most.")


class ClipsSought(Asked):
    words: str = Field("", max_length=500, description="Each must stand in the prompt or the tags; empty: all clips.")
    model: str | None = None
    favourite: bool | None = None
    limit: int = Field(10, ge=1, le=50)
    after: str | None = Field(None, max_length=100, description="`next` of the answer before, for what follows.")


class FileSent(Asked):
    path: str | None = Field(None, description="A picture, clip or sound on this machine; not over HTTP.")
    data: str | None = Field(None, description="The file in base64, in the place of path.")
    name: str | None = Field(None, max_length=200, description="What the file is called.")


class Model(BaseModel):
    id: str
    title: str
    default: bool
    modes: list[str] = Field(description="Of: text, image, last_image, extend, still, camera, references.")
    sizes: list[str]
    tiers: list[str]
    min_seconds: float
    max_seconds: float = Field(description="0: stills only.")
    lengths: list[float] = Field(description="The only lengths; empty: any between.")
    fps: float
    sound: str
    references: dict[str, int]
    presets: list[str]
    options: list[str]
    credits_per_second: float | None = Field(description="In its smallest size; null: it has no price of its own.")
    remote: bool = Field(description="Another server makes it: prompts and pictures are sent there.")
    served: bool = Field(description="false: an order would wait until somebody starts a worker for it.")
    usual_seconds: float | None = Field(description="How long a clip takes here.")
    limits: str = Field(description="What it cannot do.")
    notes: list[str]


class Models(BaseModel):
    models: list[Model]


class Quote(BaseModel):
    credits: float = Field(description="For all takes. Pass it on as max_credits.")
    available: float | None = Field(description="What the account has; null: nothing costs anything here.")
    model: str
    size: str
    seconds: str
    takes: int
    notes: list[str] = Field(description="What would be made otherwise than asked.")
    refused: str | None = Field(description="A rule of this server that would refuse it.")
    wait_seconds: float | None = Field(description="Until it begins; null: not known.")
    run_seconds: float | None = Field(description="From then on; null: not known.")


class Clip(BaseModel):
    id: str
    state: Literal["queued", "running", "succeeded", "failed", "cancelled"]
    progress: int = Field(100, description="0 to 100.")
    prompt: str
    model: str | None
    size: str
    seconds: float
    seed: int | None = None
    sound: bool = False
    credits: float | None = Field(None, description="Its price; charged only when it succeeds.")
    url: str | None = Field(None, description="The mp4, or the png of a still. Opens without a key for a day.")
    thumbnail_url: str | None = None
    queue_position: int | None = None
    check_after_seconds: float | None = Field(None, description="Do not look sooner; null: it is done.")
    error: str | None = None
    notes: list[str] = Field(default_factory=list, description="What was made otherwise than asked, or why it waits.")
    defects: list[str] = Field(default_factory=list, description="What is broken in it; then it costs nothing.")
    score: float | None = Field(None, description="How much of what was asked its model's judge saw, 0 to 100.")
    takes: list[str] = Field(default_factory=list, description="The ids of all takes, when there are several.")


class Ordered(BaseModel):
    ordered: bool
    clip: Clip | None = None
    quote: Quote | None = Field(None, description="Of what was not ordered, because max_credits was missing.")
    next: str = Field(description="What to do now.")


class Clips(BaseModel):
    clips: list[Clip]
    next: str | None = Field(description="Give it as `after` for what follows; null: that was all.")


class Sent(BaseModel):
    id: str = Field(description="Give it as image, last_image, extend or a reference. Kept for a week.")
    kind: str = Field(description="picture, clip or sound")
    bytes: int


def _meant(value: str) -> str | dict[str, str]:
    """As the API takes it: an address and data as a URL, all else as an id."""
    return {"url": value} if value.startswith(("https://", "http://", "data:")) else {"id": value}
