"""The signed manifest: by the C2PA standard the file itself says that a trained model made it, with which model, and
that nothing was changed since. Signing happens last; the recipe in the comment and in the XMP box stays readable.

The certificate is this server's own, made at the first use and kept in its home folder. Others can see that a file is
unchanged and signed, not that the signer is who it says; an operator with a certificate from a C2PA authority puts it
(`chain.pem`) and its key (`key.pem`, ES256) there instead. Nothing is fetched and no clock of others is asked.
"""

from __future__ import annotations

import json
import os
import tempfile
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from vitascope import __version__
from vitascope.clip import Recipe
from vitascope.errors import BadClip, BadSettings, MissingExtra
from vitascope.media.atomic_write import written_aside

SOURCE = "http://cv.iptc.org/newscodes/digitalsourcetype/trainedAlgorithmicMedia"
COMPOSITE = "http://cv.iptc.org/newscodes/digitalsourcetype/compositeWithTrainedAlgorithmicMedia"
CERTIFICATE_DAYS = 7300
_KINDS = {".mp4": "video/mp4", ".png": "image/png", ".jpg": "image/jpeg"}
_QUIET: dict[str, dict[str, Any]] = {
    "verify": {"remote_manifest_fetch": False, "ocsp_fetch": False},
    "builder": {"thumbnail": {"enabled": False}},
}


@dataclass(frozen=True)
class Manifest:
    """What a file says of itself. `state`: "Trusted" (signed here), "Valid" (unchanged, signed elsewhere) or
    "Invalid" (changed since, or forged), for which `problems` has the reasons.
    """

    state: str
    generator: str
    source: str  # the digital source type
    model: str
    signer: str
    problems: tuple[str, ...]

    @property
    def is_generated(self) -> bool:
        """Whether it says, and can be believed in so far as it is unchanged, that a model made it."""
        return self.state != "Invalid" and self.source in (SOURCE, COMPOSITE)


def sign(path: Path, recipe: Recipe, *, home: Path) -> None:
    """Put a manifest into this finished mp4 or PNG, in place: whole and signed, or as it was."""
    _sign(path, SOURCE, {"name": recipe.model, "version": recipe.weights[:16] or "unknown"}, home)


def sign_film(path: Path, models: Sequence[str], *, home: Path) -> None:
    """The same of a film, which is put together of clips that these models made and of what was drawn and mixed."""
    _sign(path, COMPOSITE, {"name": ", ".join(dict.fromkeys(models)) or "Vitascope", "version": __version__}, home)


def _sign(path: Path, source_type: str, agent: dict[str, str], home: Path) -> None:
    c2pa = _library()
    chain, key = certificate(home)
    action = {"action": "c2pa.created", "digitalSourceType": source_type, "softwareAgent": agent}
    manifest = {
        "claim_generator_info": [{"name": "Vitascope", "version": __version__}],
        "format": _KINDS[path.suffix.lower()],
        "assertions": [{"label": "c2pa.actions.v2", "data": {"actions": [action]}}],
    }
    try:
        info = c2pa.C2paSignerInfo(alg=c2pa.C2paSigningAlg.ES256, sign_cert=chain, private_key=key, ta_url=None)
        with (
            written_aside(path) as aside,
            open(path, "rb") as source,
            open(aside, "w+b") as target,
            _context(c2pa) as context,
            c2pa.Signer.from_info(info) as signer,
            c2pa.Builder.from_json(json.dumps(manifest), context) as builder,
        ):
            builder.sign(signer, manifest["format"], source, target)
    except c2pa.C2paError as error:
        raise BadSettings(
            f"The file cannot be signed: {error}",
            hint=f"Is the certificate in {_folder(home)} one for C2PA? Remove it.",
        ) from error


def read(path: Path, *, home: Path | None = None) -> Manifest | None:
    """What the file's manifest says, after checking it; None when it has none. `home`: whose own signatures count as
    trusted.
    """
    c2pa = _library()
    authority = b""
    if home:
        with suppress(OSError):
            authority = (_folder(home) / "chain.pem").read_bytes()
    try:
        with open(path, "rb") as file, _context(c2pa, authority) as context:
            reader = c2pa.Reader.try_create(_KINDS.get(path.suffix.lower(), "video/mp4"), file, context=context)
            if reader is None:
                return None
            with reader:
                told = json.loads(reader.json())
                state = reader.get_validation_state() or "Invalid"
    except (c2pa.C2paError, ValueError) as error:
        raise BadClip(f"{path} has a manifest that cannot be read: {error}", hint="It was changed.") from error
    except OSError as error:
        raise BadClip(f"Cannot read {path}: {error.strerror or error}.", hint="Check the path.") from error
    return _manifest(told, state)


def certificate(home: Path) -> tuple[bytes, bytes]:
    """(chain, key) as PEM: those in the home folder, made when there are none yet."""
    folder = _folder(home)
    if not (folder / "key.pem").exists():
        chain, key = new_certificate()
        _place(folder, {"chain.pem": chain, "key.pem": key})
    try:
        return (folder / "chain.pem").read_bytes(), (folder / "key.pem").read_bytes()
    except OSError as error:
        raise BadSettings(
            f"The certificate in {folder} cannot be read: {error.strerror}.", hint="Remove it."
        ) from error


def new_certificate(name: str = "Vitascope on this machine", days: int = CERTIFICATE_DAYS) -> tuple[bytes, bytes]:
    """(chain, key) as PEM: a key for signing under an authority whose own key is thrown away, so that no one can make
    a second one.
    """
    try:
        from cryptography import x509
        from cryptography.hazmat.primitives import hashes, serialization
        from cryptography.hazmat.primitives.asymmetric import ec
    except ImportError as error:
        raise MissingExtra("Signing clips", "provenance") from error
    top, key = ec.generate_private_key(ec.SECP256R1()), ec.generate_private_key(ec.SECP256R1())
    now = datetime.now(UTC)

    def called(common: str) -> x509.Name:
        names = ((x509.NameOID.ORGANIZATION_NAME, "Vitascope"), (x509.NameOID.COMMON_NAME, common))
        return x509.Name([x509.NameAttribute(*pair) for pair in names])

    def made(subject: str, public: Any) -> x509.CertificateBuilder:
        builder = x509.CertificateBuilder(issuer_name=called(f"{name}, authority"), subject_name=called(subject))
        builder = builder.public_key(public).serial_number(x509.random_serial_number())
        builder = builder.not_valid_before(now - timedelta(days=1)).not_valid_after(now + timedelta(days=days))
        return builder.add_extension(x509.SubjectKeyIdentifier.from_public_key(public), critical=False)

    def uses(*, signs: bool) -> x509.KeyUsage:
        rest = dict.fromkeys(
            (
                "content_commitment",
                "key_encipherment",
                "data_encipherment",
                "key_agreement",
                "encipher_only",
                "decipher_only",
            ),
            False,
        )
        return x509.KeyUsage(digital_signature=signs, key_cert_sign=not signs, crl_sign=not signs, **rest)

    authority = (
        made(f"{name}, authority", top.public_key())
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(uses(signs=False), critical=True)
        .sign(top, hashes.SHA256())
    )
    leaf = (
        made(name, key.public_key())
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(uses(signs=True), critical=True)
        .add_extension(x509.ExtendedKeyUsage([x509.ExtendedKeyUsageOID.EMAIL_PROTECTION]), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(top.public_key()), critical=False)
        .sign(top, hashes.SHA256())
    )
    pem = serialization.Encoding.PEM
    form = serialization.PrivateFormat.PKCS8
    chain = leaf.public_bytes(pem) + authority.public_bytes(pem)
    return chain, key.private_bytes(pem, form, serialization.NoEncryption())


def _folder(home: Path) -> Path:
    return home / "c2pa"


def _place(folder: Path, files: dict[str, bytes]) -> None:
    """All files at once, or those of the process that was quicker."""
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        aside = Path(tempfile.mkdtemp(prefix=".c2pa-", dir=folder.parent))  # for its owner alone
        for name, data in files.items():
            with open(aside / name, "wb", opener=_private) as file:
                file.write(data)
        with suppress(OSError):
            folder.rmdir()  # an empty one
        try:
            os.rename(aside, folder)
        except OSError:
            for name in files:
                (aside / name).unlink()
            aside.rmdir()
    except OSError as error:
        raise BadSettings(
            f"A certificate cannot be kept in {folder}: {error.strerror}.", hint="Check the home."
        ) from error


def _private(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)


def _library() -> Any:
    try:
        import c2pa  # type: ignore[import-untyped]
    except ImportError as error:
        raise MissingExtra("Signing clips", "provenance") from error
    return c2pa


def _context(c2pa: Any, authority: bytes = b"") -> Any:
    asked: dict[str, Any] = dict(_QUIET)
    if authority:
        anchors = authority.decode("ascii", "replace")
        asked |= {"trust": {"user_anchors": anchors}, "verify": {**_QUIET["verify"], "verify_trust": True}}
    return c2pa.Context(c2pa.Settings.from_dict(asked))


def _manifest(told: dict[str, Any], state: str) -> Manifest:
    active = told.get("manifests", {}).get(told.get("active_manifest", ""), {})
    actions: list[dict[str, Any]] = []
    for assertion in active.get("assertions", []):
        if str(assertion.get("label", "")).startswith("c2pa.actions"):
            actions += assertion.get("data", {}).get("actions", [])
    made = next((action for action in actions if action.get("action") == "c2pa.created"), {})
    generator: dict[str, Any] = next(iter(active.get("claim_generator_info") or []), {})
    agent = made.get("softwareAgent", "")
    failures = told.get("validation_results", {}).get("activeManifest", {}).get("failure", [])
    untrusted = "signingCredential.untrusted"
    return Manifest(
        state=state,
        generator=" ".join(str(generator.get(part, "")) for part in ("name", "version")).strip(),
        source=str(made.get("digitalSourceType", "")),
        model=str(agent.get("name", "") if isinstance(agent, dict) else agent),
        signer=str((active.get("signature_info") or {}).get("common_name", "")),
        problems=tuple(str(item.get("code")) for item in failures if item.get("code") != untrusted),
    )
