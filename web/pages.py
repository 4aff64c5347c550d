"""Templates and static files: rendered with the reader's catalogue, served with a name that changes with their content."""

from __future__ import annotations

import gzip
import hashlib
import mimetypes
from collections.abc import Mapping
from pathlib import Path

import jinja2
from aiohttp import web

from bot.phrases import RIGHT_TO_LEFT, Phrase, Voice
from web.texts import linked

HERE = Path(__file__).parent
_FOREVER = "public, max-age=31536000, immutable"
_BRIEFLY = "public, max-age=3600"  # the widget's address is in other people's pages and has no hash
_TEXTS = frozenset({".css", ".js", ".svg"})


class Pages:
    """Renders templates and hands out static files, which are read once."""

    def __init__(self, voices: Mapping[str, Voice]) -> None:
        self._voices = voices
        self._environment = jinja2.Environment(
            loader=jinja2.FileSystemLoader(HERE / "templates"),
            autoescape=True,
            trim_blocks=True,
            lstrip_blocks=True,
            undefined=jinja2.StrictUndefined,
        )
        self._environment.filters["linked"] = linked
        self._environment.globals["asset"] = self.asset
        self._files: dict[str, tuple[bytes, bytes | None, str, str]] = {}
        for path in sorted((HERE / "static").rglob("*")):
            if path.is_file():
                content = path.read_bytes()
                kind = mimetypes.guess_type(path.name)[0] or "application/octet-stream"
                packed = gzip.compress(content, 9, mtime=0) if path.suffix in _TEXTS else None
                self._files[path.relative_to(HERE / "static").as_posix()] = (
                    content,
                    packed,
                    kind,
                    hashlib.sha256(content).hexdigest()[:12],
                )

    def asset(self, name: str) -> str:
        """The address of a static file; raises KeyError for one that is not there."""
        return f"/static/{name}?v={self._files[name][3]}"

    def render(self, template: str, language: str, **values: object) -> str:
        """A page in a language."""
        voice = self._voices[language]
        return self._environment.get_template(template).render(
            language=language,
            direction="rtl" if language in RIGHT_TO_LEFT else "ltr",
            _=lambda text, **fields: voice.say(Phrase(text, values=fields)),
            _n=lambda one, many, count, **fields: voice.say(Phrase(one, many, count, {"n": count, **fields})),
            say=voice.say,
            show=voice.show,
            **values,
        )

    async def static(self, request: web.Request) -> web.Response:
        """`GET /static/{name}`: one of our files, compressed where that helps."""
        return self._file(request, request.match_info["name"], _FOREVER)

    async def widget(self, request: web.Request) -> web.Response:
        """`GET /widget.js`: the script other sites embed."""
        return self._file(request, "widget.js", _BRIEFLY)

    def _file(self, request: web.Request, name: str, cache: str) -> web.Response:
        if name not in self._files:
            raise web.HTTPNotFound
        content, packed, kind, digest = self._files[name]
        headers = {"Cache-Control": cache, "ETag": f'"{digest}"', "X-Content-Type-Options": "nosniff", "Access-Control-Allow-Origin": "*"}
        if request.headers.get("If-None-Match") == f'"{digest}"':
            return web.Response(status=304, headers=headers)
        headers["Vary"] = "Accept-Encoding"
        if packed is not None and "gzip" in request.headers.get("Accept-Encoding", ""):
            return web.Response(body=packed, content_type=kind, headers={**headers, "Content-Encoding": "gzip"})
        return web.Response(body=content, content_type=kind, headers=headers)
