"""Uses what belongs to the user: requests, files, variables, secrets by name, the time, chance, commands."""

import re

import wit_world
from componentize_py_types import Err
from wit_world.imports import clock, env, files, http, random, run, secrets


def told(call, *arguments):
    """The answer of a call, or its err as text: the name of the case and what it says."""
    try:
        return call(*arguments)
    except Err as failure:
        case = type(failure.value).__name__.removeprefix("Error_")
        name = re.sub(r"(?<!^)(?=[A-Z])", "-", case).lower()
        raise Err(f"{name}: {failure.value.value}") from None


def answer(response):
    return response.status, response.body.decode()


class WitWorld(wit_world.WitWorld):
    def fetch(self, url: str, secret: str | None) -> tuple[int, str]:
        headers = [] if secret is None else [("authorization", http.HeaderValue_Bearer(secret))]
        return answer(told(http.get, url, headers))

    def send(self, url: str, body: str) -> tuple[int, str]:
        request = http.Request("POST", url, [], body.encode(), None, None, None)
        return answer(told(http.send, request))

    def read_file(self, path: str) -> str:
        return told(files.read, path).decode()

    def write_file(self, path: str, text: str) -> None:
        told(files.write, path, text.encode())

    def list_folder(self, path: str) -> list[str]:
        return [entry.name for entry in told(files.list, path)]

    def variable(self, name: str) -> str | None:
        return told(env.get, name)

    def has_secret(self, name: str) -> bool:
        return told(secrets.is_set, name)

    def time(self) -> int:
        return told(clock.now_live)

    def chance(self, length: int) -> bytes:
        return told(random.live_bytes, length)

    def command(self, argv: list[str], input: str) -> str:
        return told(run.command, argv, input.encode()).stdout
