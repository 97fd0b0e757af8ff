"""Stand for the host while a component is built: there is none yet, and the bindings would trap."""

from types import ModuleType

from goalwright.texts import parsed, written


def put_in(host: ModuleType) -> dict:
    """Put an understudy in place of every interface that the world has; give those, to be put back."""
    names = ("_log", "_http", "_notify", "_patterns", "_conditions")
    interfaces = {name: vars(host)[name] for name in names if vars(host)[name] is not None}
    vars(host).update(dict.fromkeys(interfaces, _Understudy()))
    return interfaces


class _Understudy:
    def write(self, *_: object) -> None:
        """Drop a line."""

    def request(self, asked: str) -> str:
        """Answer with an empty object in JSON."""
        headers = {"content-type": "application/json"}
        response = {"status": 200, "headers": headers, "media_type": "application/json", "body": "{}", "body_base64": None}
        return written({"ok": {**response, "url": parsed(asked)["url"], "elapsed_ms": 1.5}})

    def send(self, told: str) -> str:
        """Say that the message was delivered."""
        return written({"ok": {"channel": parsed(told)["channel"], "delivered": True, "status": "200"}})

    def search(self, *_: object) -> str:
        """Say that the pattern matches, which leads on to more of the code than the other answer."""
        return '{"ok": true}'

    def which(self, *_: object) -> str:
        """Say that the first condition holds."""
        return '{"ok": {"held": [0]}}'

    def find(self, *_: object) -> str:
        """Find nothing."""
        return '{"ok": []}'
