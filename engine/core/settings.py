"""One frozen settings object from environment and command line; every path hangs off one home folder."""

from __future__ import annotations

import ipaddress
import math
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

from engine.core.errors import Fault

_BEYOND = 2.0**53  # numbers from here on are not exact any more


@dataclass(frozen=True)
class SettingDeclaration:
    """One setting of the program: its environment variable, default and help (docs/settings.md is checked against it)."""

    variable: str  # of the environment
    default: str  # as one would write it there
    help: str  # one sentence


SETTINGS = {
    "home": SettingDeclaration(
        "TUNESMITH_HOME", "~/.tunesmith", "Folder for the database and all files. Nothing is written elsewhere."
    ),
    "host": SettingDeclaration("TUNESMITH_HOST", "127.0.0.1", "Address that the page is served on."),
    "port": SettingDeclaration("TUNESMITH_PORT", "7860", "Port that the page is served on."),
    "proxy": SettingDeclaration(
        "TUNESMITH_PROXY",
        "",
        "Address of the one proxy whose X-Forwarded headers are believed; empty: they are dropped, whoever sends them.",
    ),
    "public_host": SettingDeclaration(
        "TUNESMITH_PUBLIC_HOST",
        "",
        "Name under which people open Tunesmith behind that proxy, such as tune.example.com.",
    ),
    "max_upload_mb": SettingDeclaration("TUNESMITH_MAX_UPLOAD_MB", "2048", "Largest upload, in MB."),
    "chat_idle_s": SettingDeclaration(
        "TUNESMITH_CHAT_IDLE_S", "300", "Seconds without a chat after which its memory is given back."
    ),
    "offline": SettingDeclaration("TUNESMITH_OFFLINE", "0", "1: ask nothing of a network: no hub, no package index."),
    "hub": SettingDeclaration(
        "TUNESMITH_HUB",
        "",
        "Hub that models come from where none is chosen in Settings: modelscope, the address of a mirror of the Hugging Face hub, or modelscope=ADDRESS; empty: HF_ENDPOINT, else the Hugging Face hub.",
    ),
    "hub_push": SettingDeclaration(
        "TUNESMITH_HUB_PUSH",
        "",
        "Hub that people may give their exports to: 1 for HF_ENDPOINT, else the Hugging Face hub, or the address of another one that speaks as it does; empty: nothing leaves this machine.",
    ),
    "starter_from": SettingDeclaration(
        "TUNESMITH_STARTER_FROM", "", "Folder with a prepared starter model, for installs without a network."
    ),
    "writer_url": SettingDeclaration(
        "TUNESMITH_WRITER_URL",
        "",
        "Address of an OpenAI-compatible service that may write rows from documents, such as https://api.example.com/v1; empty: none.",
    ),
    "writer_model": SettingDeclaration("TUNESMITH_WRITER_MODEL", "", "Name of the model that is asked there."),
    "writer_key": SettingDeclaration(
        "TUNESMITH_WRITER_KEY", "", "Key that is sent there; it is never stored, logged or shown."
    ),
    "servers": SettingDeclaration(
        "TUNESMITH_SERVERS",
        "",
        "Addresses of OpenAI-compatible servers whose models may answer in the Playground, with blanks between them, such as http://127.0.0.1:8000/v1; empty: none.",
    ),
    "server_keys": SettingDeclaration(
        "TUNESMITH_SERVER_KEYS",
        "",
        "Keys of these servers in the same order, with blanks between them, - for one that asks for none; they are never stored, logged or shown.",
    ),
    "texts": SettingDeclaration(
        "TUNESMITH_TEXTS",
        "",
        "Folder of the texts, with one folder a language; empty: those that ship with the product.",
    ),
}


@dataclass(frozen=True)
class Settings:
    """Where things are and how the program is served."""

    home: Path  # folder of the database and all files
    host: str = "127.0.0.1"  # address that the page is served on
    port: int = 7860  # that the page is served on
    proxy: str = ""  # address whose X-Forwarded headers are believed
    public_host: str = ""  # name under which the page is opened behind the proxy
    max_upload_mb: int = 2048  # largest upload, in MB
    chat_idle_s: float = 300.0  # seconds without a chat until its memory is given back
    offline: bool = False  # ask nothing of a network
    hub: str = ""  # that models come from where none is chosen in Settings
    hub_push: str = ""  # address of the hub that exports may be given to; empty: none
    hub_caches: tuple[tuple[str, Path], ...] = ()  # where the hubs' own programs keep models: (whose, folder)
    starter_from: Path | None = None  # folder with a prepared starter model
    writer_url: str = ""  # address of the service that may write rows
    writer_model: str = ""  # the model that is asked there
    writer_key: str = field(default="", repr=False)  # that is sent there
    servers: tuple[str, ...] = ()  # addresses of servers whose models may answer in the Playground
    server_keys: tuple[str, ...] = field(default=(), repr=False)  # theirs, in the same order; empty: none has one

    @property
    def database(self) -> Path:
        """The database file."""
        return self.home / "tunesmith.db"

    @property
    def writer_host(self) -> str:
        """Whom the service that may write and judge belongs to, as people read it; empty where none is set."""
        return urlsplit(self.writer_url).netloc if self.writer_model else ""

    def folder(self, *parts: str) -> Path:
        """A folder under home, made if need be."""
        path = self.home.joinpath(*parts)
        path.mkdir(parents=True, exist_ok=True)
        return path

    def absolute(self, stored: str) -> Path:
        """The place of a stored path: relative ones hang off home."""
        return self.home / stored

    def relative(self, path: Path) -> str:
        """The stored form of a path under home."""
        return path.relative_to(self.home).as_posix()

    def child_environment(self) -> dict[str, str]:
        """The environment of workers and of ourselves: every library's cache goes under home, nothing is reported home."""
        cache = self.home / "cache"
        alone = {"HF_HUB_OFFLINE": "1", "TRANSFORMERS_OFFLINE": "1", "PIP_NO_INDEX": "1"} if self.offline else {}
        return alone | {
            "TUNESMITH_HOME": str(self.home),
            "TUNESMITH_OFFLINE": "1" if self.offline else "0",
            "TUNESMITH_HUB": self.hub,
            "TUNESMITH_HUB_PUSH": self.hub_push,
            "TUNESMITH_STARTER_FROM": str(self.starter_from or ""),
            "TUNESMITH_WRITER_URL": self.writer_url,
            "TUNESMITH_WRITER_MODEL": self.writer_model,
            "TUNESMITH_SERVER_KEYS": "",  # the server alone asks with them
            "HF_HOME": str(cache / "huggingface"),
            "XDG_CACHE_HOME": str(cache),
            "MPLCONFIGDIR": str(cache / "matplotlib"),
            "TORCHINDUCTOR_CACHE_DIR": str(cache / "torchinductor"),
            "TRITON_CACHE_DIR": str(cache / "triton"),
            "GRADIO_TEMP_DIR": str(cache / "gradio"),
            "GRADIO_ANALYTICS_ENABLED": "False",
            "HF_HUB_DISABLE_TELEMETRY": "1",
            "HF_HUB_DISABLE_PROGRESS_BARS": "1",
            "TOKENIZERS_PARALLELISM": "false",
            "OMP_WAIT_POLICY": "PASSIVE",
            "CUDA_DEVICE_ORDER": "PCI_BUS_ID",
        }


def read_settings(environment: Mapping[str, str] = os.environ, **overrides: object) -> Settings:
    """Settings from the environment; `overrides` that are not None win (command line). Raises Fault("settings.bad_value")."""
    raw = {key: environment.get(setting.variable, setting.default) for key, setting in SETTINGS.items()}
    raw |= {key: str(value) for key, value in overrides.items() if value is not None}
    return Settings(
        home=Path(raw["home"]).expanduser().resolve(),
        host=raw["host"],
        port=int(_number(raw, "port")),
        proxy=_proxy(raw["proxy"]),
        public_host=raw["public_host"].strip().lower(),
        max_upload_mb=int(_number(raw, "max_upload_mb")),
        chat_idle_s=_number(raw, "chat_idle_s"),
        offline=raw["offline"] not in ("", "0", "false", "False"),
        hub=raw["hub"].strip(),
        hub_push=_push(raw, environment),
        hub_caches=_hub_caches(environment),
        starter_from=Path(raw["starter_from"]).expanduser().resolve() if raw["starter_from"] else None,
        writer_url=_address(raw["writer_url"], "writer_url"),
        writer_model=raw["writer_model"].strip(),
        writer_key=raw["writer_key"].strip(),
        servers=_servers(raw),
        server_keys=tuple(raw["server_keys"].split()),
    )


def _hub_caches(environment: Mapping[str, str]) -> tuple[tuple[str, Path], ...]:
    """As those programs find them, before our own environment leads their libraries into the home folder."""
    user = Path(environment.get("XDG_CACHE_HOME") or "~/.cache").expanduser()
    home = Path(environment.get("HF_HOME") or user / "huggingface").expanduser()
    hugging_face = Path(environment.get("HF_HUB_CACHE") or home / "hub").expanduser()
    modelscope = Path(environment.get("MODELSCOPE_CACHE") or user / "modelscope" / "hub").expanduser()
    return ("huggingface", hugging_face), ("modelscope", modelscope)


def is_loopback(host: str) -> bool:
    """Whether a host's name or address means this machine. Other names can be made to point anywhere."""
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _servers(raw: Mapping[str, str]) -> tuple[str, ...]:
    """Each once, in order; as many keys as servers, or none."""
    found = tuple(dict.fromkeys(_address(one, "servers") for one in raw["servers"].replace(",", " ").split()))
    if len(raw["server_keys"].split()) not in (0, len(found)):
        raise Fault("settings.server_keys", setting=SETTINGS["server_keys"].variable, servers=len(found))
    return found


def _push(raw: Mapping[str, str], environment: Mapping[str, str]) -> str:
    """The hub that exports may be given to."""
    said = raw["hub_push"].strip()
    if said in ("", "0", "false", "False"):
        return ""
    usual = environment.get("HF_ENDPOINT") or "https://huggingface.co"
    return _address(usual if said == "1" else said, "hub_push")


def _address(given: str, key: str) -> str:
    """Where a service is: scheme, host and path; a name and password in it would be shown."""
    text = given.strip().rstrip("/")
    try:
        parts = urlsplit(text)
        plain = parts.scheme in ("http", "https") and parts.hostname and (parts.port is None or parts.port > 0)
    except ValueError:
        plain = False
    if text and (not plain or "@" in parts.netloc or parts.query or parts.fragment):
        raise Fault("settings.bad_address", setting=SETTINGS[key].variable)
    return text


def _proxy(text: str) -> str:
    """An address: names can be made to point anywhere."""
    try:
        return str(ipaddress.ip_address(text.strip())) if text.strip() else ""
    except ValueError:
        raise Fault("settings.bad_value", setting=SETTINGS["proxy"].variable, value=text) from None


def _number(raw: Mapping[str, str], key: str) -> float:
    try:
        number = float(raw[key])
    except ValueError:
        number = math.nan
    if not abs(number) < _BEYOND:  # nor is NaN
        raise Fault("settings.bad_value", setting=SETTINGS[key].variable, value=raw[key][:40])
    return number
