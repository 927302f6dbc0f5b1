"""What the pages see of giving an export to a hub."""

from __future__ import annotations

from typing import TypedDict


class PushedFile(TypedDict):
    """A file that would leave this machine."""

    name: str  # within the export
    bytes: int  # of it


class PushOffer(TypedDict):
    """What would leave this machine, and to where."""

    allowed: bool  # by whoever runs Tunesmith
    host: str  # of the hub; "" where none is allowed
    token: bool  # an access token is kept here
    repo: str  # name that is proposed, without its owner
    files: list[PushedFile]  # all that would be sent
    bytes: int  # of all files


class PushAsked(TypedDict):
    """A push that somebody asks for."""

    export: int  # id of the export job
    file: int  # which of its files, counted from 0
    repo: str  # "owner/name"
    private: bool  # only its owner sees it
    add: bool  # the repository may be there already
    confirmed: bool  # what leaves, and to where, was read
